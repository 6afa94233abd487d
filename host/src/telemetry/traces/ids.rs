//! Which trace a run has, and which spans are in it. Nothing is drawn by lot: whoever knows
//! the run's key knows its trace, and what one host says of a run joins what another said.

use horarium_core::{
    attempt::Lease,
    run::{self, RunId},
};
use jiff::Timestamp;
use opentelemetry::{SpanId, TraceId};
use sha2::{Digest, Sha256};

/// A run's trace. Its number is the first half of the SHA-256 of the run's key.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    pub(super) key: String,
    pub(super) id: TraceId,
    /// The span of the run.
    pub(super) root: SpanId,
}

impl Trace {
    pub(super) fn of(history: &str, run: RunId, created_at: Timestamp) -> Self {
        let key = run::key(history, run, created_at);
        let hash: [u8; 32] = Sha256::digest(&key).into();
        let (id, rest) = hash.split_first_chunk().unwrap_or((&[0; 16], &[]));
        Self { id: TraceId::from_bytes(*id), root: first(rest), key }
    }

    /// The span of the wait for an attempt.
    pub(super) fn wait(&self, lease: Lease) -> SpanId {
        self.span(&format!("wait {}", lease.number))
    }

    /// The span of an attempt.
    pub(super) fn attempt(&self, lease: Lease) -> SpanId {
        self.span(&format!("attempt {}", lease.number))
    }

    /// The span of an attempt's request, counted from 1.
    pub(super) fn request(&self, lease: Lease, number: u32) -> SpanId {
        self.span(&format!("attempt {} request {number}", lease.number))
    }

    fn span(&self, what: &str) -> SpanId {
        let hash = Sha256::new().chain_update(&self.key).chain_update(" ").chain_update(what);
        first(&hash.finalize())
    }
}

fn first(hash: &[u8]) -> SpanId {
    hash.first_chunk().map_or(SpanId::INVALID, |bytes| SpanId::from_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_found_by_its_runs_key() {
        let trace = Trace::of("941c43f2f782", RunId(2), Timestamp::UNIX_EPOCH);
        assert_eq!(trace.key, "941c43f2f782-2-00000000");
        // printf 941c43f2f782-2-00000000 | sha256sum | cut -c -32
        assert_eq!(trace.id.to_string(), "a7c97c1af415dc6804340d055425742d");
        let lease = |number| Lease { run: RunId(2), number };
        let spans = [
            trace.root,
            trace.wait(lease(1)),
            trace.wait(lease(2)),
            trace.attempt(lease(1)),
            trace.request(lease(1), 1),
            trace.request(lease(1), 2),
        ];
        for (place, span) in spans.iter().enumerate() {
            assert!(*span != SpanId::INVALID && !spans[..place].contains(span), "{place}");
        }
    }
}
