//! The days on which a clock is set, instant by instant.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

use horarium_core::schedule::{Cron, CronError};
use jiff::Timestamp;

/// The first `count` fires after `from`, in UTC.
fn fires(text: &str, timezone: &str, from: &str, count: usize) -> Vec<String> {
    let cron = Cron::new(text, timezone).unwrap();
    let mut at: Timestamp = from.parse().unwrap();
    std::iter::repeat_with(|| {
        at = cron.next_after(at).unwrap();
        at.to_string()
    })
    .take(count)
    .collect()
}

#[test]
fn a_time_in_the_gap_fires_when_the_gap_ends() {
    // New York sprang from 02:00 to 03:00 EDT on 8 March 2026, at 07:00 UTC.
    assert_eq!(
        fires("0 30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2),
        ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]
    );
    // Berlin from 02:00 to 03:00 CEST on 29 March 2026, at 01:00 UTC.
    assert_eq!(
        fires("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2),
        ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
    );
    // Lord Howe by half an hour, from 02:00 to 02:30 on 4 October 2026, at 15:30 UTC the day before.
    assert_eq!(
        fires("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2),
        ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"]
    );
    // Cairo at midnight: 24 April 2026 began at 01:00, at 22:00 UTC the day before.
    assert_eq!(
        fires("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", 2),
        ["2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"]
    );
}

#[test]
fn a_repeated_time_fires_once_and_a_repeated_pace_twice() {
    // New York fell back from 02:00 EDT to 01:00 EST on 1 November 2026, at 06:00 UTC.
    assert_eq!(
        fires("0 30 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", 2),
        ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
    );
    assert_eq!(
        fires("0 */30 * * * *", "America/New_York", "2026-11-01T04:45:00Z", 5),
        [
            "2026-11-01T05:00:00Z",
            "2026-11-01T05:30:00Z",
            "2026-11-01T06:00:00Z",
            "2026-11-01T06:30:00Z",
            "2026-11-01T07:00:00Z"
        ]
    );
}

#[test]
fn the_last_instant_is_found_across_a_change_of_clocks() {
    let cron = Cron::new("0 30 2 * * *", "America/New_York").unwrap();
    let noon: Timestamp = "2026-03-08T16:00:00Z".parse().unwrap();
    assert_eq!(cron.previous(noon).unwrap().to_string(), "2026-03-08T07:00:00Z");
}

#[test]
fn five_six_and_seven_fields_nicknames_and_days_of_crontabs() {
    let from = "2026-01-01T00:00:00Z";
    assert_eq!(fires("@hourly", "UTC", from, 1), ["2026-01-01T01:00:00Z"]);
    assert_eq!(
        fires("0 9 * * 1-5", "UTC", from, 2),
        ["2026-01-01T09:00:00Z", "2026-01-02T09:00:00Z"]
    );
    assert_eq!(
        fires("0 0 L * *", "UTC", from, 2),
        ["2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z"]
    );
    assert_eq!(fires("0 0 * * FRI#2", "UTC", from, 1), ["2026-01-09T00:00:00Z"]);
    assert_eq!(fires("0 0 15W * *", "UTC", "2026-02-01T00:00:00Z", 1), ["2026-02-16T00:00:00Z"]);
    assert_eq!(fires("0 0 0 1 1 * 2030", "UTC", from, 1), ["2030-01-01T00:00:00Z"]);
}

#[test]
fn impossible_schedules_are_refused_with_their_reason() {
    assert!(matches!(Cron::new("0 0 30 2 *", "UTC"), Err(CronError::Never(_))));
    assert!(Cron::new("0 0 0 1 1 * 1969", "UTC").is_err());
    assert!(matches!(Cron::new("* * *", "UTC"), Err(CronError::Expression { .. })));
    assert!(matches!(Cron::new("61 * * * *", "UTC"), Err(CronError::Expression { .. })));
    assert!(matches!(Cron::new("", "UTC"), Err(CronError::Expression { .. })));
    assert!(matches!(Cron::new("0 0 * * *", "Mars/Olympus"), Err(CronError::Timezone(_))));
}
