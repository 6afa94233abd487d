//! What a task function returns, as far as its spelling tells.

use syn::{GenericArgument, Path, PathArguments, Type};

use super::spelling;

/// What is known about a return type before types are known.
pub(super) enum Returns<'a> {
    /// A `Result` with types that can be written elsewhere, too. A missing error is
    /// one that an alias such as `anyhow::Result` provides.
    Result { output: &'a Type, error: Option<&'a Type> },
    /// Maybe a `Result` under another name, maybe not.
    Value,
}

impl<'a> Returns<'a> {
    pub(super) fn read(ty: &'a Type) -> Self {
        let parts = match ty {
            Type::Path(path) => result_parts(&path.path),
            _ => vec![],
        };
        // Neither `impl Trait` nor the function's own lifetimes mean anything elsewhere.
        let is_bound_here =
            |ty: &&Type| spelling::has_impl_trait(ty) || spelling::has_named_lifetime(ty);
        match *parts.as_slice() {
            _ if parts.iter().any(is_bound_here) => Self::Value,
            [output] => Self::Result { output, error: None },
            [output, error] => Self::Result { output, error: Some(error) },
            _ => Self::Value,
        }
    }
}

/// The type arguments of a path that ends in `Result`.
fn result_parts(path: &Path) -> Vec<&Type> {
    let Some(last) = path.segments.last().filter(|last| last.ident == "Result") else {
        return vec![];
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return vec![];
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}
