//! What a host answers, printed.

use horarium_core::text::escape;
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
    let waits = match (run["waits_for"].as_str(), due) {
        (Some("earlier_run"), _) => ", waits for an earlier run".to_owned(),
        (Some("time"), Some(due)) => format!(", waits until {due}"),
        (Some("time"), None) => ", waits for its time".to_owned(),
        (Some("task"), _) => ", waits for its task, which is paused".to_owned(),
        (Some("host"), _) => ", waits for the host, which is paused".to_owned(),
        _ => String::new(),
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
