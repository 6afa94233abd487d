//! Cron expressions in a timezone.
//!
//! `croner` does the calendar. An expression whose second, minute and hour are one
//! number each names a time of day: where a clock springs forward over it, it fires
//! at the first instant after the gap, and where the clock falls back, once. Any
//! other names a pace, even by a list such as `0,30 2`: it fires in both of the hours
//! that are repeated, and lets those pass that a gap leaves out.

use std::{fmt, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};

use super::{
    fault,
    pattern::{self, Pattern},
};

/// A cron expression together with the timezone that it speaks of.
#[derive(Clone)]
pub struct Cron {
    pattern: Arc<Pattern>,
    timezone: TimeZone,
    timezone_name: String,
}

/// Why a text is no cron schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// Not a cron expression.
    #[error("{text:?} is not a cron expression: {reason}")]
    Expression {
        /// The expression.
        text: String,
        /// What is wrong with it, in words.
        reason: String,
    },
    /// A timezone that the machine's database does not have.
    #[error("{0:?} is not a timezone of the IANA database")]
    Timezone(String),
    /// An expression such as 30 February.
    #[error("{0:?} never fires: there is no such date")]
    Never(String),
}

impl Cron {
    /// Reads `text` with 5 fields, 6 (seconds first) or 7 (years last), or one of
    /// `@hourly` and its like, in the IANA timezone `timezone`.
    ///
    /// # Errors
    /// Where either is malformed, or where the two never name an instant after 1970.
    pub fn new(text: &str, timezone: &str) -> Result<Self, CronError> {
        let pattern = pattern::parse(text).map_err(|_| CronError::Expression {
            text: text.to_owned(),
            reason: fault::of(text),
        })?;
        let zone = TimeZone::get(timezone).map_err(|_| CronError::Timezone(timezone.to_owned()))?;
        let cron = Self { pattern, timezone: zone, timezone_name: timezone.to_owned() };
        match cron.next_from(Timestamp::UNIX_EPOCH) {
            Some(_) => Ok(cron),
            None => Err(CronError::Never(text.to_owned())),
        }
    }

    /// The first instant at or after `from`.
    #[must_use]
    pub fn next_from(&self, from: Timestamp) -> Option<Timestamp> {
        let rounded_up = from.as_second() + i64::from(from.subsec_nanosecond() > 0);
        self.after_second(rounded_up - 1)
    }

    /// The first instant after `after`.
    #[must_use]
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        self.after_second(after.as_second() - i64::from(after.subsec_nanosecond() < 0))
    }

    /// The last instant at or before `until`.
    #[must_use]
    pub fn previous(&self, until: Timestamp) -> Option<Timestamp> {
        let until = until.to_zoned(self.timezone.clone());
        let found = self.pattern.cron.find_previous_occurrence(&until, true).ok()?;
        Some(found.timestamp()).filter(|found| *found <= until.timestamp())
    }

    /// The timezone that the expression speaks of.
    #[must_use]
    pub fn timezone(&self) -> &TimeZone {
        &self.timezone
    }

    /// The first instant after a second: an expression names whole ones only.
    ///
    /// Never asked as "at or after": croner answers that by what the clock shows, and the
    /// end of a gap does not show the time that the gap put off until then.
    fn after_second(&self, second: i64) -> Option<Timestamp> {
        let start = Timestamp::from_second(second).unwrap_or(Timestamp::MIN);
        let zoned = start.to_zoned(self.timezone.clone());
        let found = self.pattern.cron.find_next_occurrence(&zoned, false).ok()?.timestamp();
        Some(found).filter(|found| *found > start)
    }
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.pattern.text == other.pattern.text && self.timezone_name == other.timezone_name
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pattern.text, self.timezone_name)
    }
}

impl fmt::Debug for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cron({self})")
    }
}
