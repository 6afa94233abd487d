//! Memory and tables over everything that an attempt instantiates.

use horarium_core::limits::{Bounds, Limits};
use wasmtime::ResourceLimiter;

/// Counts what all linear memories of a store hold together. wasmtime's own
/// `StoreLimits` look at each memory alone, so that ten memories would get ten
/// times the limit.
#[derive(Debug)]
pub(crate) struct MemoryMeter {
    limit: u64,
    held: u64,
    /// Bytes that the host holds for the guest beside its memories.
    beside: u64,
    peak: u64,
    /// What the growth that was allowed last adds; taken back if it fails after all.
    pending: u64,
    denied: Option<u64>,
    table_elements: u64,
    bounds: Bounds,
}

impl MemoryMeter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            limit: limits.memory,
            held: 0,
            beside: 0,
            peak: 0,
            pending: 0,
            denied: None,
            table_elements: 0,
            bounds: limits.bounds,
        }
    }

    /// Begins another attempt with what is held already.
    pub(crate) fn renew(&mut self) {
        self.beside = 0;
        self.peak = self.held;
        self.pending = 0;
        self.denied = None;
    }

    /// The limit, in bytes.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// From here on, the host holds so many bytes for the guest beside its memories. Says
    /// whether there is room for them, which is counted even where there is none.
    pub(crate) fn hold(&mut self, beside: u64) -> bool {
        self.beside = beside;
        let all = self.held.saturating_add(beside);
        self.peak = self.peak.max(all.min(self.limit));
        all <= self.limit
    }

    /// The most that was held, in bytes.
    pub(crate) fn peak(&self) -> u64 {
        self.peak
    }

    /// What would have been held had the last refused growth been allowed, in bytes.
    pub(crate) fn denied(&self) -> Option<u64> {
        self.denied
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.pending = 0;
        let more = u64::try_from(desired.saturating_sub(current))?;
        let wanted = self.held.saturating_add(self.beside).saturating_add(more);
        if wanted > self.limit {
            self.denied = Some(wanted);
            return Ok(false);
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            // The guest's own limit, or the pool's; not ours.
            return Ok(false);
        }
        // Who gets what it asks for after all did not end for the want of it.
        self.denied = None;
        self.held = self.held.saturating_add(more);
        self.peak = self.peak.max(wanted);
        self.pending = more;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.held -= std::mem::take(&mut self.pending);
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = u64::try_from(desired.saturating_sub(current))?;
        let wanted = self.table_elements.saturating_add(more);
        if wanted > self.bounds.table_elements || maximum.is_some_and(|most| desired > most) {
            return Ok(false);
        }
        // A growth that fails after all stays counted: to the guest's own loss.
        self.table_elements = wanted;
        Ok(true)
    }

    fn instances(&self) -> usize {
        count(self.bounds.instances)
    }

    fn tables(&self) -> usize {
        count(self.bounds.tables)
    }

    fn memories(&self) -> usize {
        count(self.bounds.memories)
    }
}

fn count(bound: u64) -> usize {
    usize::try_from(bound).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter() -> MemoryMeter {
        MemoryMeter::new(&Limits { memory: 100, ..Limits::DEFAULT })
    }

    #[test]
    fn tables_are_summed() {
        let bounds = Bounds { table_elements: 100, ..Bounds::DEFAULT };
        let mut meter = MemoryMeter::new(&Limits { bounds, ..Limits::DEFAULT });
        assert!(meter.table_growing(0, 60, None).unwrap());
        assert!(!meter.table_growing(0, 60, None).unwrap());
        assert!(!meter.table_growing(60, 80, Some(70)).unwrap());
        assert!(meter.table_growing(60, 100, None).unwrap());
    }

    #[test]
    fn memories_are_summed() {
        let mut meter = meter();
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(!meter.memory_growing(0, 60, None).unwrap());
        assert_eq!(meter.denied(), Some(120));
        assert!(meter.memory_growing(60, 100, None).unwrap());
        assert_eq!((meter.peak(), meter.denied()), (100, None));
    }

    #[test]
    fn what_is_held_is_held_in_the_next_attempt_as_well() {
        let mut meter = meter();
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(!meter.memory_growing(0, 60, None).unwrap());
        meter.renew();
        assert_eq!((meter.peak(), meter.denied()), (60, None));
        assert!(!meter.memory_growing(0, 60, None).unwrap());
    }

    #[test]
    fn what_the_host_holds_for_a_guest_is_the_guests() {
        let mut meter = meter();
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(meter.hold(40));
        assert_eq!(meter.peak(), 100);
        assert!(!meter.memory_growing(60, 61, None).unwrap());
        assert!(!meter.hold(41));
        assert!(meter.hold(10) && meter.memory_growing(60, 90, None).unwrap());
        meter.renew();
        assert!(meter.memory_growing(90, 100, None).unwrap());
    }

    #[test]
    fn a_growth_that_fails_after_all_is_not_held() {
        let mut meter = meter();
        assert!(meter.memory_growing(0, 80, None).unwrap());
        meter.memory_grow_failed(wasmtime::Error::msg("no")).unwrap();
        assert!(meter.memory_growing(0, 90, None).unwrap());
        assert_eq!(meter.denied(), None);
    }

    #[test]
    fn a_guests_own_maximum_is_no_denial() {
        let mut meter = meter();
        assert!(!meter.memory_growing(0, 80, Some(70)).unwrap());
        assert_eq!(meter.denied(), None);
    }
}
