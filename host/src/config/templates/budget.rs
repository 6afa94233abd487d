//! How much may become of a file: a short one must not be able to fill the host's memory.

use super::super::load::LARGEST;

/// The most tasks that `for_each` makes of one file.
pub(super) const MOST_TASKS: usize = 100_000;

/// What is left of the bytes that may be made: as many as a file may have that says the same
/// without templates.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
}

/// There is nothing left.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Budget {
    /// Nothing is spent yet.
    pub(super) const fn new() -> Self {
        Self { left: LARGEST }
    }

    /// Takes what a key or a value of so many bytes costs, with what stands around it.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Exhausted> {
        /// Such as `= ` or `, `.
        const AROUND: u64 = 2;
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(AROUND);
        self.left = self.left.checked_sub(bytes).ok_or(Exhausted)?;
        Ok(())
    }
}
