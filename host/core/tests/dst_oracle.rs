//! The days on which clocks are set, second by second, against a clock on the wall.
//!
//! The oracle looks at every second of some days around a change and asks only what the
//! wall shows then; our cron goes the other way, from what the wall should show to the
//! instant. The rules, as croner has them:
//! - An expression is *fixed* where its second, minute and hour are one number each.
//! - A fixed one fires when the wall first shows its time. Where the hands jump over it,
//!   it fires when they have.
//! - Any other fires whenever the wall shows one of its times: in both of the hours that
//!   are repeated, and not at all in the one that is left out.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

use std::collections::BTreeSet;

use horarium_core::schedule::Cron;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use proptest::{prelude::*, sample::select};

const ZONES: [&str; 4] =
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"];

/// How far around a change to look, in seconds.
const AROUND: i64 = 12 * 3_600;

/// A field: the numbers that it means, and how it is written.
#[derive(Debug, Clone)]
struct Field {
    text: String,
    means: BTreeSet<i8>,
    single: bool,
}

impl Field {
    fn any(low: i8, high: i8) -> Self {
        Self { text: "*".to_owned(), means: (low..=high).collect(), single: false }
    }

    fn one(value: i8) -> Self {
        Self { text: value.to_string(), means: [value].into(), single: true }
    }

    fn range(low: i8, high: i8, step: i8) -> Self {
        let text = if step == 1 { format!("{low}-{high}") } else { format!("{low}-{high}/{step}") };
        let means = (low..=high).step_by(usize::try_from(step).unwrap()).collect();
        Self { text, means, single: false }
    }

    fn every(step: i8, low: i8, high: i8) -> Self {
        Self { text: format!("*/{step}"), ..Self::range(low, high, step) }
    }

    fn list(means: BTreeSet<i8>) -> Self {
        let texts: Vec<_> = means.iter().map(i8::to_string).collect();
        Self { text: texts.join(","), means, single: false }
    }
}

/// Of all forms; where it is one of few numbers, then of these.
fn field(low: i8, high: i8, often: Vec<i8>) -> impl Strategy<Value = Field> {
    let list = prop::collection::btree_set(select(often.clone()), 2..4);
    prop_oneof![
        2 => Just(Field::any(low, high)),
        6 => select(often.clone()).prop_map(Field::one),
        2 => (select(often), 1..=high - low, 1..4_i8).prop_map(move |(first, more, step)| {
            Field::range(first, (first + more).min(high).max(first + 1), step)
        }),
        2 => (2..=high - low).prop_map(move |step| Field::every(step, low, high)),
        2 => list.prop_map(Field::list),
    ]
}

/// Seconds, minutes, hours and weekdays. Most of the hours are those in which clocks are
/// set.
#[derive(Debug, Clone)]
struct Expression {
    second: Field,
    minute: Field,
    hour: Field,
    weekday: Option<i8>,
}

prop_compose! {
    fn expressions()(
        second in prop_oneof![4 => Just(Field::one(0)), 1 => field(0, 59, vec![0, 1, 30, 58])],
        minute in field(0, 58, vec![0, 1, 15, 29, 30, 45, 57]),
        hour in field(0, 22, vec![0, 1, 2, 3, 21]),
        weekday in prop::option::weighted(0.3, 0..7_i8),
    ) -> Expression {
        // A field that is written `*` or `*/n` goes on to its end.
        let whole = |field: Field, end: i8| match field.text.as_str() {
            "*" => Field::any(0, end),
            text => match text.strip_prefix("*/") {
                Some(step) => Field::every(step.parse().unwrap(), 0, end),
                None => field,
            },
        };
        Expression { second: whole(second, 59), minute: whole(minute, 59), hour: whole(hour, 23), weekday }
    }
}

impl Expression {
    fn text(&self) -> String {
        let Self { second, minute, hour, weekday } = self;
        let weekday = weekday.map_or("*".to_owned(), |day| day.to_string());
        format!("{} {} {} * * {weekday}", second.text, minute.text, hour.text)
    }

    fn is_fixed(&self) -> bool {
        [&self.second, &self.minute, &self.hour].iter().all(|field| field.single)
    }

    fn names(&self, wall: DateTime) -> bool {
        self.second.means.contains(&wall.second())
            && self.minute.means.contains(&wall.minute())
            && self.hour.means.contains(&wall.hour())
            && self.weekday.is_none_or(|day| day == wall.weekday().to_sunday_zero_offset())
    }
}

/// A change of clocks, as the seconds from one instant on and what the wall shows in each.
#[derive(Debug, Clone)]
struct Change {
    zone: &'static str,
    from: i64,
}

fn changes() -> impl Strategy<Value = Change> {
    (select(ZONES.to_vec()), 1970..2040_i16, any::<prop::sample::Index>()).prop_filter_map(
        "clocks are not set in every year",
        |(zone, year, which)| {
            let tz = TimeZone::get(zone).unwrap();
            let january = jiff::civil::date(year, 1, 1).to_zoned(tz.clone()).unwrap();
            let changes: Vec<_> = tz
                .following(january.timestamp())
                .map(|change| change.timestamp().as_second())
                .take_while(|at| *at < january.timestamp().as_second() + 366 * 86_400)
                .collect();
            let at = *which.get(Some(&changes).filter(|changes| !changes.is_empty())?);
            Some(Change { zone, from: at - AROUND })
        },
    )
}

impl Change {
    fn walls(&self) -> Vec<DateTime> {
        let tz = TimeZone::get(self.zone).unwrap();
        let seconds = self.from..=self.from + 2 * AROUND;
        seconds.map(|second| tz.to_datetime(Timestamp::from_second(second).unwrap())).collect()
    }

    /// When somebody who looks at the wall all the time fires, from the second second on.
    fn fires(&self, expression: &Expression) -> Vec<i64> {
        let walls = self.walls();
        let mut furthest = walls[0];
        let mut fires = Vec::new();
        for (second, wall) in (self.from + 1..).zip(walls[1..].iter().copied()) {
            let due = if expression.is_fixed() {
                // Everything that the wall has come to since it was furthest.
                let seconds = wall.duration_since(furthest).as_secs();
                let shown = |back| wall.saturating_sub(jiff::SignedDuration::from_secs(back));
                (0..seconds).any(|back| expression.names(shown(back)))
            } else {
                expression.names(wall)
            };
            if due {
                fires.push(second);
            }
            furthest = furthest.max(wall);
        }
        fires
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

proptest! {
    #[test]
    fn cron_fires_when_the_wall_says_so(expression in expressions(), change in changes()) {
        let expected = change.fires(&expression);
        let cron = Cron::new(&expression.text(), change.zone).unwrap();
        let end = change.from + 2 * AROUND;

        let next = |last: &Timestamp| cron.next_after(*last);
        let forward: Vec<_> = std::iter::successors(cron.next_after(at(change.from)), next)
            .map(Timestamp::as_second)
            .take_while(|fire| *fire <= end)
            .collect();
        prop_assert_eq!(&forward, &expected, "forward, {}", cron);

        let before = |last: &Timestamp| cron.previous(at(last.as_second() - 1));
        let mut backward: Vec<_> = std::iter::successors(cron.previous(at(end)), before)
            .map(Timestamp::as_second)
            .take_while(|fire| *fire > change.from)
            .collect();
        backward.reverse();
        prop_assert_eq!(&backward, &expected, "backward, {}", cron);
    }

    /// From wherever one looks, and not only from one fire to the next.
    #[test]
    fn any_second_has_its_neighbours(
        expression in expressions(),
        change in changes(),
        looks in prop::collection::vec(0..2 * AROUND, 1..20),
        // Most of them close to the change.
        near in prop::collection::vec(AROUND - 7_300..AROUND + 7_300, 1..40),
    ) {
        let expected = change.fires(&expression);
        let cron = Cron::new(&expression.text(), change.zone).unwrap();
        let looks = looks.into_iter().chain(near).map(|look| change.from + 1 + look);
        // What is due is the likeliest to be taken for what was or for what will be.
        let fires = expected.iter().flat_map(|fire| [fire - 1, *fire, fire + 1]).take(100);
        let end = change.from + 2 * AROUND;
        for look in looks.chain(fires).filter(|look| (change.from + 1..=end).contains(look)) {
            let now = at(look);
            let until = expected.iter().rev().find(|fire| **fire <= look);
            let from = expected.iter().find(|fire| **fire >= look);
            let after = expected.iter().find(|fire| **fire > look);
            let within = |fire: Option<Timestamp>| {
                let second = fire.unwrap().as_second();
                (change.from + 1..=end).contains(&second).then_some(second)
            };
            prop_assert_eq!(within(cron.previous(now)), until.copied(), "{} until {}", cron, now);
            prop_assert_eq!(within(cron.next_from(now)), from.copied(), "{} from {}", cron, now);
            prop_assert_eq!(within(cron.next_after(now)), after.copied(), "{} after {}", cron, now);
        }
    }
}
