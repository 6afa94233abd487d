//! Why a run exists.

use std::fmt;

/// Why a run exists.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trigger {
    /// A `cron` or `every` schedule was due.
    Schedule,
    /// The run before it ended, and the schedule is `continuous`.
    Continuous,
    /// The task runs `once`.
    Once,
    /// The task runs `at` one instant.
    At,
    /// Somebody asked for it.
    Manual,
    /// Somebody asked for an instant of its schedule that had passed.
    Backfill,
    /// Another run has started it.
    Start,
    /// Runs of other tasks are over.
    After,
    /// A reason that this version of the SDK does not know, in the host's word.
    Other(String),
}

impl Trigger {
    /// The host's word for it: `schedule`, `continuous`, `once`, `at`, `manual`,
    /// `backfill`, `start`, `after` or whatever [`Trigger::Other`] holds.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Schedule => "schedule",
            Self::Continuous => "continuous",
            Self::Once => "once",
            Self::At => "at",
            Self::Manual => "manual",
            Self::Backfill => "backfill",
            Self::Start => "start",
            Self::After => "after",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for Trigger {
    fn from(word: &str) -> Self {
        match word {
            "schedule" => Self::Schedule,
            "continuous" => Self::Continuous,
            "once" => Self::Once,
            "at" => Self::At,
            "manual" => Self::Manual,
            "backfill" => Self::Backfill,
            "start" => Self::Start,
            "after" => Self::After,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_the_round_trip() {
        for word in ["schedule", "once", "at", "manual", "backfill", "start", "after", "webhook"] {
            assert_eq!(Trigger::from(word).to_string(), word);
        }
        assert_eq!(Trigger::from("webhook"), Trigger::Other("webhook".to_owned()));
    }
}
