//! An attempt: one execution of a run, under a lease.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    digest::Digest,
    effects::{Effects, Unfit},
    log::LogLine,
    net::Scheme,
    retry::Restart,
    run::RunId,
    verdict::Verdict,
};

/// The right to write to a running run, held by at most one holder at a time:
/// the run, and how many leases it has had with this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Lease {
    /// The run.
    pub run: RunId,
    /// Counted from 1; every claim adds one, refunded attempts included.
    pub number: i64,
}

/// What an attempt used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Fuel, where it was counted.
    pub fuel: Option<u64>,
    /// The most bytes that all linear memories held together.
    pub peak_memory: u64,
    /// Wall-clock time between the call and its end.
    pub wall: Duration,
}

/// All that an executor has to say about an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub verdict: Verdict,
    /// What it used.
    pub usage: Usage,
    /// The version of the plugin that ran; none where none was there to run.
    pub plugin: Option<Digest>,
    /// What becomes real with its success; nothing where there is none.
    pub effects: Arc<Effects>,
    /// What its plugin wants to follow where it did not succeed.
    pub restart: Restart,
}

impl Outcome {
    /// An attempt that ended before any guest code ran.
    #[must_use]
    pub fn before_start(verdict: Verdict) -> Self {
        let (usage, restart) = (Usage::default(), Restart::ByPolicy);
        Self { verdict, usage, plugin: None, effects: Arc::default(), restart }
    }

    /// Whether any guest code may have run.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.plugin.is_some() || self.usage != Usage::default()
    }
}

/// How far an attempt says it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Between 0 and 1; none where the guest cannot tell.
    pub fraction: Option<f32>,
    /// A word for people.
    pub note: Option<String>,
}

/// Who listens to an attempt while it runs. Called on the guest's time: an
/// observer returns at once.
pub trait Observer: Send + Sync {
    /// A line that is kept in the attempt's log.
    fn log(&self, line: LogLine);

    /// News about how far the attempt is.
    fn progress(&self, progress: Progress);

    /// A request that the guest sent, or wanted to send, is answered or has failed. Told
    /// once for each; a guest that is stopped leaves some that are told a little later.
    fn requested(&self, _request: HttpRequest) {}
}

/// A request of a guest's, over HTTP. What it was about is the guest's: neither path nor
/// query, where secrets are, is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// When it was asked for.
    pub at: Timestamp,
    /// How long it took, up to the head of the response.
    pub took: Duration,
    /// The method; where it was refused, any word.
    pub method: String,
    /// Whether it was to be encrypted.
    pub scheme: Scheme,
    /// The name or address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How it ended.
    pub end: HttpEnd,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpEnd {
    /// It was answered with this status.
    Answered(u16),
    /// There was no answer, for a reason in the words of `wasi:http`.
    Failed(&'static str),
    /// The guest did not wait for it, or was stopped.
    Abandoned,
}

/// An attempt's end as the history keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptEnd {
    /// When it ended.
    pub at: Timestamp,
    /// What the executor said.
    pub outcome: Outcome,
}

impl AttemptEnd {
    /// The same without success, and so without effects.
    #[must_use]
    pub fn spoiled(&self, unfit: &Unfit) -> Self {
        let Outcome { usage, plugin, .. } = self.outcome;
        let (verdict, effects) = (unfit.verdict(), Arc::default());
        let restart = Restart::ByPolicy;
        Self { at: self.at, outcome: Outcome { verdict, usage, plugin, effects, restart } }
    }
}
