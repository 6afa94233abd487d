//! Looking at schedules at any times, in any order.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

use std::time::Duration;

use horarium_core::{
    misfire::Misfire,
    schedule::{Cron, Cursor, Every, Schedule},
};
use jiff::Timestamp;
use proptest::prelude::*;

fn schedules() -> impl Strategy<Value = Schedule> {
    prop_oneof![
        (1_000_u64..1_000_000_000).prop_map(|us| Schedule::Every(
            Every::new(Duration::from_micros(us), Duration::ZERO).unwrap()
        )),
        prop::sample::select(vec!["*/7 * * * * *", "0 */5 * * * *", "0 30 2 * * *", "@weekly"])
            .prop_map(|text| Schedule::Cron(Box::new(Cron::new(text, "Europe/Berlin").unwrap()))),
        Just(Schedule::Once),
        instants().prop_map(Schedule::At),
    ]
}

fn instants() -> impl Strategy<Value = Timestamp> {
    (1_700_000_000_000_000_i64..1_900_000_000_000_000)
        .prop_map(|us| Timestamp::from_microsecond(us).unwrap())
}

proptest! {
    /// Clocks jump; instants are fired in order and never twice.
    #[test]
    fn no_instant_fires_twice(
        schedule in schedules(),
        created in instants(),
        looks in prop::collection::vec(instants(), 1..40),
    ) {
        let mut cursor = Cursor::Created(created);
        let mut last = None;
        for now in looks {
            let Some(due) = Misfire::Latest.due(&schedule, cursor, now, now) else { continue };
            prop_assert!(due.cursor.instant() >= cursor.instant());
            for fire in due.fires {
                prop_assert!(fire <= now);
                prop_assert!(last.is_none_or(|last| fire > last));
                last = Some(fire);
            }
            cursor = due.cursor;
            prop_assert_eq!(Misfire::Latest.due(&schedule, cursor, now, now), None);
        }
    }

    /// Each instant that was due is fired for, up to the limit, the last ones; and those
    /// of the next look go on where these ended.
    #[test]
    fn all_is_what_walking_there_finds(
        schedule in schedules(),
        created in instants(),
        gaps_s in prop::collection::vec(0_i64..2_000, 1..4),
        limit in 1_u32..50,
    ) {
        let mut cursor = Cursor::Created(created);
        let mut walker = cursor;
        let mut now = created;
        for gap in gaps_s {
            now = Timestamp::from_microsecond(now.as_microsecond() + gap * 1_000_000).unwrap();
            let mut walked = Vec::new();
            while let Some(next) = schedule.next(walker).filter(|next| *next <= now) {
                walked.push(next);
                walker = Cursor::Considered(next.max(walker.instant()));
                if walked.len() > 20_000 { return Ok(()); }
            }
            let found = Misfire::All { limit }.due(&schedule, cursor, now, now);
            let fires = found.as_ref().map(|due| due.fires.clone()).unwrap_or_default();
            let kept = walked.len().saturating_sub(limit as usize);
            prop_assert_eq!(&fires, &walked[kept..]);
            cursor = found.map_or(cursor, |due| due.cursor);
        }
    }

    /// What is not fired for is told, and what is due while somebody looks is never let
    /// pass.
    #[test]
    fn what_is_let_pass_was_missed(
        schedule in schedules(),
        created in instants(),
        gap_s in 0_i64..3_000,
        awake_s in 0_i64..3_000,
    ) {
        let later = |s: i64| Timestamp::from_microsecond(created.as_microsecond() + s * 1_000_000).unwrap();
        let (now, awake) = (later(gap_s), later(awake_s));
        let cursor = Cursor::Created(created);
        let Some(due) = Misfire::Skip.due(&schedule, cursor, now, awake) else { return Ok(()) };
        let latest = schedule.latest(cursor, now).unwrap();
        let single = matches!(schedule, Schedule::Once | Schedule::At(_));
        if latest >= awake || single {
            prop_assert_eq!((due.fires, due.passed), (vec![latest], None));
        } else {
            prop_assert_eq!((due.fires, due.passed), (vec![], Some(latest)));
        }
        prop_assert_eq!(due.cursor, Cursor::Considered(latest.max(created)));
    }

    /// The shortcut to the last missed instant finds what walking there finds.
    #[test]
    fn latest_is_the_last_of_all(schedule in schedules(), created in instants(), gap_s in 0_i64..3_000) {
        let now = Timestamp::from_microsecond(created.as_microsecond() + gap_s * 1_000_000).unwrap();
        let mut walked = None;
        let mut cursor = Cursor::Created(created);
        let mut steps = 0;
        while let Some(next) = schedule.next(cursor).filter(|next| *next <= now) {
            walked = Some(next);
            cursor = Cursor::Considered(next);
            steps += 1;
            if steps > 20_000 { return Ok(()); }
        }
        prop_assert_eq!(schedule.latest(Cursor::Created(created), now), walked);
    }
}

#[test]
fn a_year_of_missed_seconds_is_one_look() {
    let every = Schedule::Every(Every::new(Duration::from_millis(1), Duration::ZERO).unwrap());
    let cron = Schedule::Cron(Box::new(Cron::new("* * * * * *", "UTC").unwrap()));
    let created = Cursor::Created("2026-01-01T00:00:00Z".parse().unwrap());
    let now: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    for schedule in [every, cron] {
        let due = Misfire::Latest.due(&schedule, created, now, now).unwrap();
        assert_eq!(due.fires, [now]);
    }
}

#[test]
fn a_year_of_missed_seconds_is_made_up_for_within_bounds() {
    let every = Schedule::Every(Every::new(Duration::from_secs(1), Duration::ZERO).unwrap());
    let created = Cursor::Created("2026-01-01T00:00:00Z".parse().unwrap());
    let now: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    let due = Misfire::All { limit: 3 }.due(&every, created, now, now).unwrap();
    let seconds: Vec<_> = due.fires.iter().map(|at| now.as_second() - at.as_second()).collect();
    assert_eq!(seconds, [2, 1, 0]);
}

#[test]
fn a_single_run_missed_while_nobody_ran_is_made_up_for() {
    let created = Cursor::Created("2026-06-01T00:00:00Z".parse().unwrap());
    let at: Timestamp = "2026-05-01T03:00:00Z".parse().unwrap();
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let due = Misfire::Latest.due(&Schedule::At(at), created, now, now).unwrap();
    assert_eq!(due.fires, [at]);
    assert_eq!(Misfire::Latest.due(&Schedule::At(at), due.cursor, now, now), None);
}
