//! The day of a year on which a clock is set, as POSIX `TZ` texts write it.

use horarium_sdk::prelude::*;

use crate::civil::{self, DAY};

/// A day of the year, and the time of that day on the clock that is set.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    day: Day,
    /// Seconds after midnight; RFC 8536 lets it lie up to a week away.
    time: i64,
}

#[derive(Debug, PartialEq, Eq)]
enum Day {
    /// `M3.5.0`: the fifth (which means the last) Sunday of March.
    Weekday { month: i64, week: i64, weekday: i64 },
    /// `J60`: 1 March in every year, as 29 February is never counted.
    Julian(i64),
    /// `59`: counted from 0, and 29 February is counted where there is one.
    Ordinal(i64),
}

impl Rule {
    /// Reads `M3.5.0` or `M3.5.0/3`.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let (day, time) = match text.split_once('/') {
            Some((day, time)) => (day, clock(time)?),
            None => (text, 2 * 3600),
        };
        Ok(Self { day: Day::parse(day).with_context(|| format!("{day:?} is no day"))?, time })
    }

    /// Seconds from 1970-01-01T00:00:00, on the clock that is set, to its setting
    /// in this year.
    pub(crate) fn in_year(&self, year: i64) -> i64 {
        self.day.in_year(year) * DAY + self.time
    }
}

impl Day {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let day = if let Some(parts) = text.strip_prefix('M') {
            let parts: Vec<i64> = parts.split('.').map(str::parse).collect::<Result<_, _>>()?;
            let [month @ 1..=12, week @ 1..=5, weekday @ 0..=6] = parts[..] else {
                bail!("expected a month, a week and a weekday");
            };
            Self::Weekday { month, week, weekday }
        } else if let Some(day) = text.strip_prefix('J') {
            Self::Julian(day.parse()?)
        } else {
            Self::Ordinal(text.parse()?)
        };
        match day {
            Self::Julian(1..=365) | Self::Ordinal(0..=365) | Self::Weekday { .. } => Ok(day),
            _ => bail!("a year has no such day"),
        }
    }

    fn in_year(&self, year: i64) -> i64 {
        match *self {
            Self::Weekday { month, week, weekday } => {
                let first = civil::days(year, month, 1);
                let to_weekday = (weekday - civil::weekday(first)).rem_euclid(7);
                let day = first + to_weekday + 7 * (week - 1);
                // A fifth that does not exist means the last, which is the fourth.
                if civil::date(day).1 == month { day } else { day - 7 }
            }
            Self::Julian(day) => {
                let passed = i64::from(civil::is_leap(year) && day >= 60);
                civil::days(year, 1, 1) + day - 1 + passed
            }
            Self::Ordinal(day) => civil::days(year, 1, 1) + day,
        }
    }
}

/// Reads `2`, `-3:30` or `167:00:00` as seconds.
pub(crate) fn clock(text: &str) -> anyhow::Result<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let parts: Vec<u8> = digits
        .split(':')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .with_context(|| format!("{text:?} is no time"))?;
    ensure!(parts.len() <= 3, "{text:?} has too many parts for a time");
    let units = [3600, 60, 1];
    Ok(sign * parts.iter().zip(units).map(|(part, unit)| i64::from(*part) * unit).sum::<i64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rule: &str, year: i64) -> String {
        civil::show(Rule::parse(rule).unwrap().in_year(year))
    }

    #[test]
    fn weekdays_of_a_month() {
        assert_eq!(shown("M3.5.0", 2026), "2026-03-29T02:00:00Z");
        assert_eq!(shown("M3.2.0", 2026), "2026-03-08T02:00:00Z");
        assert_eq!(shown("M10.5.0/3", 2026), "2026-10-25T03:00:00Z");
        assert_eq!(shown("M11.1.0/-1", 2026), "2026-10-31T23:00:00Z");
        // Cairo: the midnight that ends the last Thursday of October.
        assert_eq!(shown("M10.5.4/24", 2026), "2026-10-30T00:00:00Z");
    }

    #[test]
    fn days_of_a_year() {
        assert_eq!(shown("J60/0", 2024), "2024-03-01T00:00:00Z");
        assert_eq!(shown("J60/0", 2026), "2026-03-01T00:00:00Z");
        assert_eq!(shown("59/0", 2024), "2024-02-29T00:00:00Z");
        assert_eq!(shown("59/0", 2026), "2026-03-01T00:00:00Z");
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for wrong in ["", "M13.1.0", "M3.6.0", "M3.1", "J0", "366", "M3.1.0/x", "1/2:3:4:5"] {
            assert!(Rule::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(clock("-3:30").unwrap(), -12_600);
        assert_eq!(clock("+14").unwrap(), 50_400);
    }
}
