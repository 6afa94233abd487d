//! What all attempts of a host share: memory, and places for instances.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What memory is counted in, in bytes.
const UNIT: u64 = 64 << 10;

/// Room for instances. An attempt that does not fit waits; it does not fail.
pub struct Room {
    memory: Arc<Semaphore>,
    units: u32,
    places: Arc<Semaphore>,
}

/// Room that is taken, until this is dropped.
pub(crate) struct Share {
    _memory: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Room {
    /// Room for so many instances that together are promised so many bytes.
    pub(crate) fn new(instances: u32, memory: u64) -> Self {
        let units = units(memory);
        // As many permits as a semaphore can hand out at once.
        let permits = |count: u32| usize::try_from(count).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            memory: Arc::new(Semaphore::new(permits(units))),
            units,
            places: Arc::new(Semaphore::new(permits(instances))),
        }
    }

    /// The bytes that instances are promised right now.
    #[must_use]
    pub fn promised(&self) -> u64 {
        let free = u64::try_from(self.memory.available_permits()).unwrap_or(u64::MAX);
        u64::from(self.units).saturating_sub(free) * UNIT
    }

    /// The bytes that they may be promised together.
    #[must_use]
    pub fn size(&self) -> u64 {
        u64::from(self.units) * UNIT
    }

    /// Room for an instance with so many bytes, if there is any right now.
    pub(crate) fn try_take(&self, memory: u64) -> Option<Share> {
        let place = self.places.clone().try_acquire_owned().ok()?;
        let memory = self.memory.clone().try_acquire_many_owned(self.wanted(memory)).ok()?;
        Some(Share { _memory: memory, _place: place })
    }

    /// Waits for room. Who asks for more than there is gets all there is, alone;
    /// the configuration refuses such limits.
    pub(crate) async fn take(&self, memory: u64) -> Share {
        let place = self.places.clone().acquire_owned().await;
        let memory = self.memory.clone().acquire_many_owned(self.wanted(memory)).await;
        let (Ok(place), Ok(memory)) = (place, memory) else {
            unreachable!("nobody closes these semaphores");
        };
        Share { _memory: memory, _place: place }
    }

    fn wanted(&self, bytes: u64) -> u32 {
        units(bytes).min(self.units)
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_gets_no_room_until_there_is_some() {
        let room = Room::new(2, 10 * UNIT);
        let most = room.try_take(8 * UNIT).unwrap();
        assert_eq!((room.promised(), room.size()), (8 * UNIT, 10 * UNIT));
        assert!(room.try_take(3 * UNIT).is_none());
        let rest = room.try_take(2 * UNIT).unwrap();
        assert!(room.try_take(0).is_none(), "two instances are all");
        drop((most, rest));
        assert!(room.try_take(u64::MAX).is_some(), "all there is");
    }

    #[tokio::test]
    async fn who_waits_gets_room_when_it_is_given_back() {
        let room = Room::new(1, UNIT);
        let share = room.take(UNIT).await;
        let mut waiting = std::pin::pin!(room.take(UNIT));
        assert!(once(&mut waiting).await.is_none());
        drop(share);
        waiting.await;
    }

    /// The answer of one poll.
    async fn once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
