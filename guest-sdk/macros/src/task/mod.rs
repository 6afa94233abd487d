//! `#[task]`.

mod defaults;
mod emit;
mod options;
mod returns;
mod schedule;
mod signature;
mod spelling;
mod summary;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn, Result, ext::IdentExt};

use self::{options::Options, signature::Signature};
use crate::{errors::both, literal};

/// The function, and its entry in the plugin's table.
///
/// A function with errors stays where it is, so that the only errors are those
/// about the task, and none about a function that went missing.
pub(crate) fn expand(keys: TokenStream, item: TokenStream) -> TokenStream {
    let function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let error = not_a_function(&item, error).to_compile_error();
            return quote!(#item #error);
        }
    };
    match read(keys, &function) {
        Ok(task) => {
            let entry = emit::entry(&task);
            // Inlined into the machinery that calls it, the function would be
            // missing from the backtrace of its own panic.
            quote!(#[cfg_attr(target_family = "wasm", inline(never))] #function #entry)
        }
        Err(error) => {
            let error = error.to_compile_error();
            quote!(#[allow(dead_code)] #function #error)
        }
    }
}

/// All that is known about a task function.
struct Task<'a> {
    function: &'a ItemFn,
    signature: Signature<'a>,
    name: String,
    summary: String,
    options: Options,
}

fn read(keys: TokenStream, function: &ItemFn) -> Result<Task<'_>> {
    let (options, signature) = both(Options::parse(keys), Signature::read(&function.sig))?;
    let name = match &options.name {
        Some(name) => name.clone(),
        None => own_name(function)?,
    };
    Ok(Task { function, signature, name, summary: summary::read(&function.attrs), options })
}

/// The function's own name, where it can be a task function's.
fn own_name(function: &ItemFn) -> Result<String> {
    let ident = &function.sig.ident;
    let name = ident.unraw().to_string();
    literal::name::check(&name).map(|()| name).map_err(|reason| {
        let advice = "`#[task(name = \"…\")]` gives the task another one";
        Error::new_spanned(ident, format!("{reason}; {advice}"))
    })
}

/// The parser's own error, unless `item` is fine as something else.
fn not_a_function(item: &TokenStream, error: Error) -> Error {
    match syn::parse2::<syn::Item>(item.clone()) {
        Ok(other) => Error::new_spanned(other, "`#[task]` goes on a function"),
        Err(_) => error,
    }
}

#[cfg(test)]
mod tests;
