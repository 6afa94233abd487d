//! The text at the end of a zone's file, which holds from its last listed change
//! on: a POSIX `TZ` value such as `CET-1CEST,M3.5.0,M10.5.0/3`.

use horarium_sdk::prelude::*;

use crate::{
    change::{Change, LocalTime},
    civil::{self, DAY},
    rule::{Rule, clock},
};

/// How a clock goes on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Posix {
    pub(crate) standard: LocalTime,
    pub(crate) daylight: Option<Daylight>,
}

/// When it shows something else for a part of the year.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Daylight {
    time: LocalTime,
    begin: Rule,
    end: Rule,
}

impl Posix {
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let (names, rules) = match text.split_once(',') {
            Some((names, rules)) => (names, Some(rules)),
            None => (text, None),
        };
        let (standard, rest) = local_time(names, None)?;
        let Some(rules) = rules else {
            ensure!(rest.is_empty(), "{text:?} has daylight saving time without rules");
            return Ok(Self { standard, daylight: None });
        };
        let (time, rest) = local_time(rest, Some(standard.offset + 3600))?;
        ensure!(rest.is_empty(), "{rest:?} is left over in {text:?}");
        let (begin, end) = rules.split_once(',').context("a rule is missing")?;
        let daylight = Daylight { time, begin: Rule::parse(begin)?, end: Rule::parse(end)? };
        Ok(Self { standard, daylight: Some(daylight) })
    }

    /// The first change after an instant.
    pub(crate) fn next_change(&self, after: i64) -> Option<Change> {
        let Daylight { time, begin, end } = self.daylight.as_ref()?;
        let (year, ..) = civil::date(after.div_euclid(DAY));
        // The calendar year differs from the local one by a few hours at most.
        let changes = (year - 1..=year + 1).flat_map(|year| {
            [
                (begin.in_year(year) - self.standard.offset, &self.standard, time),
                (end.in_year(year) - time.offset, time, &self.standard),
            ]
        });
        changes
            .filter(|(at, ..)| *at > after)
            .min_by_key(|(at, ..)| *at)
            .map(|(at, from, to)| Change::new(at, from, to))
    }
}

/// Reads a name and an offset, which is the other way round than everywhere else:
/// positive in the west. Without an offset there has to be a default.
fn local_time(text: &str, default: Option<i64>) -> anyhow::Result<(LocalTime, &str)> {
    let (name, rest) = match text.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>').with_context(|| format!("{text:?} has no `>`"))?,
        None => split(text, char::is_alphabetic),
    };
    ensure!(name.len() >= 3, "{text:?} does not begin with a name");
    let (offset, rest) = split(rest, |c| c.is_ascii_digit() || "+-:".contains(c));
    let offset = match default {
        Some(offset_by_default) if offset.is_empty() => offset_by_default,
        _ => -clock(offset)?,
    };
    let name = name.to_owned();
    Ok((LocalTime { name, offset }, rest))
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next two changes after New Year of 2026, in UTC.
    fn changes(text: &str) -> [String; 2] {
        let zone = Posix::parse(text).unwrap();
        let new_year = civil::days(2026, 1, 1) * DAY;
        let first = zone.next_change(new_year).unwrap();
        let summer = civil::days(2026, 7, 1) * DAY;
        let second = zone.next_change(summer).unwrap();
        [first, second].map(|change| format!("{} {}", change.at, change.to))
    }

    #[test]
    fn both_hemispheres() {
        assert_eq!(
            changes("CET-1CEST,M3.5.0,M10.5.0/3"),
            ["2026-03-29T01:00:00Z CEST +02:00", "2026-10-25T01:00:00Z CET +01:00"]
        );
        assert_eq!(
            changes("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"),
            ["2026-04-04T15:00:00Z +1030 +10:30", "2026-10-03T15:30:00Z +11 +11:00"]
        );
    }

    #[test]
    fn dublin_saves_daylight_in_winter() {
        assert_eq!(
            changes("IST-1GMT0,M10.5.0,M3.5.0/1"),
            ["2026-03-29T01:00:00Z IST +01:00", "2026-10-25T01:00:00Z GMT +00:00"]
        );
    }

    #[test]
    fn nuuk_is_set_on_the_evening_before() {
        assert_eq!(
            changes("<-02>2<-01>,M3.5.0/-1,M10.5.0/0"),
            ["2026-03-29T01:00:00Z -01 -01:00", "2026-10-25T01:00:00Z -02 -02:00"]
        );
    }

    #[test]
    fn a_change_is_after_and_not_at_the_instant() {
        let zone = Posix::parse("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let spring = 1_774_746_000;
        assert_eq!(zone.next_change(spring - 1).unwrap().at, "2026-03-29T01:00:00Z");
        assert_eq!(zone.next_change(spring).unwrap().at, "2026-10-25T01:00:00Z");
    }

    #[test]
    fn a_clock_may_never_change() {
        let zone = Posix::parse("<+0330>-3:30").unwrap();
        assert_eq!(zone.standard.offset, 12_600);
        assert_eq!(zone.next_change(0), None);
    }

    #[test]
    fn what_is_no_zone_is_refused() {
        for wrong in ["", "CET", "C1", "<+01", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1!,J1,J2"] {
            assert!(Posix::parse(wrong).is_err(), "{wrong}");
        }
    }
}
