//! The seam between the engine and whatever remembers.
//!
//! Each verb is one transaction: it happens whole or not at all, and when it has
//! returned, it has happened for good. Implementations group what arrives
//! together into one commit.

mod before;
mod buckets;
mod commands;
mod outbox;
mod statistics;
mod views;

pub use self::{
    before::Before,
    buckets::{
        BucketQuery, BucketView, Buckets, Edited, Editing, EntryQuery, Record, RecordQuery, Records,
    },
    commands::{
        Backfill, Backfilled, Cancelled, CancelledRun, Child, Claim, ClaimedRun, Claims,
        ExpiredLease, ExpiredRun, Finish, Finished, NewFire, Pause, Pruned, RecordedFire, Refusal,
        Registration, Scope, Start, Started, TaskFires, TaskState,
    },
    outbox::{AlertQuery, AlertView, DeliveryView, Due, Outbox},
    statistics::{Ended, Queue, Recent, Statistics, Waiting},
    views::{
        AttemptView, FailingTask, LinePlace, LineView, LogQuery, MarkQuery, RunMark, RunQuery,
        RunView, Stand, TaskQuery, TaskView, WaitsFor, WholeRun,
    },
};

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    attempt::Lease,
    checkpoint::{Checkpoint, CheckpointView},
    log::LogLine,
    name::TaskName,
    retention::Retention,
    run::RunId,
};

/// Why a store did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no room. It may come back.
    #[error("no space left for the history in {place}: {reason}")]
    Full {
        /// The database.
        place: String,
        /// The backend's own words.
        reason: String,
    },
    /// It may be read but not written.
    #[error("the history in {place} can't be written: {reason}")]
    ReadOnly {
        /// The database.
        place: String,
        /// The backend's own words.
        reason: String,
    },
    /// Somebody else holds it. They may let go.
    #[error(
        "the history in {place} is locked by another process: {reason}; end it, or use another `data_dir`"
    )]
    Locked {
        /// The database.
        place: String,
        /// The backend's own words.
        reason: String,
    },
    /// Its content makes no sense.
    #[error(
        "the history in {place} is damaged: {reason}; move it away to start a new one, or restore a backup"
    )]
    Damaged {
        /// The database.
        place: String,
        /// The backend's own words.
        reason: String,
    },
    /// No host has served this data directory yet.
    #[error("there is no history in {place} yet; `horarium serve` begins one")]
    Missing {
        /// Where the database would be.
        place: String,
    },
    /// Anything else.
    #[error("the history in {place} can't be used: {reason}")]
    Unusable {
        /// The database.
        place: String,
        /// The backend's own words.
        reason: String,
    },
}

/// What an acknowledged write survives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// A power cut, and everything less.
    #[default]
    Full,
    /// The end of the process, however sudden. A power cut may take back what was
    /// written last; what is left makes sense all the same.
    Normal,
}

/// What can be read of the history.
pub trait History: Send + Sync + 'static {
    /// Runs, newest first.
    fn runs(
        &self,
        query: RunQuery,
    ) -> impl Future<Output = Result<Vec<RunView>, StoreError>> + Send;

    /// One run; none where there is none of this number.
    fn run(&self, run: RunId) -> impl Future<Output = Result<Option<RunView>, StoreError>> + Send;

    /// A run's attempts, oldest first.
    fn attempts(
        &self,
        run: RunId,
    ) -> impl Future<Output = Result<Vec<AttemptView>, StoreError>> + Send;

    /// A run with all that belongs to it; none where there is none of this number.
    fn whole_run(
        &self,
        run: RunId,
    ) -> impl Future<Output = Result<Option<WholeRun>, StoreError>> + Send;

    /// What was saved last for a run, by any of its attempts.
    fn checkpoint(
        &self,
        run: RunId,
    ) -> impl Future<Output = Result<Option<Checkpoint>, StoreError>> + Send;

    /// A run's log, oldest line first.
    fn log(
        &self,
        query: LogQuery,
    ) -> impl Future<Output = Result<Vec<LineView>, StoreError>> + Send;

    /// Tasks, of all that the store has ever known, by name.
    fn tasks(
        &self,
        query: TaskQuery,
    ) -> impl Future<Output = Result<Vec<TaskView>, StoreError>> + Send;

    /// A task; none where it was never known.
    fn task(
        &self,
        task: TaskName,
    ) -> impl Future<Output = Result<Option<TaskView>, StoreError>> + Send;

    /// Tasks of the configuration whose last runs have failed; those that did so last
    /// come first.
    fn failing(
        &self,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<FailingTask>, StoreError>> + Send;

    /// Runs as marks in a picture: a list for each task that is asked for, in that order,
    /// newest run first.
    fn marks(
        &self,
        query: MarkQuery,
    ) -> impl Future<Output = Result<Vec<Vec<RunMark>>, StoreError>> + Send;

    /// What has become of all runs, or of a task's, and what of them waits.
    fn statistics(
        &self,
        task: Option<TaskName>,
    ) -> impl Future<Output = Result<Statistics, StoreError>> + Send;

    /// What of all runs waits, and whether anything may start.
    fn waiting(&self) -> impl Future<Output = Result<Waiting, StoreError>> + Send;

    /// A task's last runs that are over, newest first, at most `limit`: of its last
    /// ten thousand runs.
    fn recent(
        &self,
        task: TaskName,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Recent>, StoreError>> + Send;

    /// Since when nothing starts at all, where that is so.
    fn paused(&self) -> impl Future<Output = Result<Option<Timestamp>, StoreError>> + Send;

    /// Whether nothing of this starts.
    fn is_paused(&self, scope: Scope) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Run history and queue, and what tasks keep.
pub trait Store: History + Buckets {
    /// Makes these the active tasks, all others inactive, and says where each
    /// one stands, in their order. A task whose schedule changed restarts by
    /// [`Schedule::restart`](crate::schedule::Schedule::restart).
    fn register(
        &self,
        tasks: Vec<Registration>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<TaskState>, StoreError>> + Send;

    /// The same where most tasks stay what they are: makes these active as well, and those
    /// that are named by `removed` inactive. Says where each of `tasks` stands.
    fn amend(
        &self,
        tasks: Vec<Registration>,
        removed: Vec<TaskName>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<TaskState>, StoreError>> + Send;

    /// Writes fires together with their tasks' cursors, each one admitted by its
    /// task's overlap policy. Answered before a power cut can't undo it: the same
    /// instants are found to be due again then.
    fn record_fires(
        &self,
        fires: Vec<TaskFires>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<RecordedFire>, StoreError>> + Send;

    /// Makes a run that somebody asked for, or says why not.
    fn start(
        &self,
        start: Start,
        now: Timestamp,
    ) -> impl Future<Output = Result<Started, StoreError>> + Send;

    /// Makes runs for instants that had none, or says why not.
    fn backfill(
        &self,
        backfill: Backfill,
        now: Timestamp,
    ) -> impl Future<Output = Result<Backfilled, StoreError>> + Send;

    /// Ends a run that waits. One that runs gets no further attempt.
    fn cancel(
        &self,
        run: RunId,
        now: Timestamp,
    ) -> impl Future<Output = Result<Cancelled, StoreError>> + Send;

    /// Lets nothing of a task, or nothing at all, start. What runs goes on. Says
    /// whether there is such a task.
    fn pause(
        &self,
        scope: Scope,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Lets a task start again, whatever had put it aside, and forgets its failures; or
    /// lets everything start again, but for those tasks that are paused themselves. Says
    /// whether there is such a task.
    fn resume(
        &self,
        scope: Scope,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Leases waiting runs of active tasks that are due: those of the highest priority
    /// first, among them the longest due. Ends those for which it is too late, and raises
    /// alerts of what is late, and of tasks that should have succeeded by now. Answered
    /// before a power cut can't undo it, after which the same runs wait again; see
    /// [`settle`](Self::settle).
    fn claim(&self, claim: Claim) -> impl Future<Output = Result<Claims, StoreError>> + Send;

    /// The wall clock was set back by this much: runs that wait for a length of time, for
    /// their next attempt or the next turn of a chain, are due that much earlier by it.
    /// What waits for an instant waits for that.
    fn set_back(
        &self,
        by: Duration,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Waits until all that was answered is durable: for whoever must not begin twice.
    fn settle(&self) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Extends leases until `until`. Returns those that are no longer held.
    fn renew(
        &self,
        leases: Vec<Lease>,
        until: Timestamp,
    ) -> impl Future<Output = Result<Vec<Lease>, StoreError>> + Send;

    /// Adds lines to the log of an attempt that goes on. Without effect where
    /// the lease is no longer held.
    fn append_log(
        &self,
        lease: Lease,
        lines: Vec<LogLine>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps what an attempt leaves to the next one of its run, instead of what an earlier
    /// one had left. Says whether the lease is still held; without effect where it is not.
    fn save_checkpoint(
        &self,
        lease: Lease,
        value: Vec<u8>,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Forgets what was saved for a run, so that its next attempt begins anew. Says what
    /// there was.
    fn forget_checkpoint(
        &self,
        run: RunId,
    ) -> impl Future<Output = Result<Option<CheckpointView>, StoreError>> + Send;

    /// Records an attempt's end and what follows from it, if the lease is still held.
    fn finish(&self, finish: Finish) -> impl Future<Output = Result<Finished, StoreError>> + Send;

    /// Forgets some of the oldest runs that are over, with their attempts and logs, where
    /// more are kept than should be: few at a time, so that other writers get their turn.
    fn prune(
        &self,
        retention: Retention,
        now: Timestamp,
    ) -> impl Future<Output = Result<Pruned, StoreError>> + Send;

    /// Running runs whose lease was over at `now`.
    fn expired(
        &self,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<ExpiredLease>, StoreError>> + Send;
}
