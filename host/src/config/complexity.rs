//! How much work a schema can make. It comes from a plugin, and a few references
//! to references make more work than there is time.

use std::collections::HashMap;

use serde_json::Value;

/// Nodes that a schema may come to with every reference replaced by what it means.
const MOST: u64 = 10_000;

/// Keywords whose meaning depends on more than the schema's own text.
const ELSEWHERE: [&str; 6] =
    ["$dynamicRef", "$recursiveRef", "$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor"];

/// Whether checking against this schema takes a bounded time: it refers to
/// nothing but itself, not in circles, and stays small when it is written out.
pub(super) fn is_bounded(schema: &Value) -> bool {
    let mut known = HashMap::new();
    size(schema, schema, &mut known).is_some_and(|size| size <= MOST)
}

/// Nodes of a schema that is written out; none where it has no end, or an end
/// that can't be seen. `known` has a none for what is being counted.
fn size<'a>(
    root: &'a Value,
    node: &'a Value,
    known: &mut HashMap<&'a str, Option<u64>>,
) -> Option<u64> {
    match node {
        Value::Array(items) => {
            items.iter().try_fold(1, |sum, item| add(sum, size(root, item, known)?))
        }
        Value::Object(members) => {
            if ELSEWHERE.iter().any(|keyword| members.contains_key(*keyword)) {
                return None;
            }
            members.iter().try_fold(1, |sum, (key, value)| match value {
                Value::String(target) if key == "$ref" => add(sum, referred(root, target, known)?),
                _ => add(sum, size(root, value, known)?),
            })
        }
        _ => Some(1),
    }
}

fn referred<'a>(
    root: &'a Value,
    target: &'a str,
    known: &mut HashMap<&'a str, Option<u64>>,
) -> Option<u64> {
    if let Some(size) = known.get(target) {
        return *size;
    }
    let node = root.pointer(target.strip_prefix('#')?)?;
    known.insert(target, None);
    let size = size(root, node, known)?;
    known.insert(target, Some(size));
    Some(size)
}

fn add(sum: u64, more: u64) -> Option<u64> {
    sum.checked_add(more)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_people_write_is_bounded() {
        assert!(is_bounded(
            &json!({ "type": "object", "properties": { "a": { "type": "integer" } } })
        ));
        assert!(is_bounded(&json!({
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
        assert!(!is_bounded(&json!({ "$defs": chain, "$ref": "#/$defs/a0" })));
    }

    #[test]
    fn circles_and_things_elsewhere_are_not() {
        assert!(!is_bounded(&json!({ "$ref": "#" })));
        assert!(!is_bounded(&json!({ "items": { "$ref": "#" } })));
        assert!(!is_bounded(&json!({ "$ref": "https://example.com/schema" })));
        assert!(!is_bounded(&json!({ "$ref": "#/nowhere" })));
        assert!(!is_bounded(&json!({ "$id": "x", "type": "string" })));
    }
}
