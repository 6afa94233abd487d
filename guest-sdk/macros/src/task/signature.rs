//! What a task function takes.

use quote::ToTokens;
use syn::{Error, FnArg, GenericParam, Result, ReturnType, Safety, Type, TypeReference};

use super::spelling;
use crate::errors::Errors;

/// What the host has to hand to the function, and what comes back.
pub(super) struct Signature<'a> {
    pub(super) context: Option<Context<'a>>,
    pub(super) args: Option<&'a Type>,
    pub(super) output: &'a ReturnType,
}

/// A parameter for the attempt's context.
pub(super) struct Context<'a> {
    pub(super) ty: &'a Type,
    pub(super) passed: Passed,
}

#[derive(Clone, Copy)]
pub(super) enum Passed {
    ByValue,
    ByReference,
}

impl<'a> Signature<'a> {
    pub(super) fn read(signature: &'a syn::Signature) -> Result<Self> {
        let mut errors = Errors::default();
        refuse_qualifiers(signature, &mut errors);
        refuse_generics(signature, &mut errors);

        let mut parameters = Self { context: None, args: None, output: &signature.output };
        for input in &signature.inputs {
            errors.check(parameters.accept(input));
        }
        errors.finish(parameters)
    }

    fn accept(&mut self, input: &'a FnArg) -> Result<()> {
        let ty = match input {
            FnArg::Typed(parameter) => &*parameter.ty,
            FnArg::Receiver(receiver) => {
                return Err(Error::new_spanned(
                    receiver,
                    "`#[task]` goes on a function outside of any `impl`: there is no `self` that the host could pass",
                ));
            }
        };
        match Parameter::read(ty)? {
            Parameter::Context(_) if self.context.is_some() => {
                Err(Error::new_spanned(ty, "a task has one `Context`"))
            }
            Parameter::Context(_) if self.args.is_some() => Err(Error::new_spanned(
                ty,
                "`Context` is the first parameter, the arguments follow it",
            )),
            Parameter::Context(passed) => {
                self.context = Some(Context { ty, passed });
                Ok(())
            }
            Parameter::Args if self.args.is_some() => Err(Error::new_spanned(
                input,
                "a task takes one value beside its `Context`: put all arguments into one struct with `#[args]`",
            )),
            Parameter::Args => {
                self.args = Some(ty);
                Ok(())
            }
        }
    }
}

enum Parameter {
    Context(Passed),
    Args,
}

impl Parameter {
    fn read(ty: &Type) -> Result<Self> {
        match ty {
            Type::Reference(TypeReference { mutability: Some(mutability), elem, .. })
                if is_context(elem) =>
            {
                Err(Error::new_spanned(mutability, "a context can't be changed: take `&Context`"))
            }
            Type::Reference(reference) if is_context(&reference.elem) => {
                Ok(Self::Context(Passed::ByReference))
            }
            Type::Reference(reference) => Err(Error::new_spanned(
                reference,
                format!("a task owns its arguments: take `{}`", owned(&reference.elem)),
            )),
            Type::ImplTrait(implementor) => Err(Error::new_spanned(
                implementor,
                "a task's arguments need a type with a name, since its schema is published",
            )),
            ty if is_context(ty) => Ok(Self::Context(Passed::ByValue)),
            ty if spelling::has_named_lifetime(ty) => Err(Error::new_spanned(
                ty,
                "a task owns its arguments: take a type without borrowed parts",
            )),
            _ => Ok(Self::Args),
        }
    }
}

/// By the last segment, since a macro sees spelling and not types.
fn is_context(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "Context"))
}

fn owned(borrowed: &Type) -> String {
    match borrowed {
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        Type::Slice(slice) => format!("Vec<{}>", slice.elem.to_token_stream()),
        other => other.to_token_stream().to_string(),
    }
}

fn refuse_qualifiers(signature: &syn::Signature, errors: &mut Errors) {
    if let Some(token) = signature.asyncness {
        errors.push(Error::new_spanned(
            token,
            "a task function can't be `async`: it has an instance to itself and may simply block",
        ));
    }
    if let Safety::Unsafe(token) = signature.safety {
        errors.push(Error::new_spanned(
            token,
            "a task function can't be `unsafe`: nobody checks its conditions before the host calls it",
        ));
    }
    if let Some(abi) = &signature.abi {
        errors.push(Error::new_spanned(
            abi,
            "a task function is a plain `fn`: what the host calls is generated",
        ));
    }
}

/// Lifetimes are fine, the host need not choose them.
fn refuse_generics(signature: &syn::Signature, errors: &mut Errors) {
    for parameter in &signature.generics.params {
        if !matches!(parameter, GenericParam::Lifetime(_)) {
            errors.push(Error::new_spanned(
                parameter,
                "a task function can't be generic: the host could not choose a type",
            ));
        }
    }
}
