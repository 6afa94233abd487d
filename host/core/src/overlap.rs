//! Due while the last run is not over.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::run::Trigger;

/// What happens to a fire while earlier runs of its task are not over. A run that
/// waits for its next attempt is not over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Overlap {
    /// The fire is recorded as a skipped run.
    #[default]
    Skip,
    /// The fire waits; while one waits already, further ones are skipped.
    QueueOne,
    /// The fire waits, behind at most `limit − 1` others.
    QueueAll {
        /// The most runs that wait for earlier ones.
        limit: u32,
    },
    /// Whatever is not over is cancelled; the fire waits until that has ended.
    CancelPrevious,
    /// Several runs go on at once; what is beyond that waits.
    Allow {
        /// The most runs that go on at once; as many as the host can where none.
        concurrent: Option<NonZeroU32>,
        /// The most runs that wait for earlier ones.
        limit: u32,
    },
}

/// The most runs of a task that wait for earlier ones, where nobody says otherwise.
pub const QUEUE_LIMIT: u32 = 1_000;

/// Why a fire became a skipped run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// An earlier run of the task was not over.
    Overlap,
    /// As many runs of the task waited as may.
    QueueFull,
    /// It was due while nobody ran.
    Misfire,
    /// What its parents have returned is more than it can be handed.
    Input,
}

impl SkipReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Overlap, Self::QueueFull, Self::Misfire, Self::Input];

    /// The word for it in tables, JSON and the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overlap => "overlap",
            Self::QueueFull => "queue_full",
            Self::Misfire => "misfire",
            Self::Input => "input_too_large",
        }
    }

    /// The reason that [`as_str`](Self::as_str) gives this word for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// A task's runs that are not over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Those that have a slot of the task's: they run, may begin as soon as the host has
    /// room, or wait for their next attempt. What is to come later has none yet.
    pub entered: u64,
    /// Those that wait for one of these to be over.
    pub held: u64,
}

/// What becomes of a fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// A run with a slot of its task's.
    Enter,
    /// A run that waits until an earlier one is over.
    Hold,
    /// The same, and every earlier run is cancelled.
    Replace,
    /// A run that is over before it began, for this reason.
    Skip(SkipReason),
}

impl Overlap {
    /// The most runs of the task that go on at once; none where there is no such bound.
    #[must_use]
    pub const fn slots(self) -> Option<u64> {
        match self {
            Self::Allow { concurrent: None, .. } => None,
            Self::Allow { concurrent: Some(most), .. } => Some(most.get() as u64),
            Self::Skip | Self::QueueOne | Self::QueueAll { .. } | Self::CancelPrevious => Some(1),
        }
    }

    /// Decides about one fire.
    ///
    /// What comes only once, what the next run of a chain depends on, what was asked for by
    /// the thousand, and what another run has started is never skipped: there would be no
    /// other.
    #[must_use]
    pub fn admit(self, trigger: Trigger, backlog: Backlog) -> Admission {
        if self.slots().is_none_or(|slots| backlog.entered < slots) {
            return Admission::Enter;
        }
        match trigger {
            Trigger::Once
            | Trigger::At
            | Trigger::Continuous
            | Trigger::Backfill
            | Trigger::Start => return Admission::Hold,
            Trigger::Schedule | Trigger::Manual | Trigger::After => {}
        }
        let hold_below = |limit: u32| {
            if backlog.held < limit.into() {
                Admission::Hold
            } else {
                Admission::Skip(SkipReason::QueueFull)
            }
        };
        match self {
            Self::Skip => Admission::Skip(SkipReason::Overlap),
            Self::QueueOne => hold_below(1),
            Self::QueueAll { limit } | Self::Allow { limit, .. } => hold_below(limit),
            Self::CancelPrevious => Admission::Replace,
        }
    }

    /// How many held runs get a slot, once there are so many.
    #[must_use]
    pub fn promoted(self, backlog: Backlog) -> u64 {
        let free = self.slots().map_or(u64::MAX, |slots| slots.saturating_sub(backlog.entered));
        free.min(backlog.held)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn overlaps() -> impl Strategy<Value = Overlap> {
        prop_oneof![
            Just(Overlap::Skip),
            Just(Overlap::QueueOne),
            (1_u32..5).prop_map(|limit| Overlap::QueueAll { limit }),
            Just(Overlap::CancelPrevious),
            (0_u32..4, 1_u32..5).prop_map(|(most, limit)| Overlap::Allow {
                concurrent: NonZeroU32::new(most),
                limit
            }),
        ]
    }

    fn triggers() -> impl Strategy<Value = Trigger> {
        prop::sample::select(Trigger::ALL.to_vec())
    }

    proptest! {
        /// Fires come and runs end in any order: never more go on than may, nobody
        /// waits beside a free slot, and queues stay as short as they must.
        #[test]
        fn slots_are_kept(
            overlap in overlaps(),
            steps in prop::collection::vec((any::<bool>(), triggers()), 1..60),
        ) {
            let mut backlog = Backlog::default();
            for (ends, trigger) in steps {
                if ends {
                    backlog.entered = backlog.entered.saturating_sub(1);
                    let promoted = overlap.promoted(backlog);
                    backlog.held -= promoted;
                    backlog.entered += promoted;
                } else {
                    let queued =
                        !matches!(trigger, Trigger::Schedule | Trigger::Manual | Trigger::After);
                    match overlap.admit(trigger, backlog) {
                        Admission::Enter => backlog.entered += 1,
                        Admission::Hold => {
                            backlog.held += 1;
                            let limit = match overlap {
                                Overlap::QueueOne => 1,
                                Overlap::QueueAll { limit } | Overlap::Allow { limit, .. } => limit,
                                Overlap::Skip | Overlap::CancelPrevious => 0,
                            };
                            prop_assert!(queued || backlog.held <= u64::from(limit));
                        }
                        // Those before it are over as soon as they listen.
                        Admission::Replace => backlog.held = 1,
                        Admission::Skip(_) => prop_assert!(!queued),
                    }
                }
                if let Some(slots) = overlap.slots() {
                    prop_assert!(backlog.entered <= slots);
                    prop_assert!(backlog.held == 0 || backlog.entered == slots);
                } else {
                    prop_assert_eq!(backlog.held, 0);
                }
            }
        }
    }

    #[test]
    fn each_policy_has_its_own_answer() {
        let one = Backlog { entered: 1, held: 0 };
        let two = Backlog { entered: 1, held: 1 };
        let admit = |overlap: Overlap, backlog| overlap.admit(Trigger::Schedule, backlog);
        let full = Admission::Skip(SkipReason::QueueFull);
        assert_eq!(admit(Overlap::Skip, Backlog::default()), Admission::Enter);
        assert_eq!(admit(Overlap::Skip, one), Admission::Skip(SkipReason::Overlap));
        assert_eq!(admit(Overlap::QueueOne, one), Admission::Hold);
        assert_eq!(admit(Overlap::QueueOne, two), full);
        assert_eq!(admit(Overlap::QueueAll { limit: 2 }, two), Admission::Hold);
        assert_eq!(admit(Overlap::QueueAll { limit: 1 }, two), full);
        assert_eq!(admit(Overlap::CancelPrevious, two), Admission::Replace);
        let allow =
            |concurrent| Overlap::Allow { concurrent: NonZeroU32::new(concurrent), limit: 1 };
        assert_eq!(admit(allow(0), two), Admission::Enter);
        assert_eq!(admit(allow(2), one), Admission::Enter);
        assert_eq!(admit(allow(1), one), Admission::Hold);
        assert_eq!(admit(allow(1), two), full);
    }

    #[test]
    fn every_reason_has_its_own_word() {
        for reason in SkipReason::ALL {
            assert_eq!(SkipReason::from_word(reason.as_str()), Some(reason));
        }
        assert_eq!(SkipReason::from_word("boredom"), None);
    }
}
