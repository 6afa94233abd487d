//! Memory over everything that an attempt instantiates.

use wasmtime::ResourceLimiter;

use crate::engine;

/// Entries in one table; a Rust guest has as many as functions whose address is taken.
const TABLE_ELEMENTS: usize = 20_000;

/// Counts what all linear memories of a store hold together. wasmtime's own
/// `StoreLimits` look at each memory alone, so that ten memories would get ten
/// times the limit.
#[derive(Debug)]
pub(crate) struct MemoryMeter {
    limit: u64,
    held: u64,
    peak: u64,
    /// What the growth that was allowed last adds; taken back if it fails after all.
    pending: u64,
    denied: Option<u64>,
}

impl MemoryMeter {
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit, held: 0, peak: 0, pending: 0, denied: None }
    }

    /// The limit, in bytes.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
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
        let wanted = self.held.saturating_add(more);
        if wanted > self.limit {
            self.denied = Some(wanted);
            return Ok(false);
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            // The guest's own limit, or the pool's; not ours.
            return Ok(false);
        }
        self.held = wanted;
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
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }

    // The pool has these bounds by itself; without a pool nothing else has.
    fn instances(&self) -> usize {
        engine::INSTANCES_PER_COMPONENT as usize
    }

    fn tables(&self) -> usize {
        engine::TABLES_PER_COMPONENT as usize
    }

    fn memories(&self) -> usize {
        engine::MEMORIES_PER_COMPONENT as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_summed() {
        let mut meter = MemoryMeter::new(100);
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(!meter.memory_growing(0, 60, None).unwrap());
        assert_eq!(meter.denied(), Some(120));
        assert!(meter.memory_growing(60, 100, None).unwrap());
        assert_eq!(meter.peak(), 100);
    }

    #[test]
    fn a_growth_that_fails_after_all_is_not_held() {
        let mut meter = MemoryMeter::new(100);
        assert!(meter.memory_growing(0, 80, None).unwrap());
        meter.memory_grow_failed(wasmtime::Error::msg("no")).unwrap();
        assert!(meter.memory_growing(0, 90, None).unwrap());
        assert_eq!(meter.denied(), None);
    }

    #[test]
    fn a_guests_own_maximum_is_no_denial() {
        let mut meter = MemoryMeter::new(100);
        assert!(!meter.memory_growing(0, 80, Some(70)).unwrap());
        assert_eq!(meter.denied(), None);
    }
}
