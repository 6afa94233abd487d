//! `#[args]` and `#[output]`: the derives of a task's types, with the paths that
//! make one dependency enough.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Error, Path, Result, Token, punctuated::Punctuated};

use crate::{
    errors::Errors,
    keys::{Keys, Known},
};

/// What a type is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Args,
    Output,
}

impl Role {
    const ALL: [Self; 2] = [Self::Args, Self::Output];

    fn attribute(self) -> &'static str {
        match self {
            Self::Args => "args",
            Self::Output => "output",
        }
    }

    fn known(self) -> &'static [Known] {
        match self {
            Self::Args => &[Known { key: "allow_unknown_fields", example: "allow_unknown_fields" }],
            Self::Output => &[],
        }
    }
}

pub(crate) fn expand(role: Role, keys: TokenStream, item: TokenStream) -> TokenStream {
    match try_expand(role, keys, item.clone()) {
        Ok(tokens) => tokens,
        Err(error) => {
            let error = error.to_compile_error();
            quote!(#item #error)
        }
    }
}

fn try_expand(role: Role, keys: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut item = parse_type(role, item)?;
    let mut roles = vec![(role, keys)];
    roles.extend(take_other_roles(&mut item.attrs)?);

    let mut shape = Shape::default();
    for (role, keys) in roles {
        shape.add(role, keys)?;
    }
    let attributes = shape.attributes(&derived(&item.attrs)?);
    Ok(quote!(#attributes #item))
}

fn parse_type(role: Role, item: TokenStream) -> Result<DeriveInput> {
    let wrong = format!("`#[{}]` goes on a struct or an enum", role.attribute());
    let Ok(parsed) = syn::parse2::<DeriveInput>(item.clone()) else {
        return Err(match syn::parse2::<syn::Item>(item) {
            Ok(other) => Error::new_spanned(other, wrong),
            Err(error) => error,
        });
    };
    match parsed.data {
        Data::Union(union) => Err(Error::new_spanned(union.union_token, wrong)),
        _ => Ok(parsed),
    }
}

/// A type with both attributes has its derives from one of them, since the other
/// could not see what is derived already.
fn take_other_roles(attributes: &mut Vec<Attribute>) -> Result<Vec<(Role, TokenStream)>> {
    let mut roles = Vec::new();
    for attribute in std::mem::take(attributes) {
        let is_for = |role: &&Role| {
            let last = attribute.path().segments.last();
            last.is_some_and(|segment| segment.ident == role.attribute())
        };
        match Role::ALL.iter().find(is_for) {
            Some(&role) => roles.push((role, list(&attribute)?)),
            None => attributes.push(attribute),
        }
    }
    Ok(roles)
}

fn list(attribute: &Attribute) -> Result<TokenStream> {
    match &attribute.meta {
        syn::Meta::Path(_) => Ok(TokenStream::new()),
        meta => Ok(meta.require_list()?.tokens.clone()),
    }
}

/// The derives that the author asked for below the attribute, by their last segment.
fn derived(attributes: &[Attribute]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("derive")) {
        let paths = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)?;
        names.extend(paths.iter().filter_map(|path| Some(path.segments.last()?.ident.to_string())));
    }
    Ok(names)
}

/// What a type has to implement.
#[derive(Default)]
struct Shape {
    deserialize: bool,
    serialize: bool,
    allow_unknown_fields: bool,
}

impl Shape {
    fn add(&mut self, role: Role, keys: TokenStream) -> Result<()> {
        let mut errors = Errors::default();
        let mut keys = Keys::parse(keys, role.known(), &mut errors)?;
        if let Some(entry) = keys.take("allow_unknown_fields") {
            self.allow_unknown_fields = errors.check(entry.flag()).is_some();
        }
        match role {
            Role::Args => self.deserialize = true,
            Role::Output => self.serialize = true,
        }
        errors.finish(())
    }

    /// Above all others, because attributes of serde and schemars that come before
    /// their derive are deprecated.
    fn attributes(&self, derived: &[String]) -> TokenStream {
        let derives = [
            (true, "Debug", quote!(::core::fmt::Debug)),
            (self.deserialize, "Deserialize", quote!(::horarium_sdk::serde::Deserialize)),
            (self.serialize, "Serialize", quote!(::horarium_sdk::serde::Serialize)),
            (true, "JsonSchema", quote!(::horarium_sdk::schemars::JsonSchema)),
        ];
        let missing = derives
            .iter()
            .filter(|(wanted, name, _)| *wanted && !derived.iter().any(|d| d == name))
            .map(|(_, _, path)| path);
        let strict = (self.deserialize && !self.allow_unknown_fields)
            .then(|| quote!(#[serde(deny_unknown_fields)]));
        quote! {
            #[derive(#(#missing),*)]
            #[serde(crate = "::horarium_sdk::serde")]
            #[schemars(crate = "::horarium_sdk::schemars")]
            #strict
        }
    }
}

#[cfg(test)]
mod tests;
