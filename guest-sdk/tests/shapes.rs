//! `#[args]` and `#[output]` with no serde in sight.

use horarium_sdk::{args, output, schemars::schema_for, serde_json};

#[args]
struct Strict {
    /// How deep.
    depth: u8,
    #[serde(default, rename = "dry-run")]
    dry_run: bool,
}

#[args(allow_unknown_fields)]
struct Lenient {
    depth: u8,
}

#[output]
#[args]
#[derive(Clone, PartialEq)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum Both {
    Nothing,
    Some { depth: u8 },
}

#[output]
struct Borrowed<'a> {
    name: &'a str,
}

#[output]
struct Page<T> {
    items: Vec<T>,
}

#[test]
fn fields_have_serde_attributes_and_documentation() {
    let strict: Strict = serde_json::from_str(r#"{"depth": 3, "dry-run": true}"#).unwrap();
    assert_eq!((strict.depth, strict.dry_run), (3, true));
    let schema = schema_for!(Strict);
    assert_eq!(
        schema.as_value().pointer("/properties/depth/description"),
        Some(&"How deep.".into())
    );
    assert_eq!(schema.get("additionalProperties"), Some(&false.into()));
}

#[test]
fn unknown_fields_are_an_error_unless_allowed() {
    let json = r#"{"depth": 3, "dept": 4}"#;
    let error = serde_json::from_str::<Strict>(json).unwrap_err();
    assert!(error.to_string().contains("unknown field `dept`"));
    assert_eq!(serde_json::from_str::<Lenient>(json).unwrap().depth, 3);
}

#[test]
fn a_type_can_go_both_ways() {
    for value in [Both::Nothing, Both::Some { depth: 1 }] {
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::from_str::<Both>(&json).unwrap(), value.clone());
    }
}

#[test]
fn types_may_have_parameters() {
    let page = Page { items: vec![Borrowed { name: "a" }] };
    assert_eq!(serde_json::to_string(&page).unwrap(), r#"{"items":[{"name":"a"}]}"#);
    assert!(format!("{page:?}").contains("name: \"a\""));
}
