//! What a host answers, printed.

use horarium_core::{store::WaitsFor, text::escape};
use serde::Deserialize;
use serde_json::Value;

use crate::{output, serve::Changes};

/// A run as it stands now.
pub(super) fn print_run(run: &Value, json: bool) {
    if json {
        output::json(run);
        return;
    }
    let word = |key: &str| run[key].as_str().unwrap_or_default().to_owned();
    let due = run["due_at"].as_str().and_then(|at| at.parse().ok()).map(output::local);
    let waits = match (WaitsFor::deserialize(&run["waits_for"]), due) {
        // It may have begun by now.
        (Err(_) | Ok(WaitsFor::Slot), _) => String::new(),
        (Ok(WaitsFor::Time), Some(due)) => format!(", waits until {due}"),
        (Ok(waits), _) => format!(", {}", output::waits(waits)),
    };
    let text = format!("run {} of {}: {}{waits}", run["run"], word("task"), word("state"));
    output::line(&escape(&text));
}

/// What a reload changes.
pub(super) fn changes(changes: &Changes) -> String {
    let Changes { added, changed, removed, restart, .. } = changes;
    let mut text = format!(
        "{} new, {} changed, {} gone",
        output::plural(added.len(), "task"),
        changed.len(),
        removed.len()
    );
    if !restart.is_empty() {
        text += &format!("; waits for a restart: {}", restart.join(", "));
    }
    escape(&text)
}

/// Anything else: its JSON for programs, a line for people.
pub(super) fn print(answer: &Value, line: &str, json: bool) {
    match json {
        true => output::json(answer),
        false => output::line(&escape(line)),
    }
}
