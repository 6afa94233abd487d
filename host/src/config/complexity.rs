//! How much work a schema can make. It comes from a plugin, and a few references
//! to references make more work than there is time.

use std::collections::HashMap;

use serde_json::Value;

/// Nodes that a schema may come to with every reference replaced by what it means.
const MOST: u64 = 10_000;

/// Patterns that a schema may come to likewise; each is compiled.
const PATTERNS: u64 = 64;

/// Keywords whose meaning depends on more than the schema's own text.
const ELSEWHERE: [&str; 6] =
    ["$dynamicRef", "$recursiveRef", "$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor"];

/// Whether checking against this schema takes a bounded time: it refers to
/// nothing but itself, not in circles, and stays small when it is written out.
pub(super) fn is_bounded(schema: &Value, author: Author) -> bool {
    let patterns = match author {
        Author::Plugin => PATTERNS,
        Author::Host => MOST,
    };
    let mut known = HashMap::new();
    let size = size(schema, schema, &mut known);
    size.is_some_and(|size| size.nodes <= MOST && size.patterns <= patterns)
}

/// Who has written a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// Somebody whom nobody trusts.
    Plugin,
    /// The host, from a function's type. Its patterns are few and cheap, and there for
    /// each number.
    Host,
}

/// What a schema comes to.
#[derive(Debug, Clone, Copy)]
struct Size {
    nodes: u64,
    patterns: u64,
}

impl Size {
    const ONE: Self = Self { nodes: 1, patterns: 0 };

    fn and(self, more: Self) -> Option<Self> {
        Some(Self {
            nodes: self.nodes.checked_add(more.nodes)?,
            patterns: self.patterns.checked_add(more.patterns)?,
        })
    }
}

/// The size of a schema that is written out; none where it has no end, or an end
/// that can't be seen. `known` has a none for what is being counted.
fn size<'a>(
    root: &'a Value,
    node: &'a Value,
    known: &mut HashMap<&'a str, Option<Size>>,
) -> Option<Size> {
    match node {
        Value::Array(items) => {
            items.iter().try_fold(Size::ONE, |sum, item| sum.and(size(root, item, known)?))
        }
        Value::Object(members) => {
            if ELSEWHERE.iter().any(|keyword| members.contains_key(*keyword)) {
                return None;
            }
            members.iter().try_fold(Size::ONE, |sum, (key, value)| {
                let patterns = match (key.as_str(), value) {
                    ("pattern", _) => 1,
                    ("patternProperties", Value::Object(patterns)) => {
                        u64::try_from(patterns.len()).ok()?
                    }
                    _ => 0,
                };
                let sum = sum.and(Size { nodes: 0, patterns })?;
                sum.and(match value {
                    Value::String(target) if key == "$ref" => referred(root, target, known)?,
                    _ => size(root, value, known)?,
                })
            })
        }
        _ => Some(Size::ONE),
    }
}

fn referred<'a>(
    root: &'a Value,
    target: &'a str,
    known: &mut HashMap<&'a str, Option<Size>>,
) -> Option<Size> {
    if let Some(size) = known.get(target) {
        return *size;
    }
    let node = root.pointer(target.strip_prefix('#')?)?;
    known.insert(target, None);
    let size = size(root, node, known)?;
    known.insert(target, Some(size));
    Some(size)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bounded(schema: &Value) -> bool {
        is_bounded(schema, Author::Plugin)
    }

    #[test]
    fn what_people_write_bounded() {
        assert!(bounded(
            &json!({ "type": "object", "properties": { "a": { "type": "integer" } } })
        ));
        assert!(bounded(&json!({
            "$defs": { "Name": { "type": "string" } },
            "properties": { "a": { "$ref": "#/$defs/Name" }, "b": { "$ref": "#/$defs/Name" } }
        })));
    }

    #[test]
    fn references_that_double_each_time_are_not() {
        let chain: serde_json::Map<_, _> = (0..60)
            .map(|n| {
                let next = format!("#/$defs/a{}", n + 1);
                (format!("a{n}"), json!({ "allOf": [{ "$ref": next }, { "$ref": next }] }))
            })
            .chain([("a60".to_owned(), json!({ "type": "string" }))])
            .collect();
        assert!(!bounded(&json!({ "$defs": chain, "$ref": "#/$defs/a0" })));
    }

    #[test]
    fn patterns_are_counted_since_each_is_compiled() {
        let with = |count: usize| {
            let pattern = |n| (format!("p{n}"), json!({ "type": "string", "pattern": "^a*$" }));
            json!({ "properties": (0..count).map(pattern).collect::<serde_json::Map<_, _>>() })
        };
        assert!(bounded(&with(64)));
        assert!(!bounded(&with(65)));
        assert!(is_bounded(&with(65), Author::Host));
        let many: serde_json::Map<_, _> = (0..65).map(|n| (format!("^{n}"), json!(true))).collect();
        assert!(!bounded(&json!({ "patternProperties": many })));
    }

    #[test]
    fn circles_and_things_elsewhere_are_not() {
        assert!(!bounded(&json!({ "$ref": "#" })));
        assert!(!bounded(&json!({ "items": { "$ref": "#" } })));
        assert!(!bounded(&json!({ "$ref": "https://example.com/schema" })));
        assert!(!bounded(&json!({ "$ref": "#/nowhere" })));
        assert!(!bounded(&json!({ "$id": "x", "type": "string" })));
    }
}
