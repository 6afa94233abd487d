//! A task function's entry in the plugin's table.
//!
//! Generated names have the hygiene of `mixed_site`, so none of them can meet a
//! name of the author's.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::{Attribute, ReturnType, spanned::Spanned};

use super::{
    Task, defaults,
    returns::Returns,
    signature::{Context, Passed},
};

pub(super) fn entry(task: &Task<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let (name, summary) = (&task.name, &task.summary);
    let schema = match task.signature.args {
        Some(ty) => {
            quote_spanned!(site=> ::core::option::Option::Some(::horarium_sdk::__private::schema::<#ty>))
        }
        None => quote_spanned!(site=> ::core::option::Option::None),
    };
    let defaults = match defaults::to_json(&task.options) {
        Some(json) => quote_spanned!(site=> ::core::option::Option::Some(#json)),
        None => quote_spanned!(site=> ::core::option::Option::None),
    };
    let on_failure = match &task.options.on_failure {
        // With the path's place: that is where one that does not fit has to be shown.
        Some(path) => quote_spanned!(path.span()=> ::core::option::Option::Some(#path)),
        None => quote_spanned!(site=> ::core::option::Option::None),
    };
    let conditions = task.function.attrs.iter().filter(is_condition);
    let call = call(task);
    quote_spanned! {site=>
        #(#conditions)*
        ::horarium_sdk::__private::inventory::submit! {
            ::horarium_sdk::__private::TaskFunction {
                name: #name,
                summary: #summary,
                args_schema: #schema,
                defaults: #defaults,
                on_failure: #on_failure,
                module: ::core::module_path!(),
                call: #call,
            }
        }
    }
}

/// Where the function is left out, so is its entry.
fn is_condition(attribute: &&Attribute) -> bool {
    attribute.path().is_ident("cfg")
}

fn call(task: &Task<'_>) -> TokenStream {
    let site = Span::mixed_site();
    let function = &task.function.sig.ident;
    let (context, json, args) = (
        format_ident!("context", span = site),
        format_ident!("json", span = site),
        format_ident!("args", span = site),
    );

    let decode = match task.signature.args {
        Some(ty) => quote_spanned! {site=>
            let #args = ::horarium_sdk::__private::arguments::<#ty>(#json)?;
        },
        None => quote_spanned!(site=> ::horarium_sdk::__private::no_arguments(#json)?;),
    };
    let context_value =
        task.signature.context.as_ref().map(|Context { ty, passed }| match passed {
            Passed::ByReference => quote_spanned!(ty.span()=> #context,),
            Passed::ByValue => {
                quote_spanned!(ty.span()=> ::core::clone::Clone::clone(#context),)
            }
        });
    let args_value = task.signature.args.map(|_| &args);
    let returned = quote_spanned!(site=> #function(#context_value #args_value));
    let outcome = outcome(task.signature.output, &returned);

    quote_spanned! {site=>
        |#context: &::horarium_sdk::Context, #json: &str| -> ::horarium_sdk::__private::Outcome {
            #decode
            #outcome
        }
    }
}

/// The call's result as the host is told. Its tokens carry the place of the return
/// type, because that is where a type that does not fit has to be pointed out.
fn outcome(output: &ReturnType, returned: &TokenStream) -> TokenStream {
    let site = Span::mixed_site();
    let ReturnType::Type(_, ty) = output else {
        return quote_spanned! {site=>
            #returned;
            ::core::result::Result::Ok(::core::option::Option::None)
        };
    };
    match Returns::read(ty) {
        Returns::Result { output, error } => {
            let inferred = quote_spanned!(ty.span()=> _);
            let error = error.map_or(inferred, ToTokens::to_token_stream);
            quote_spanned! {ty.span()=>
                ::horarium_sdk::__private::fallible::<#output, #error>(#returned)
            }
        }
        Returns::Value => {
            let outcome = quote_spanned! {ty.span()=>
                ::horarium_sdk::__private::Returned(#returned).into_outcome()
            };
            quote_spanned! {site=>
                #[allow(unused_imports)]
                use ::horarium_sdk::__private::ReturnedValue as _;
                #outcome
            }
        }
    }
}
