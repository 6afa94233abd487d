//! What people want to hear of a task: that something is wrong with it, and that it no
//! longer is. Once each, however often it goes on being so.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    name::{ChannelName, TaskName},
    run::RunId,
};

/// Something that may be wrong with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Condition {
    /// Its runs fail. From one that did, with all of its attempts, to one that succeeds.
    Failure,
    /// Its fires are skipped. From one that was to one that is not.
    Skip,
    /// Its runs are late: they begin after the task's `late_after`, wait for longer than
    /// that, or are over before they began. To one that begins in time.
    Lateness,
    /// It was put aside, since too many of its runs failed. Until it is resumed.
    Quarantine,
    /// It did not succeed within its `deadman`. Until it does.
    Deadman,
}

impl Condition {
    /// Every condition.
    pub const ALL: [Self; 5] =
        [Self::Failure, Self::Skip, Self::Lateness, Self::Quarantine, Self::Deadman];

    /// The word for it in the configuration, tables, JSON and the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Skip => "skip",
            Self::Lateness => "lateness",
            Self::Quarantine => "quarantine",
            Self::Deadman => "deadman",
        }
    }

    /// The condition that [`as_str`](Self::as_str) gives this word for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|condition| condition.as_str() == word)
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Failure => 1,
            Self::Skip => 2,
            Self::Lateness => 4,
            Self::Quarantine => 8,
            Self::Deadman => 16,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A set of conditions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conditions(u8);

impl Conditions {
    /// No condition.
    pub const NONE: Self = Self(0);

    /// Whether this one is among them.
    #[must_use]
    pub const fn has(self, condition: Condition) -> bool {
        self.0 & condition.bit() != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// As a number: 1 for a failure, 2 for a skip, 4 for lateness, 8 for a quarantine and 16
    /// for a deadman, added up.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The set that [`number`](Self::number) gives this number for.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        let all: Self = Condition::ALL.into_iter().collect();
        (number & !all.0 == 0).then_some(Self(number))
    }
}

impl FromIterator<Condition> for Conditions {
    fn from_iter<I: IntoIterator<Item = Condition>>(conditions: I) -> Self {
        Self(conditions.into_iter().fold(0, |set, condition| set | condition.bit()))
    }
}

impl From<Condition> for Conditions {
    fn from(condition: Condition) -> Self {
        Self(condition.bit())
    }
}

/// An alert's number in its store, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertId(pub i64);

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::str::FromStr for AlertId {
    type Err = NoAlert;

    fn from_str(text: &str) -> Result<Self, NoAlert> {
        text.parse().map(Self).map_err(|_| NoAlert)
    }
}

/// It is not what alerts are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an alert is called by its number, as `horarium alerts` lists it")]
pub struct NoAlert;

/// A task has changed from well to ill in one respect, or back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alert {
    /// Its number.
    pub alert: AlertId,
    /// The task.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub task: TaskName,
    /// In which respect.
    pub condition: Condition,
    /// Whether it has become ill; else it has recovered.
    pub raised: bool,
    /// When.
    pub at: Timestamp,
    /// Since when it had been ill, where it has recovered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The run that showed it, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// What is known of the reason: a guest's own words, maybe, but at most
    /// [`REASON`](Self::REASON) bytes of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Alert {
    /// The longest reason, in bytes.
    pub const REASON: usize = 2048;

    /// What it is about, in a word: its condition's, or `recovery`.
    #[must_use]
    pub const fn event(&self) -> &'static str {
        match self.raised {
            true => self.condition.as_str(),
            false => Self::RECOVERY,
        }
    }

    /// The word for the end of any condition.
    pub const RECOVERY: &'static str = "recovery";
}

/// An alert on its way to a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The alert.
    pub alert: Alert,
    /// The channel.
    pub channel: ChannelName,
    /// How often it was tried before.
    pub tries: u32,
    /// Since when it is on its way.
    pub since: Timestamp,
    /// The run that was to bring it, and is over.
    pub run: Option<RunId>,
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DeliveryState {
    /// It is on its way. In: the alert is routed. Out: a try that succeeds, or the last one.
    Waiting,
    /// It has arrived.
    Delivered,
    /// Nobody tries any more.
    GivenUp,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::GivenUp];

    /// The word for it in tables, JSON and the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }

    /// The state that [`as_str`](Self::as_str) gives this word for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// How a try to deliver went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// It has arrived.
    Delivered,
    /// A run has it now. How that ends is how the try goes.
    Handed {
        /// The run.
        run: RunId,
    },
    /// It did not, for this reason, and is tried again at this instant.
    Again {
        /// Why.
        error: String,
        /// When.
        due_at: Timestamp,
    },
    /// It did not, for this reason, and nobody tries again.
    GivenUp {
        /// Why.
        error: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_has_a_word_and_a_place_of_its_own() {
        let mut all = Conditions::NONE.number();
        for condition in Condition::ALL {
            assert_eq!(Condition::from_word(condition.as_str()), Some(condition));
            assert_ne!(condition.as_str(), Alert::RECOVERY);
            let alone = Conditions::from(condition);
            assert_eq!(all & alone.number(), 0);
            all |= alone.number();
            assert_eq!(Conditions::from_number(alone.number()), Some(alone));
            for other in Condition::ALL {
                assert_eq!(alone.has(other), other == condition);
            }
        }
        let every: Conditions = Condition::ALL.into_iter().collect();
        assert_eq!(every.number(), all);
        assert!(Conditions::NONE.is_empty() && !every.is_empty());
        assert_eq!(Conditions::from_number(all + 1), None);
        for state in DeliveryState::ALL {
            assert_eq!(DeliveryState::from_word(state.as_str()), Some(state));
        }
    }
}
