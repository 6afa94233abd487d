//! What can be asked of an engine, from wherever.

use std::sync::Arc;

use horarium_core::{
    retention::Retention,
    run::RunId,
    store::{Cancelled, LinePlace, Scope, Started, StoreError},
    task::TaskSpec,
};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    desk::{Asked, Range, Ranged, Request},
    journal::{Tail, UnderWay},
    running::Running,
    scheduler::Command,
};

/// A way to an engine, for as long as that works.
#[derive(Clone)]
pub struct Control {
    commands: mpsc::Sender<Command>,
    requests: mpsc::Sender<Request>,
    retention: watch::Sender<Retention>,
    running: Arc<Running>,
}

impl Control {
    pub(crate) fn new(
        commands: mpsc::Sender<Command>,
        requests: mpsc::Sender<Request>,
        retention: watch::Sender<Retention>,
        running: Arc<Running>,
    ) -> Self {
        Self { commands, requests, retention, running }
    }

    /// The attempts that run right now, in the order of their runs.
    #[must_use]
    pub fn under_way(&self) -> Vec<UnderWay> {
        self.running.under_way()
    }

    /// How many attempts run right now.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.running.count()
    }

    /// What a run's attempt has said after this line that is not in the history yet, at
    /// most so many lines; none where no attempt of it is under way here.
    #[must_use]
    pub fn tail(&self, run: RunId, after: LinePlace, limit: usize) -> Option<Tail> {
        self.running.tail(run, after, limit)
    }

    /// Has so much of the history be kept, from now on.
    pub fn keep(&self, retention: Retention) {
        self.retention.send_replace(retention);
    }

    /// Makes these the tasks. Returns when they are active; what was not changed
    /// keeps its state, and what was removed finishes what runs.
    pub async fn set_tasks(&self, tasks: Vec<impl Into<Arc<TaskSpec>>>) {
        let tasks = tasks.into_iter().map(Into::into).collect();
        let (done, active) = oneshot::channel();
        // Both fail only where the engine is draining, and then nothing starts any more.
        if self.commands.send(Command::SetTasks { tasks, done }).await.is_ok() {
            let _ = active.await;
        }
    }

    /// Has a task run once, because somebody asks for it. Returns when that is in the
    /// history; none where the engine drains.
    pub async fn trigger(&self, asked: Asked) -> Option<Result<Started, StoreError>> {
        self.ask(|done| Request::Start { asked, done }).await
    }

    /// Ends a run, or has whoever runs it end it; none where the engine drains.
    pub async fn cancel(&self, run: RunId) -> Option<Result<Cancelled, StoreError>> {
        self.ask(|done| Request::Cancel { run, done }).await
    }

    /// Lets nothing of a task, or nothing at all, start. What runs goes on. Says whether
    /// there is such a task; none where the engine drains.
    pub async fn pause(&self, scope: Scope) -> Option<Result<bool, StoreError>> {
        self.ask(|done| Request::Pause { scope, done }).await
    }

    /// Lets a task, or everything, start again. What was missed meanwhile is for each
    /// task's `misfire` rule. Says whether there is such a task; none where the engine
    /// drains.
    pub async fn resume(&self, scope: Scope) -> Option<Result<bool, StoreError>> {
        self.ask(|done| Request::Resume { scope, done }).await
    }

    /// Makes up for a range of instants that have passed; none where the engine drains.
    pub async fn backfill(&self, range: Range) -> Option<Result<Ranged, StoreError>> {
        self.ask(|done| Request::Backfill { range, done }).await
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Option<T> {
        let (done, answer) = oneshot::channel();
        self.requests.send(request(done)).await.ok()?;
        answer.await.ok()
    }
}
