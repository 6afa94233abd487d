//! The function.

use quote::quote;
use syn::{ItemFn, parse_quote};

use super::messages;
use crate::task::{expand, read, returns::Returns, signature::Signature, summary};

fn wrong_signature(function: &ItemFn) -> Vec<String> {
    messages(Signature::read(&function.sig).err().unwrap())
}

#[test]
fn parameters_are_told_apart_by_their_type() {
    let function: ItemFn = parse_quote! {
        fn f<'a>(context: &'a horarium_sdk::Context, depth: u32) {}
    };
    let signature = Signature::read(&function.sig).unwrap();
    assert!(signature.context.is_some() && signature.args.is_some());

    let function: ItemFn = parse_quote!(
        fn f(_: Context) {}
    );
    let signature = Signature::read(&function.sig).unwrap();
    assert!(signature.context.is_some() && signature.args.is_none());
}

#[test]
fn wrong_parameters_say_what_would_be_right() {
    for (function, message) in [
        (
            parse_quote!(
                fn f(a: &str) {}
            ),
            "take `String`",
        ),
        (
            parse_quote!(
                fn f(a: &[u8]) {}
            ),
            "take `Vec<u8>`",
        ),
        (
            parse_quote!(
                fn f(a: &Args) {}
            ),
            "take `Args`",
        ),
        (
            parse_quote!(
                fn f(c: &mut Context) {}
            ),
            "take `&Context`",
        ),
        (
            parse_quote!(
                fn f(a: u8, c: Context) {}
            ),
            "`Context` is the first parameter",
        ),
        (
            parse_quote!(
                fn f(c: Context, d: Context) {}
            ),
            "one `Context`",
        ),
        (
            parse_quote!(
                fn f(a: u8, b: u8) {}
            ),
            "put all arguments into one struct",
        ),
        (
            parse_quote!(
                fn f(a: impl Copy) {}
            ),
            "a type with a name",
        ),
        (
            parse_quote!(
                fn f(&self) {}
            ),
            "outside of any `impl`",
        ),
        (
            parse_quote!(
                fn f<T>() {}
            ),
            "can't be generic",
        ),
        (
            parse_quote!(
                fn f<const N: usize>() {}
            ),
            "can't be generic",
        ),
        (
            parse_quote!(
                async fn f() {}
            ),
            "can't be `async`",
        ),
        (
            parse_quote!(
                unsafe fn f() {}
            ),
            "can't be `unsafe`",
        ),
        (
            parse_quote!(
                extern "C" fn f() {}
            ),
            "plain `fn`",
        ),
    ] {
        let messages = wrong_signature(&function);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].contains(message), "{messages:?}");
    }
}

#[test]
fn errors_of_keys_and_signature_come_together() {
    let function: ItemFn = parse_quote!(
        async fn f(a: &str) {}
    );
    let errors = messages(read(quote!(evry = "5s"), &function).err().unwrap());
    assert_eq!(errors.len(), 3);
}

#[test]
fn a_task_is_called_like_its_function() {
    let name = |keys, function: ItemFn| read(keys, &function).map(|task| task.name);
    assert_eq!(
        name(
            quote!(),
            parse_quote!(
                fn r#match() {}
            )
        )
        .unwrap(),
        "match"
    );
    assert_eq!(
        name(
            quote!(name = "a-b"),
            parse_quote!(
                fn f() {}
            )
        )
        .unwrap(),
        "a-b"
    );

    let error = name(
        quote!(),
        parse_quote!(
            fn größe() {}
        ),
    )
    .unwrap_err();
    assert!(error.to_string().contains("gives the task another one"));
}

#[test]
fn the_summary_is_the_first_paragraph() {
    let summary = |function: ItemFn| summary::read(&function.attrs);
    let function = parse_quote! {
        /// Rebuilds the report
        /// of yesterday.
        ///
        /// And more.
        #[allow(unused)]
        fn f() {}
    };
    assert_eq!(summary(function), "Rebuilds the report of yesterday.");
    assert_eq!(
        summary(parse_quote!(
            #[doc = "\n One.\n\n Two."]
            fn f() {}
        )),
        "One."
    );
    assert_eq!(
        summary(parse_quote!(
            fn f() {}
        )),
        ""
    );
}

#[test]
fn results_are_known_by_their_spelling_where_it_can_be_repeated() {
    let spelled = |ty: syn::Type| match Returns::read(&ty) {
        Returns::Result { error, .. } => Some(error.is_some()),
        Returns::Value => None,
    };
    assert_eq!(spelled(parse_quote!(Result<Report, TaskError>)), Some(true));
    assert_eq!(spelled(parse_quote!(anyhow::Result<&'static str>)), Some(false));
    assert_eq!(spelled(parse_quote!(Result<impl Serialize, Error>)), None);
    assert_eq!(spelled(parse_quote!(Result<(u8, &'a str), Error>)), None);
    assert_eq!(spelled(parse_quote!(fmt::Result)), None);
    assert_eq!(spelled(parse_quote!(Vec<u8>)), None);
}

#[test]
fn other_items_are_refused_and_kept() {
    let tokens = expand(
        quote!(),
        quote!(
            struct Report;
        ),
    )
    .to_string();
    assert!(tokens.starts_with("struct Report ;"));
    assert!(tokens.contains("goes on a function"));
}
