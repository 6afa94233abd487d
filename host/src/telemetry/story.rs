//! What happens, in the words of the JSON contract: those that `serve --json` tells and
//! those that followers get are the same.

use horarium_core::{name::TaskName, overlap::Admission, run::RunId, transition::Transition};
use horarium_engine::Event;
use serde_json::{Value, json};

/// An event as JSON.
pub(crate) fn json(event: &Event) -> Value {
    let mut told = content(event);
    if let Some((run, task)) = subject(event) {
        if let Some(run) = run {
            told["run"] = json!(run);
        }
        told["task"] = json!(task);
    }
    told
}

fn content(event: &Event) -> Value {
    match event {
        Event::Fired(recorded) => match recorded.admission {
            Admission::Skip(reason) => json!({ "event": "skipped", "reason": reason }),
            _ => json!({ "event": "fired", "scheduled_for": recorded.fire.scheduled_for }),
        },
        Event::Expired(expired) => {
            json!({ "event": "expired", "reason": expired.expiry.as_str() })
        }
        Event::Cancelled(_) => json!({ "event": "cancelled" }),
        Event::Quarantined { .. } => json!({ "event": "quarantined" }),
        Event::Started { attempt, max_attempts, .. } => {
            json!({ "event": "started", "attempt": attempt, "max_attempts": max_attempts })
        }
        Event::Log { line, .. } => json!({ "event": "log", "line": line }),
        Event::Progress { progress, .. } => {
            json!({ "event": "progress", "fraction": progress.fraction, "note": progress.note })
        }
        Event::Ended { attempt, outcome, transition, .. } => json!({
            "event": "ended",
            "attempt": attempt,
            "verdict": outcome.verdict.kind(),
            "error": outcome.verdict.error(),
            "fuel": outcome.usage.fuel,
            "peak_memory": outcome.usage.peak_memory,
            "wall_us": u64::try_from(outcome.usage.wall.as_micros()).unwrap_or(u64::MAX),
            "over": matches!(transition, Transition::End(_)),
        }),
        Event::Superseded { .. } => json!({ "event": "superseded" }),
        Event::ClockBehind { tasks, until } => {
            json!({ "event": "clock_behind", "tasks": tasks, "until": until })
        }
        Event::StoreTrouble(error) => {
            json!({ "event": "store_trouble", "error": error.to_string() })
        }
        Event::StoreRecovered => json!({ "event": "store_recovered" }),
    }
}

/// The run and the task that an event is about, where it is about some.
pub(crate) fn subject(event: &Event) -> Option<(Option<RunId>, &TaskName)> {
    match event {
        Event::Fired(recorded) => Some((Some(recorded.run), &recorded.fire.task)),
        Event::Expired(expired) => Some((Some(expired.run), &expired.fire.task)),
        Event::Cancelled(cancelled) => Some((Some(cancelled.run), &cancelled.fire.task)),
        Event::Quarantined { task } => Some((None, task)),
        Event::Started { lease, task, .. }
        | Event::Log { lease, task, .. }
        | Event::Progress { lease, task, .. }
        | Event::Ended { lease, task, .. }
        | Event::Superseded { lease, task } => Some((Some(lease.run), task)),
        Event::ClockBehind { .. } | Event::StoreTrouble(_) | Event::StoreRecovered => None,
    }
}
