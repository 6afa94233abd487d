//! `horarium:task/checkpoint`: what an attempt leaves to the next one of its run, at once
//! and whatever comes of it.

use std::{sync::Arc, time::Duration};

use horarium_core::{
    executor::{Checkpoints, Unkept},
    limits::Bounds,
};
use tokio::time::{Instant, sleep_until};
use wasmtime::component::{HasSelf, Linker};

use crate::{bindings::horarium::task::checkpoint, state::State};

/// Bytes that the smallest checkpoint counts as: about what a commit writes.
const LEAST: u64 = 10 << 10;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    checkpoint::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}

/// Raised from within the guest when its run is in other hands.
#[derive(Debug, thiserror::Error)]
#[error("the run is not this attempt's any more")]
struct Superseded;

/// What an attempt saves.
pub(crate) struct Saves {
    kept: Arc<dyn Checkpoints>,
    /// The longest, in bytes.
    longest: u64,
    /// Bytes a second.
    rate: u64,
    /// Before this, nothing is saved: whatever was saved has its time.
    next: Instant,
    /// Whether anything may be saved at all.
    open: bool,
}

impl Saves {
    pub(crate) fn new(kept: Arc<dyn Checkpoints>, bounds: &Bounds) -> Self {
        let Bounds { checkpoint: longest, checkpoint_rate: rate, .. } = *bounds;
        Self { kept, longest, rate, next: Instant::now(), open: true }
    }

    /// Those of an attempt that is over: they can be looked at.
    pub(crate) fn read_only(kept: Arc<dyn Checkpoints>, bounds: &Bounds) -> Self {
        Self { open: false, ..Self::new(kept, bounds) }
    }

    /// None, and nobody to hand any to.
    pub(crate) fn none() -> Self {
        Self::read_only(Arc::new(Unkept::default()), &Bounds::DEFAULT)
    }

    /// How long one of this length takes at the least.
    fn pace(&self, length: u64) -> Duration {
        let nanos = u128::from(length.max(LEAST)) * 1_000_000_000 / u128::from(self.rate.max(1));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Waits for its turn and saves a value. Says whether the run is the attempt's still.
    async fn save(&mut self, value: Vec<u8>) -> Answer<bool> {
        if !self.open {
            let reason = "there is no attempt that could save a checkpoint".to_owned();
            return Err(checkpoint::Error::Unavailable(reason));
        }
        let length = u64::try_from(value.len()).unwrap_or(u64::MAX);
        if length > self.longest {
            return Err(checkpoint::Error::TooMuch(format!(
                "the checkpoint has {length} bytes where the limit is {} (`limits.checkpoint`)",
                self.longest
            )));
        }
        sleep_until(self.next).await;
        let now = Instant::now();
        self.next = now.checked_add(self.pace(length)).unwrap_or(now);
        self.kept.save(value).await.map_err(|_| unavailable())
    }
}

/// What a guest's call comes to: an answer, or an error that it hears of.
type Answer<T> = Result<T, checkpoint::Error>;

/// What the store's trouble looks like is nobody's business here.
fn unavailable() -> checkpoint::Error {
    checkpoint::Error::Unavailable("the host can't use its store now".to_owned())
}

impl checkpoint::Host for State {
    async fn load(&mut self) -> wasmtime::Result<Answer<Option<Vec<u8>>>> {
        if let Err(reason) = self.buckets.ask() {
            return Ok(Err(checkpoint::Error::TooMuch(reason)));
        }
        Ok(self.saves.kept.load().await.map_err(|_| unavailable()))
    }

    async fn save(&mut self, value: Vec<u8>) -> wasmtime::Result<Answer<()>> {
        match self.saves.save(value).await {
            Ok(true) => Ok(Ok(())),
            Ok(false) => Err(Superseded.into()),
            Err(error) => Ok(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saves(bounds: Bounds) -> Saves {
        Saves::new(Arc::new(Unkept::default()), &bounds)
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_saves_too_fast_waits() {
        let mut saves = saves(Bounds { checkpoint_rate: 100 << 10, ..Bounds::DEFAULT });
        let begun = Instant::now();
        for _ in 0..11 {
            assert!(saves.save(Vec::new()).await.is_ok_and(|held| held));
        }
        assert_eq!(begun.elapsed().as_millis() / 10, 100, "ten of them take a second");
        assert!(saves.save(vec![0; 50 << 10]).await.is_ok());
        let begun = Instant::now();
        assert!(saves.save(Vec::new()).await.is_ok());
        assert_eq!(begun.elapsed().as_millis() / 10, 50, "a longer one takes longer");
    }

    #[tokio::test]
    async fn what_is_too_long_is_not_kept() {
        let mut saves = saves(Bounds { checkpoint: 3, ..Bounds::DEFAULT });
        assert!(saves.save(b"one".to_vec()).await.is_ok());
        let refused = saves.save(b"four".to_vec()).await;
        let Err(checkpoint::Error::TooMuch(reason)) = refused else { panic!("{refused:?}") };
        assert!(reason.contains("4 bytes where the limit is 3"), "{reason}");
        assert_eq!(saves.kept.load().await, Ok(Some(b"one".to_vec())));
    }

    #[tokio::test]
    async fn what_is_over_saves_nothing() {
        let mut saves = Saves::none();
        assert!(matches!(saves.save(Vec::new()).await, Err(checkpoint::Error::Unavailable(_))));
    }
}
