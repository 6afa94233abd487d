//! What people and programs read of a history.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    checkpoint::CheckpointView,
    digest::Digest,
    log::{Level, LogLine},
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
    /// Only those of the tree that this run belongs to.
    pub tree: Option<RunId>,
    /// Only those with a smaller number.
    pub before: Option<RunId>,
    /// At most this many.
    pub limit: u32,
}

/// Which tasks.
#[derive(Debug, Clone)]
pub struct TaskQuery {
    /// Only those whose names contain this.
    pub containing: String,
    /// Only those that the configuration of the last host knew, or did not.
    pub active: Option<bool>,
    /// Only those that stand like this.
    pub stand: Option<Stand>,
    /// Only those whose names come after this one.
    pub after: Option<TaskName>,
    /// At most this many.
    pub limit: u32,
}

impl TaskQuery {
    /// All tasks that there have ever been.
    pub const ALL: Self =
        Self { containing: String::new(), active: None, stand: None, after: None, limit: u32::MAX };
}

/// How a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// Its last runs that are over have failed.
    Failing,
    /// It is put aside, for whatever reason.
    Paused,
}

/// Runs as marks in a picture.
#[derive(Debug, Clone)]
pub struct MarkQuery {
    /// Of these tasks.
    pub tasks: Vec<TaskName>,
    /// Only those that were recorded since then.
    pub since: Option<Timestamp>,
    /// Only those with a smaller number.
    pub before: Option<RunId>,
    /// At most this many of each task.
    pub limit: u32,
}

/// A run as a mark in a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct RunMark {
    /// Its number.
    pub run: RunId,
    /// Where it stands.
    pub state: RunState,
    /// The nominal instant.
    pub scheduled_for: Timestamp,
    /// When it may start next, while it waits.
    pub due_at: Option<Timestamp>,
    /// When its first attempt began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Fuel that its last attempt used, where it was counted.
    pub fuel: Option<u64>,
    /// Microseconds that its last attempt took; none where it had none that is over.
    pub wall_us: Option<u64>,
}

/// A task whose last runs have failed.
#[derive(Debug, Clone, PartialEq)]
pub struct FailingTask {
    /// The task.
    pub task: TaskView,
    /// The last of these runs.
    pub failed: RunView,
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
    /// Only lines after this one.
    pub after: Option<LinePlace>,
    /// At most this many.
    pub limit: u32,
    /// Where there are more, the last ones and not the first.
    pub last: bool,
}

impl LogQuery {
    /// All that was logged by a run.
    #[must_use]
    pub const fn whole(run: RunId) -> Self {
        Self { run, lease: None, least: Level::Trace, after: None, limit: u32::MAX, last: false }
    }
}

/// Where a line stands in its run's log. The order is that of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinePlace {
    /// The lease of the attempt that logged it.
    pub lease: i64,
    /// Its number there, counted from 1.
    pub line: i64,
}

impl fmt::Display for LinePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.lease, self.line)
    }
}

/// A text that is no place in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a place in a log is two numbers, such as `1-20`")]
pub struct NoPlace;

impl FromStr for LinePlace {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (lease, line) = text.split_once('-').ok_or(NoPlace)?;
        let number = |text: &str| text.parse().map_err(|_| NoPlace);
        Ok(Self { lease: number(lease)?, line: number(line)? })
    }
}

/// A line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LineView {
    /// Where it stands.
    #[serde(flatten)]
    pub place: LinePlace,
    /// What it says.
    #[serde(flatten)]
    pub content: LogLine,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ReadRun")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunView {
    /// Its number.
    pub run: RunId,
    /// Its idempotency key.
    pub key: String,
    /// Its task.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub task: TaskName,
    /// Why it exists.
    pub trigger: Trigger,
    /// The nominal instant.
    pub scheduled_for: Timestamp,
    /// Where it stands.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub state: RunState,
    /// Why it was skipped or expired, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it waits for, while it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<WaitsFor>,
    /// Arguments of its own, JSON, instead of the task's.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_json")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub args: Option<String>,
    /// The run that it repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<RunId>,
    /// The run that has started it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<RunId>,
    /// The run at the top of the tree that it belongs to, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<RunId>,
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
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub output: Option<String>,
}

impl RunView {
    /// Whether a host that is gone had begun it, and it can't go on since its task is gone,
    /// too.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.state == RunState::Running && self.waits_for == Some(WaitsFor::Configuration)
    }
}

/// What a waiting run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WaitsFor {
    /// For an earlier run of its task to be over.
    EarlierRun,
    /// For its time.
    Time,
    /// For room on the host.
    Slot,
    /// For the host, on which nothing starts.
    Host,
    /// For its task, which is paused.
    Task,
    /// For its task to be in the configuration again. Also where a host that is gone was
    /// running it: what becomes of it is its task's to say.
    Configuration,
}

/// A text that holds JSON, as what it holds.
fn as_json<S: serde::Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let value = text.as_ref().map(|text| serde_json::from_str::<serde_json::Value>(text));
    match value {
        Some(Ok(value)) => value.serialize(serializer),
        Some(Err(_)) | None => text.serialize(serializer),
    }
}

/// A run as another program has written it: its state is told by two keys.
#[derive(Deserialize)]
struct ReadRun {
    run: RunId,
    key: String,
    task: TaskName,
    trigger: Trigger,
    scheduled_for: Timestamp,
    state: String,
    reason: Option<String>,
    waits_for: Option<WaitsFor>,
    args: Option<serde_json::Value>,
    repeats: Option<RunId>,
    parent: Option<RunId>,
    root: Option<RunId>,
    created_at: Timestamp,
    due_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    attempts: u32,
    error: Option<String>,
    output: Option<serde_json::Value>,
}

impl TryFrom<ReadRun> for RunView {
    type Error = String;

    fn try_from(read: ReadRun) -> Result<Self, String> {
        let ReadRun { run, key, task, trigger, scheduled_for, state, reason, waits_for, .. } = read;
        let unknown = || format!("there is no state {state:?}");
        Ok(Self {
            state: RunState::from_words(&state, reason.as_deref()).ok_or_else(unknown)?,
            run,
            key,
            task,
            trigger,
            scheduled_for,
            reason,
            waits_for,
            args: read.args.map(|args| args.to_string()),
            repeats: read.repeats,
            parent: read.parent,
            root: read.root,
            created_at: read.created_at,
            due_at: read.due_at,
            started_at: read.started_at,
            ended_at: read.ended_at,
            attempts: read.attempts,
            error: read.error,
            output: read.output.map(|output| output.to_string()),
        })
    }
}

/// An attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
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
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub plugin: Option<Digest>,
}

/// A run with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WholeRun {
    /// The run.
    pub run: RunView,
    /// Its attempts, oldest first, the current one included.
    pub attempts: Vec<AttemptView>,
    /// What was saved last for its next attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<CheckpointView>,
}

/// A task and the last thing that happened to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaskView {
    /// Its name.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
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
