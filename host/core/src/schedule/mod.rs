//! At which instants a task is nominally due.
//!
//! A schedule is a set of instants. [`Cron`] and [`Every`] describe an endless
//! set that is the same wherever and whenever it is computed; [`Schedule::Once`]
//! and [`Schedule::At`] hold exactly one instant; [`Schedule::Continuous`],
//! [`Schedule::After`] and [`Schedule::Manual`] none, since their runs are made by
//! other runs and by people.

mod cron;
mod every;
mod fault;
mod pattern;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub use self::{
    cron::{Cron, CronError},
    every::{Every, EveryError},
};
use crate::chain::After;

/// When a task is due.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// By a cron expression in a timezone.
    Cron(Box<Cron>),
    /// At a fixed pace, aligned to the epoch.
    Every(Every),
    /// Again and again; the next run waits this long after the last one's end.
    Continuous {
        /// The wait between an end and the next start.
        pause: Duration,
    },
    /// Exactly one run, ever, as soon as the task exists.
    Once,
    /// Exactly one run, ever, at this instant or as soon as possible after it.
    At(Timestamp),
    /// When others are over.
    After(Box<After>),
    /// Only when somebody asks.
    Manual,
}

/// Up to where a task's instants have been considered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    /// Nothing yet: the task was first seen at this instant.
    Created(Timestamp),
    /// Everything up to and including this instant.
    Considered(Timestamp),
}

impl Cursor {
    /// The instant after which an endless schedule goes on. A new task starts at
    /// its creation, with that very instant.
    #[must_use]
    pub fn instant(self) -> Timestamp {
        match self {
            Self::Created(at) | Self::Considered(at) => at,
        }
    }
}

impl Schedule {
    /// The least that two instants are apart.
    const STEP: SignedDuration = SignedDuration::from_micros(1);

    /// The first instant that is still to be considered; none where there is none.
    #[must_use]
    pub fn next(&self, cursor: Cursor) -> Option<Timestamp> {
        match (self, cursor) {
            (Self::Cron(cron), Cursor::Created(at)) => cron.next_from(at),
            (Self::Cron(cron), Cursor::Considered(at)) => cron.next_after(at),
            (Self::Every(every), Cursor::Created(at)) => every.next_from(at),
            (Self::Every(every), Cursor::Considered(at)) => every.next_after(at),
            (Self::Once, Cursor::Created(at)) => Some(at),
            (Self::At(at), Cursor::Created(_)) => Some(*at),
            (Self::Once | Self::At(_), Cursor::Considered(_))
            | (Self::Continuous { .. } | Self::After(_) | Self::Manual, _) => None,
        }
    }

    /// The last instant that is due at `now` and still to be considered. One
    /// look, however long the gap since the cursor.
    #[must_use]
    pub fn latest(&self, cursor: Cursor, now: Timestamp) -> Option<Timestamp> {
        if !self.is_endless() {
            return self.next(cursor).filter(|only| *only <= now);
        }
        let latest = self.previous(now)?;
        self.next(cursor).is_some_and(|first| first <= latest).then_some(latest)
    }

    /// The last of the instants that are still to be considered, up to and including
    /// `latest`, oldest first: at most `limit`, which is at least 1.
    #[must_use]
    pub fn last_ones(&self, cursor: Cursor, latest: Timestamp, limit: u32) -> Vec<Timestamp> {
        let Some(first) = self.next(cursor) else { return Vec::new() };
        let before = |at: &Timestamp| self.previous(at.checked_sub(Self::STEP).ok()?);
        let found = std::iter::successors(Some(latest), before);
        let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
        let mut found: Vec<_> = found.take_while(|at| *at >= first).take(limit).collect();
        found.reverse();
        found
    }

    /// The instants from `from` on and before `to`, oldest first; `limit` of them and
    /// one more where there are more than that. None where the schedule has no
    /// instants that could be told beforehand.
    #[must_use]
    pub fn within(&self, from: Timestamp, to: Timestamp, limit: usize) -> Option<Vec<Timestamp>> {
        if !self.is_endless() {
            return None;
        }
        let first = self.next(Cursor::Created(from));
        let instants = std::iter::successors(first, |at| self.next(Cursor::Considered(*at)));
        Some(instants.take_while(|at| *at < to).take(limit.saturating_add(1)).collect())
    }

    /// The last instant at or before `until`, by a schedule without end.
    fn previous(&self, until: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron(cron) => cron.previous(until),
            Self::Every(every) => every.previous(until),
            Self::Once | Self::At(_) | Self::Continuous { .. } | Self::After(_) | Self::Manual => {
                None
            }
        }
    }

    /// Whether there is another instant after each.
    #[must_use]
    pub fn is_endless(&self) -> bool {
        matches!(self, Self::Cron(_) | Self::Every(_))
    }

    /// Where consideration begins when a task that was created at `created` gets
    /// this schedule at `now`, instead of another one. What was due by the old
    /// one is not made up for by the new one; a single run stays the task's
    /// single run, so that changing a schedule back and forth repeats nothing.
    #[must_use]
    pub fn restart(&self, created: Timestamp, now: Timestamp) -> Cursor {
        match self {
            Self::Once | Self::At(_) => Cursor::Created(created),
            Self::Cron(_)
            | Self::Every(_)
            | Self::Continuous { .. }
            | Self::After(_)
            | Self::Manual => Cursor::Considered(now),
        }
    }

    /// The word for the kind of schedule, which is also why its runs exist.
    #[must_use]
    pub fn trigger(&self) -> crate::run::Trigger {
        use crate::run::Trigger;
        match self {
            Self::Cron(_) | Self::Every(_) => Trigger::Schedule,
            Self::Continuous { .. } => Trigger::Continuous,
            Self::Once => Trigger::Once,
            Self::At(_) => Trigger::At,
            Self::After(_) => Trigger::After,
            Self::Manual => Trigger::Manual,
        }
    }
}

impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use crate::limits::show_duration as show;
        match self {
            Self::Cron(cron) => write!(f, "cron {cron}"),
            Self::Every(every) => write!(f, "{every}"),
            Self::Continuous { pause } if pause.is_zero() => f.write_str("continuous"),
            Self::Continuous { pause } => write!(f, "continuous, pause {}", show(*pause)),
            Self::Once => f.write_str("once"),
            Self::At(at) => write!(f, "at {at}"),
            Self::After(after) => write!(f, "{after}"),
            Self::Manual => f.write_str("manual"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn once_and_at_have_one_instant_ever() {
        let created = Cursor::Created(at("2026-01-01T00:00:00Z"));
        let considered = Cursor::Considered(at("2026-01-01T00:00:00Z"));
        for (schedule, instant) in [
            (Schedule::Once, "2026-01-01T00:00:00Z"),
            (Schedule::At(at("2025-06-01T00:00:00Z")), "2025-06-01T00:00:00Z"),
            (Schedule::At(at("2027-06-01T00:00:00Z")), "2027-06-01T00:00:00Z"),
        ] {
            assert_eq!(schedule.next(created), Some(at(instant)));
            assert_eq!(schedule.next(considered), None);
        }
    }

    #[test]
    fn nothing_is_due_before_its_time() {
        let created = Cursor::Created(at("2026-01-01T00:00:00Z"));
        let schedule = Schedule::At(at("2026-01-02T00:00:00Z"));
        assert_eq!(schedule.latest(created, at("2026-01-01T23:59:59Z")), None);
        assert_eq!(
            schedule.latest(created, at("2026-01-05T00:00:00Z")),
            Some(at("2026-01-02T00:00:00Z"))
        );
    }

    #[test]
    fn a_range_has_its_begin_and_not_its_end() {
        let hourly = Schedule::Every(Every::new(Duration::from_hours(1), Duration::ZERO).unwrap());
        let (from, to) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T03:00:00Z"));
        let found = hourly.within(from, to, 10).unwrap();
        let hours = ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"];
        assert_eq!(found, hours.map(at));
        assert_eq!(hourly.within(from, to, 1).unwrap().len(), 2, "one more tells of the rest");
        assert_eq!(hourly.within(to, from, 1).unwrap(), []);
        assert_eq!(Schedule::Manual.within(from, to, 1), None);
    }

    #[test]
    fn continuous_and_manual_are_never_due_by_themselves() {
        let created = Cursor::Created(Timestamp::UNIX_EPOCH);
        for schedule in [Schedule::Manual, Schedule::Continuous { pause: Duration::ZERO }] {
            assert_eq!(schedule.next(created), None);
            assert_eq!(schedule.latest(created, Timestamp::MAX), None);
        }
    }
}
