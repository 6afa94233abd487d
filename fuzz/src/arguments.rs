//! A schema from a plugin, and arguments from an operator.

use serde_json::Value;

/// The schema of a function, a line of `---`, its arguments; or what a plugin
/// suggests, where there is no such line.
pub fn arguments(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match text.split_once("\n---\n") {
        Some((schema, arguments)) => {
            if let (Some(schema), Some(arguments)) = (json(schema), json(arguments)) {
                horarium::fuzzing::arguments(schema, &arguments);
            }
        }
        None => {
            if let Some(defaults) = json(text) {
                horarium::fuzzing::suggested(defaults);
            }
        }
    }
}

fn json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}
