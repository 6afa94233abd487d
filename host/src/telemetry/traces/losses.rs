//! What becomes of spans, and what is said of those that are lost: that it begins and why,
//! and when it is over how many there were; not each of them.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::telemetry::metrics::Metrics;

/// For how long nothing is lost until it is said to be over.
const QUIET: Duration = Duration::from_secs(60);

/// Counts spans, and tells of losses.
pub(super) struct Losses {
    metrics: Arc<Metrics>,
    collector: String,
    /// Spans that are neither sent nor lost.
    waiting: AtomicU64,
    /// Those that found no room, and were not told of.
    overflow: AtomicU64,
    told: Mutex<Told>,
}

impl Losses {
    /// Of spans for this collector.
    pub(super) fn new(metrics: Arc<Metrics>, collector: &str) -> Self {
        Self {
            metrics,
            collector: collector.to_owned(),
            waiting: AtomicU64::new(0),
            overflow: AtomicU64::new(0),
            told: Mutex::default(),
        }
    }

    /// A span is about to wait.
    pub(super) fn waits(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// It found no room. It is told of later: nothing is said where it comes from.
    pub(super) fn overflows(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.overflow.fetch_add(1, Ordering::Relaxed);
        self.metrics.spans_lost(1);
    }

    /// Tells of those that found no room.
    pub(super) fn tell_overflow(&self) {
        let overflow = self.overflow.swap(0, Ordering::Relaxed);
        if overflow > 0 {
            self.tell(overflow, "it takes them more slowly than they come");
        }
    }

    /// The collector has taken some that waited.
    pub(super) fn taken(&self, spans: u64) {
        self.waiting.fetch_sub(spans, Ordering::Relaxed);
        self.metrics.spans_sent(spans);
        if let Some(spans) = self.told().taken(Instant::now()) {
            tracing::warn!("{} takes spans again; {spans} were lost meanwhile", self.collector);
        }
    }

    /// The collector has not taken some that waited.
    pub(super) fn lost(&self, spans: u64, reason: &str) {
        self.waiting.fetch_sub(spans, Ordering::Relaxed);
        self.metrics.spans_lost(spans);
        self.tell(spans, reason);
    }

    /// The host does not wait any longer for those that are left.
    pub(super) fn give_up(&self) {
        let spans = self.waiting.swap(0, Ordering::Relaxed);
        self.metrics.spans_lost(spans);
        tracing::warn!(
            "{spans} spans are lost: the host ends, and {} did not take them",
            self.collector
        );
    }

    fn tell(&self, spans: u64, reason: &str) {
        if self.told().lost(spans, Instant::now()) {
            tracing::warn!("spans for {} are lost: {reason}", self.collector);
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it was told that spans are lost.
#[derive(Debug, Default)]
enum Told {
    /// It was not, or it is over.
    #[default]
    Well,
    /// It was: so many since then, the last of them at this instant.
    Losing { spans: u64, last: Instant },
}

impl Told {
    /// Some were lost; says whether that is news.
    fn lost(&mut self, lost: u64, now: Instant) -> bool {
        let (before, is_news) = match self {
            Self::Well => (0, true),
            Self::Losing { spans, .. } => (*spans, false),
        };
        *self = Self::Losing { spans: before + lost, last: now };
        is_news
    }

    /// Some were taken; says how many were lost where that is over with it.
    fn taken(&mut self, now: Instant) -> Option<u64> {
        match *self {
            Self::Losing { spans, last } if now.duration_since(last) >= QUIET => {
                *self = Self::Well;
                Some(spans)
            }
            Self::Well | Self::Losing { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_told_when_it_begins_and_when_it_is_over() {
        let (mut told, begun) = (Told::default(), Instant::now());
        let after = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(told.taken(begun), None);
        assert!(told.lost(5, begun));
        assert!(!told.lost(2, after(30)));
        assert_eq!(told.taken(after(31)), None, "it may go on");
        assert!(!told.lost(1, after(32)));
        assert_eq!(told.taken(after(92)), Some(8));
        assert_eq!(told.taken(after(200)), None);
        assert!(told.lost(1, after(300)), "this is another one");
    }
}
