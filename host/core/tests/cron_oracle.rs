//! Our cron against the `cron` crate, on what both define alike: six fields in
//! UTC, weekdays by name, and not both of day-of-month and day-of-week
//! restricted (`cron` wants both to match, crontabs want either).

use std::str::FromStr;

use horarium_core::schedule::Cron;
use jiff::Timestamp;
use proptest::prelude::*;

fn field(low: u32, high: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("*".to_owned()),
        3 => (low..=high).prop_map(|value| value.to_string()),
        2 => (low..=high, low..=high).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        2 => (2..=(high - low).max(2)).prop_map(|step| format!("*/{step}")),
        1 => prop::collection::btree_set(low..=high, 1..4)
            .prop_map(|set| set.iter().map(u32::to_string).collect::<Vec<_>>().join(",")),
    ]
}

fn weekday() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])
        .prop_map(str::to_owned)
}

fn days() -> impl Strategy<Value = (String, String)> {
    prop_oneof![
        field(1, 28).prop_map(|day| (day, "*".to_owned())),
        weekday().prop_map(|day| ("*".to_owned(), day)),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    (field(0, 59), field(0, 59), field(0, 23), days(), field(1, 12)).prop_map(
        |(second, minute, hour, (day, weekday), month)| {
            format!("{second} {minute} {hour} {day} {month} {weekday}")
        },
    )
}

/// Whole seconds from 2000 to 2060: the `cron` crate ends in 2100.
fn seconds() -> impl Strategy<Value = i64> {
    946_684_800_i64..2_840_140_800
}

proptest! {
    #[test]
    fn next_agrees_with_the_oracle(text in expression(), from in seconds()) {
        let ours = Cron::new(&text, "UTC").unwrap();
        let oracle = cron::Schedule::from_str(&text).unwrap();
        let mut expected = oracle.after(&chrono::DateTime::from_timestamp(from, 0).unwrap());
        let mut at = Timestamp::from_second(from).unwrap();
        for _ in 0..5 {
            at = ours.next_after(at).unwrap();
            prop_assert_eq!(at.as_second(), expected.next().unwrap().timestamp(), "{}", text);
        }
    }

    #[test]
    fn previous_undoes_next(text in expression(), from in seconds()) {
        let cron = Cron::new(&text, "UTC").unwrap();
        let first = cron.next_after(Timestamp::from_second(from).unwrap()).unwrap();
        let second = cron.next_after(first).unwrap();
        prop_assert_eq!(cron.previous(first), Some(first));
        let before_second = Timestamp::from_microsecond(second.as_microsecond() - 1).unwrap();
        prop_assert_eq!(cron.previous(before_second), Some(first));
    }

    #[test]
    fn fractions_of_a_second_make_no_difference(text in expression(), from in seconds(), us in 1_i64..1_000_000) {
        let cron = Cron::new(&text, "UTC").unwrap();
        let whole = Timestamp::from_second(from).unwrap();
        let within = Timestamp::from_microsecond(from * 1_000_000 + us).unwrap();
        prop_assert_eq!(cron.next_after(whole), cron.next_after(within));
        prop_assert_eq!(cron.next_from(within), cron.next_after(within));
        prop_assert_eq!(cron.previous(whole), cron.previous(within));
    }

    #[test]
    fn any_text_is_an_error_or_a_schedule(text in "[0-9*/,LW#?@a-zA-Z -]{0,24}") {
        if let Ok(cron) = Cron::new(&text, "Europe/Berlin") {
            prop_assert!(cron.next_from(Timestamp::UNIX_EPOCH).is_some());
        }
    }
}
