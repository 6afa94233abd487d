//! Clocks: always there, and coarse unless granted otherwise.
//!
//! Whoever can measure a cache miss can read memory that is not his (Spectre), and
//! a guest shares its process with others. So by default the clocks move in steps,
//! the edges of which lie where nobody can tell: a guest that counts from one edge
//! to the next learns little about what lies between them. That makes such a
//! measurement slow, not impossible, and it does not cover clocks that others hold
//! for the guest: files that it may write have times, and peers that it may
//! connect to can tell the time.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use horarium_core::grants::{Clocks, Grants};
use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi::{
    HostMonotonicClock, HostWallClock, WasiCtxBuilder,
    clocks::{MonotonicClock, WallClock, WasiClocks, WasiClocksView},
    p2::{
        DynPollable,
        bindings::clocks::{monotonic_clock, wall_clock},
    },
};

use crate::state::State;

/// How coarse a coarse clock is. Timers of the runtime are no finer.
const STEP: Duration = Duration::from_millis(1);

/// The same in nanoseconds.
const NANOS: u64 = 1_000_000;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wall_clock::add_to_linker::<_, WasiClocks>(linker, State::clocks)?;
    monotonic_clock::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}

/// Both monotonic clocks begin with the attempt: how long the machine has been
/// running is not the guest's business.
pub(super) fn prepare(builder: &mut WasiCtxBuilder, grants: &Grants) {
    if grants.clocks == Clocks::Coarse {
        builder.wall_clock(Coarse::new(WallClock::new()));
        builder.monotonic_clock(Coarse::new(MonotonicClock::new()));
    }
}

/// A clock that moves in steps.
struct Coarse<C> {
    clock: C,
    secret: RandomState,
}

impl<C> Coarse<C> {
    fn new(clock: C) -> Self {
        Self { clock, secret: RandomState::new() }
    }

    /// The beginning of the step that this instant is in, or the next one's, if it
    /// comes after a point that is this step's own. Never goes back.
    fn blur(&self, seconds: u64, nanos: u32) -> (u64, u32) {
        let step = nanos / STEP.subsec_nanos();
        let into = u64::from(nanos % STEP.subsec_nanos());
        let edge = self.secret.hash_one((seconds, step)) % NANOS;
        let steps = if into < edge { step } else { step + 1 };
        match steps * STEP.subsec_nanos() {
            1_000_000_000 => (seconds.saturating_add(1), 0),
            nanos => (seconds, nanos),
        }
    }
}

impl<C: HostWallClock> HostWallClock for Coarse<C> {
    fn resolution(&self) -> Duration {
        STEP
    }

    fn now(&self) -> Duration {
        let now = self.clock.now();
        let (seconds, nanos) = self.blur(now.as_secs(), now.subsec_nanos());
        Duration::new(seconds, nanos)
    }
}

impl<C: HostMonotonicClock> HostMonotonicClock for Coarse<C> {
    fn resolution(&self) -> u64 {
        NANOS
    }

    fn now(&self) -> u64 {
        let now = Duration::from_nanos(self.clock.now());
        let (seconds, nanos) = self.blur(now.as_secs(), now.subsec_nanos());
        seconds.saturating_mul(1_000_000_000).saturating_add(nanos.into())
    }
}

/// How long to sleep so that a coarse clock has moved by `wait` afterwards, which
/// programs rely on: whole steps, and one more for where the first began.
fn sleep(wait: u64) -> u64 {
    match wait {
        // A poll that does not wait stays one.
        0 => 0,
        wait => wait.div_ceil(NANOS).saturating_add(1).saturating_mul(NANOS),
    }
}

impl monotonic_clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<u64> {
        self.clocks().now()
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        self.clocks().resolution()
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let now = self.clocks().now()?;
        self.subscribe_duration(when.saturating_sub(now))
    }

    fn subscribe_duration(&mut self, wait: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let wait = match self.precision {
            Clocks::Coarse => sleep(wait),
            Clocks::Exact => wait,
        };
        self.clocks().subscribe_duration(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blur(clock: &Coarse<()>, nanos: u64) -> u64 {
        let time = Duration::from_nanos(nanos);
        let (seconds, nanos) = clock.blur(time.as_secs(), time.subsec_nanos());
        seconds * 1_000_000_000 + u64::from(nanos)
    }

    /// Instants that are spread over some seconds, and their neighbours.
    fn instants() -> impl Iterator<Item = u64> {
        (0..40_000).flat_map(|n| [n * 99_991, n * 99_991 + 1])
    }

    #[test]
    fn a_coarse_clock_moves_in_steps_and_never_back() {
        let clock = Coarse::new(());
        let mut before = 0;
        for at in instants() {
            let shown = blur(&clock, at);
            assert_eq!(shown % NANOS, 0);
            assert!(shown.abs_diff(at) <= NANOS, "{at} is shown as {shown}");
            assert!(shown >= before, "{at}: {before} was before {shown}");
            before = shown;
        }
    }

    #[test]
    fn nobody_knows_where_a_step_begins() {
        let clock = Coarse::new(());
        let edge = |step: u64| {
            let shown = blur(&clock, step * NANOS);
            let moves = |into: &u64| blur(&clock, step * NANOS + into) != shown;
            (0..NANOS).step_by(10_000).find(moves)
        };
        let edges: std::collections::BTreeSet<_> = (0..200).map(edge).collect();
        assert!(edges.len() > 50, "{edges:?}");
    }

    #[test]
    fn who_sleeps_has_slept_by_the_clock_as_well() {
        let clock = Coarse::new(());
        for at in instants() {
            for wait in [1, NANOS - 1, NANOS, NANOS + 1, 50 * NANOS] {
                let woken = blur(&clock, at + sleep(wait));
                assert!(woken >= blur(&clock, at) + wait, "{wait} from {at}");
            }
        }
        assert_eq!(sleep(0), 0);
        assert_eq!(sleep(u64::MAX), u64::MAX);
    }
}
