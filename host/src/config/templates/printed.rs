//! The tasks of a document as somebody would have written them by hand.

use serde_json::{Map, Value, json};

use super::{
    super::{check::Entry, decode::Decode, values::Json},
    Plan, show,
};

/// Every task in full, without templates. What `[defaults]` says stays there.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Printed {
    /// As part of a configuration.
    pub(crate) toml: String,
    /// The same for programs.
    pub(crate) json: Value,
}

impl Printed {
    /// The tasks of a document without fault.
    pub(in crate::config) fn of(plan: &Plan<'_, '_>) -> Self {
        let mut toml = Vec::new();
        let mut tasks = Map::new();
        for entry in plan.tasks().filter_map(|found| found.entry) {
            toml.push(table(&entry));
            if let Some(Json(task)) = Json::decode(&entry.value, "", &mut Vec::new()) {
                tasks.insert(entry.name.get_ref().to_string(), task);
            }
        }
        Self { toml: toml.join("\n"), json: json!({ "task": tasks }) }
    }
}

/// A task: what its templates say first.
fn table(entry: &Entry<'_>) -> String {
    let mut text = format!("[task.{}]\n", show::key(entry.name.get_ref()));
    let mut keys: Vec<_> =
        entry.value.get_ref().as_table().into_iter().flat_map(|table| table.iter()).collect();
    keys.sort_by_key(|(name, _)| name.span().start);
    for (name, value) in keys {
        let (name, value) = (show::key(name.get_ref()), show::inline(value.get_ref()));
        text.push_str(&format!("{name} = {value}\n"));
    }
    text
}
