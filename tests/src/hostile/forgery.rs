//! What would do something else to a terminal than to be shown.

use serde_json::Value;

/// Whether there is any in a text of this value.
pub(super) fn is_in(value: &Value) -> bool {
    match value {
        Value::String(text) => text.chars().any(is_dangerous),
        Value::Array(values) => values.iter().any(is_in),
        Value::Object(values) => values.values().any(is_in),
        _ => false,
    }
}

/// A control character, or one that changes the direction of others.
fn is_dangerous(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_found_wherever_it_hides() {
        assert!(!is_in(&json!({ "line": { "message": "\\u{1b}[2J" }, "list": ["ü", 1] })));
        for text in ["\u{1b}[2J", "a\nb", "\u{202e}", "\u{9b}"] {
            assert!(is_in(&json!({ "list": [{ "message": text }] })), "{text:?}");
        }
    }
}
