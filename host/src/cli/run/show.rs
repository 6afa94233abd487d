//! What a person sees of a run in the foreground.

use std::collections::BTreeMap;

use horarium_core::{
    attempt::{Observer, Outcome, Progress},
    effects::Spawn,
    log::LogLine,
    name::TaskName,
    text::escape,
    verdict::Verdict,
};
use serde_json::{Value, json};

use crate::{cli::logs, output};

/// Shows the log as it comes, on standard error, so that standard output is the
/// task's output alone.
pub(super) struct Foreground {
    pub(super) json: bool,
}

impl Observer for Foreground {
    fn log(&self, line: LogLine) {
        if self.json {
            output::error_line(&json!({ "log": line }).to_string());
        } else {
            output::error_line(&logs::show(&line).to_string());
        }
    }

    fn progress(&self, progress: Progress) {
        if self.json {
            let Progress { fraction, note } = progress;
            output::error_line(
                &json!({ "progress": { "fraction": fraction, "note": note } }).to_string(),
            );
        } else {
            let percent = progress.fraction.map(|fraction| format!("{:3.0} % ", fraction * 100.0));
            output::error_line(&format!(
                "         {}{}",
                percent.unwrap_or_default(),
                progress.note.unwrap_or_default()
            ));
        }
    }
}

/// Tells how the attempt ended: the output on standard output, all else on
/// standard error.
pub(super) fn print(outcome: &Outcome, json: bool) {
    let usage = &outcome.usage;
    let (text, backtrace) = match &outcome.verdict {
        Verdict::Succeeded { output } => (output.as_deref(), None),
        Verdict::Trapped(trap) => (None, Some(&trap.backtrace)),
        _ => (None, None),
    };
    if json {
        output::json(&json!({
            "verdict": outcome.verdict.kind(),
            "error": outcome.verdict.error(),
            "backtrace": backtrace,
            "output": text.and_then(|text| serde_json::from_str::<Value>(text).ok()),
            "fuel": usage.fuel,
            "peak_memory": usage.peak_memory,
            "wall_us": u64::try_from(usage.wall.as_micros()).unwrap_or(u64::MAX),
            "plugin": outcome.plugin,
            "starts": outcome.effects.spawns.iter().map(start).collect::<Vec<_>>(),
        }));
        return;
    }
    if let Some(text) = text {
        output::line(&escape(text));
    }
    let fuel = usage.fuel.map(|fuel| format!(", {} fuel", output::count(fuel)));
    output::error_line(&format!(
        "{} in {}{}, {} memory",
        outcome.verdict.kind(),
        output::length(usage.wall),
        fuel.unwrap_or_default(),
        output::bytes(usage.peak_memory)
    ));
    for (task, runs) in starts(&outcome.effects.spawns) {
        let runs = output::plural(runs, "run");
        output::error_line(&format!(
            "  it would start {runs} of `{task}`; in the foreground it starts none"
        ));
    }
    let writes = outcome.effects.state.iter().map(|changes| changes.writes.len()).sum();
    if writes > 0 {
        let keys = output::plural(writes, "key");
        output::error_line(&format!(
            "  it would change {keys} of what it keeps; in the foreground nothing is kept"
        ));
    }
    if let Some(error) = outcome.verdict.error() {
        output::error_line(&format!("  {error}"));
    }
    for frame in backtrace.into_iter().flatten() {
        output::error_line(&format!("    at {frame}"));
    }
}

/// A run that a host would start, for programs.
fn start(spawn: &Spawn) -> Value {
    let args = spawn.args.as_deref().and_then(|args| serde_json::from_str::<Value>(args).ok());
    json!({ "task": spawn.task, "args": args, "key": spawn.key })
}

/// How many runs of which task.
fn starts(spawns: &[Spawn]) -> BTreeMap<&TaskName, usize> {
    let mut counts = BTreeMap::new();
    for spawn in spawns {
        *counts.entry(&spawn.task).or_default() += 1;
    }
    counts
}
