//! From a function's documentation to the one sentence that people see in a list.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The first paragraph in one line; empty where there is no documentation.
pub(super) fn read(attributes: &[Attribute]) -> String {
    let documentation: Vec<String> = attributes.iter().filter_map(text).collect();
    let paragraph: Vec<&str> = documentation
        .iter()
        .flat_map(|text| text.lines())
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty())
        .collect();
    paragraph.join(" ")
}

/// One line of a `///` comment, or several of a `/** */` one.
fn text(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else {
        return None;
    };
    if !meta.path.is_ident("doc") {
        return None;
    }
    match &meta.value {
        // An empty line has to stay one: it ends the paragraph.
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(match text.value() {
            text if text.is_empty() => "\n".to_owned(),
            text => text,
        }),
        _ => None,
    }
}
