//! What stands in a text: `${name}` for a variable, and `$${` for a literal `${`.

/// The variable that stands for the name in `for_each`.
pub(super) const EACH: &str = "each";

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// Taken as it is.
    Text(&'t str),
    /// Stands for the value of this variable.
    Variable(&'t str),
}

/// Why a text has no parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault<'t> {
    /// It begins, and does not end.
    #[error("`${{` has no `}}`")]
    Unclosed,
    /// No variable can be called like this.
    #[error("`${{{0}}}` names no variable")]
    Name(&'t str),
}

impl Fault<'_> {
    /// What would be right.
    pub(super) fn help(self) -> String {
        match self {
            Self::Name("each.key" | "each.value") => "write `${each}`".to_owned(),
            Self::Unclosed | Self::Name(_) => {
                "such as `${region}`; a literal `${` is written `$${`".to_owned()
            }
        }
    }
}

/// Takes a text apart.
pub(super) fn parts(text: &str) -> Result<Vec<Part<'_>>, Fault<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            parts.extend([Part::Text(before), Part::Text("${")]);
            rest = after;
            continue;
        }
        let (name, after) = after.split_once('}').ok_or(Fault::Unclosed)?;
        if !is_name(name) {
            return Err(Fault::Name(name));
        }
        parts.extend([Part::Text(before), Part::Variable(name)]);
        rest = after;
    }
    parts.push(Part::Text(rest));
    parts.retain(|part| *part != Part::Text(""));
    Ok(parts)
}

/// Whether a variable can be called like this.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_has_variables_in_it() {
        use Part::{Text, Variable};
        for (text, expected) in [
            ("", vec![]),
            ("plain $ {x} $x }", vec![Text("plain $ {x} $x }")]),
            ("${a}", vec![Variable("a")]),
            ("${a}${b-2}", vec![Variable("a"), Variable("b-2")]),
            ("s3://${a}/x", vec![Text("s3://"), Variable("a"), Text("/x")]),
            ("$${a}", vec![Text("${"), Text("a}")]),
            ("$$${a}", vec![Text("$"), Text("${"), Text("a}")]),
            ("$${${a}}", vec![Text("${"), Variable("a"), Text("}")]),
        ] {
            assert_eq!(parts(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_variable_is_told() {
        for (text, expected) in [
            ("a ${", Fault::Unclosed),
            ("${a", Fault::Unclosed),
            ("${}", Fault::Name("")),
            ("${a b}", Fault::Name("a b")),
            ("${each.key}", Fault::Name("each.key")),
        ] {
            assert_eq!(parts(text), Err(expected), "{text}");
        }
        assert_eq!(Fault::Unclosed.to_string(), "`${` has no `}`");
        assert_eq!(Fault::Name("a b").to_string(), "`${a b}` names no variable");
    }

    proptest! {
        #[test]
        fn every_text_can_be_written_literally(text in "[${}a ]{0,12}") {
            let written = text.replace("${", "$${");
            let literal: String = parts(&written)
                .unwrap()
                .into_iter()
                .map(|part| match part {
                    Part::Text(text) => text,
                    Part::Variable(name) => panic!("{name} in {written}"),
                })
                .collect();
            prop_assert_eq!(literal, text);
        }
    }
}
