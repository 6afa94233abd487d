//! What people and programs read of a history.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    digest::Digest,
    log::Level,
    name::TaskName,
    run::{RunId, RunState, Trigger},
    store::Pause,
    verdict::VerdictKind,
};

/// Which runs.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    /// Only this task's.
    pub task: Option<TaskName>,
    /// Only those in one of these states, by their words; all where empty.
    pub states: Vec<String>,
    /// Only those with a smaller number.
    pub before: Option<RunId>,
    /// At most this many.
    pub limit: u32,
}

/// Which lines of a log.
#[derive(Debug, Clone, Copy)]
pub struct LogQuery {
    /// The run.
    pub run: RunId,
    /// Only the attempt under this lease number.
    pub lease: Option<i64>,
    /// Only lines at least this important.
    pub least: Level,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunView {
    /// Its number.
    pub run: RunId,
    /// Its idempotency key.
    pub key: String,
    /// Its task.
    pub task: TaskName,
    /// Why it exists.
    pub trigger: Trigger,
    /// The nominal instant.
    pub scheduled_for: Timestamp,
    /// Where it stands.
    pub state: RunState,
    /// Why it was skipped or expired, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it waits for, while it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<WaitsFor>,
    /// Arguments of its own, JSON, instead of the task's.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_json")]
    pub args: Option<String>,
    /// The run that it repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<RunId>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it may start next, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When its first attempt began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How many attempts it has used.
    pub attempts: u32,
    /// Why its last attempt did not succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The output of its success, JSON.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_json")]
    pub output: Option<String>,
}

/// What a waiting run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// For an earlier run of its task to be over.
    EarlierRun,
    /// For its time.
    Time,
    /// For room on the host.
    Slot,
    /// For the host, on which nothing starts.
    Host,
    /// For its task: that is paused, or not in the configuration.
    Task,
}

/// A text that holds JSON, as what it holds.
fn as_json<S: serde::Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let value = text.as_ref().map(|text| serde_json::from_str::<serde_json::Value>(text));
    match value {
        Some(Ok(value)) => value.serialize(serializer),
        Some(Err(_)) | None => text.serialize(serializer),
    }
}

/// An attempt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttemptView {
    /// Counted from 1.
    pub attempt: u32,
    /// The lease under which it ran.
    pub lease: i64,
    /// Who ran it.
    pub node: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; none while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How it ended; none while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<VerdictKind>,
    /// Why it did not succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Where the guest was when it trapped, innermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backtrace: Vec<String>,
    /// Fuel it used, where it was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// The most bytes that its memories held.
    pub peak_memory: u64,
    /// Microseconds it took.
    pub wall_us: u64,
    /// The version of the plugin that ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<Digest>,
}

/// A task and the last thing that happened to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskView {
    /// Its name.
    pub task: TaskName,
    /// Whether the configuration of the last host knew it.
    pub active: bool,
    /// When a host first saw it.
    pub created_at: Timestamp,
    /// How many of its runs are not over.
    pub unfinished: u64,
    /// Why nothing of it starts, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// How many of its runs have failed in a row.
    pub failures: u64,
    /// Its newest run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<RunView>,
}
