//! Due while the last run is not over.

use serde::{Deserialize, Serialize};

use crate::run::Trigger;

/// What happens to a fire while earlier runs of its task are not over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Overlap {
    /// The fire is recorded as a skipped run.
    #[default]
    Skip,
}

/// Why a fire became a skipped run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// An earlier run of the task was not over.
    Overlap,
}

impl SkipReason {
    /// The word for it in tables, JSON and the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overlap => "overlap",
        }
    }

    /// The reason that [`as_str`](Self::as_str) gives this word for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        (word == Self::Overlap.as_str()).then_some(Self::Overlap)
    }
}

/// What becomes of a fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// A run that waits for a slot.
    Run,
    /// A run that is over before it began, for this reason.
    Skip(SkipReason),
}

impl Overlap {
    /// Decides about one fire. `unfinished` counts the task's runs that are not
    /// over, those that wait for a retry included.
    ///
    /// What comes only once, and what the next run of a chain depends on, is never
    /// skipped: there would be no other.
    #[must_use]
    pub fn admit(self, trigger: Trigger, unfinished: u64) -> Admission {
        if matches!(trigger, Trigger::Once | Trigger::At | Trigger::Continuous) {
            return Admission::Run;
        }
        match self {
            Self::Skip if unfinished > 0 => Admission::Skip(SkipReason::Overlap),
            Self::Skip => Admission::Run,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skip_admits_only_where_nothing_is_left() {
        let admit = |unfinished| Overlap::Skip.admit(Trigger::Schedule, unfinished);
        assert_eq!(admit(0), Admission::Run);
        assert_eq!(admit(1), Admission::Skip(SkipReason::Overlap));
    }

    #[test]
    fn what_comes_only_once_is_not_skipped() {
        for trigger in [Trigger::Once, Trigger::At, Trigger::Continuous] {
            assert_eq!(Overlap::Skip.admit(trigger, 7), Admission::Run);
        }
    }
}
