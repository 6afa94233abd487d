use quote::quote;

use super::*;

fn expanded(role: Role, keys: TokenStream, item: TokenStream) -> String {
    let tokens = expand(role, keys, item).to_string();
    tokens.replace(' ', "")
}

#[test]
fn what_is_derived_depends_on_the_role() {
    let args = expanded(
        Role::Args,
        quote!(),
        quote!(
            struct A;
        ),
    );
    assert!(args.contains("serde::Deserialize") && !args.contains("serde::Serialize"));
    assert!(args.contains("deny_unknown_fields"));

    let output = expanded(
        Role::Output,
        quote!(),
        quote!(
            enum A {
                B,
            }
        ),
    );
    assert!(output.contains("serde::Serialize") && !output.contains("serde::Deserialize"));
    assert!(!output.contains("deny_unknown_fields"));
}

#[test]
fn unknown_fields_can_be_allowed() {
    let args = expanded(
        Role::Args,
        quote!(allow_unknown_fields),
        quote!(
            struct A;
        ),
    );
    assert!(!args.contains("deny_unknown_fields"));
    let args = expanded(
        Role::Args,
        quote!(unknown_fields),
        quote!(
            struct A;
        ),
    );
    assert!(args.contains("didyoumean`allow_unknown_fields`?"), "{args}");
}

#[test]
fn derives_and_roles_are_not_repeated() {
    let args = expanded(
        Role::Args,
        quote!(),
        quote!(
            #[derive(Clone, std::fmt::Debug)]
            #[horarium_sdk::output]
            struct A;
        ),
    );
    assert!(args.contains("serde::Deserialize") && args.contains("serde::Serialize"));
    assert_eq!(args.matches("JsonSchema").count(), 1);
    assert_eq!(args.matches("Debug").count(), 1);
    assert!(!args.contains("output"));
}

#[test]
fn only_structs_and_enums_have_a_shape() {
    for item in [
        quote!(
            fn f() {}
        ),
        quote!(union U { a: u8 }),
    ] {
        let tokens = expanded(Role::Args, quote!(), item);
        assert!(tokens.contains("goesonastructoranenum"), "{tokens}");
    }
}
