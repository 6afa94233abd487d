//! `/statistics`: many runs at once, in numbers.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use horarium_core::{
    History,
    name::TaskName,
    run::RunId,
    store::{Ended, Queue, Recent, Statistics},
    time,
};
use horarium_engine::UnderWay;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Api, Parts, page,
    problem::{Problem, ProblemBody},
    read::{Named, Params},
};

/// The hours that are told one by one, the current one included.
const TIMELINE: i64 = 24;

/// The most attempts under way that are told one by one.
const SHOWN: usize = 500;

/// Runs whose numbers are told where nobody says how many.
const USUAL: u32 = 100;

/// How many runs ended in each state.
type ByState = BTreeMap<String, u64>;

/// From when on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Since {
    /// Count those as well that ended since then: since the beginning of that hour, and
    /// no more than eight days back.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
}

/// From when on, and how many.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SinceOfTask {
    /// Count those as well that ended since then: since the beginning of that hour, and
    /// no more than eight days back.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Of how many of its last runs the numbers are told, at most 500. Default: 100.
    #[param(minimum = 1, maximum = 500)]
    runs: Option<u32>,
}

/// What has become of runs, what runs, and what waits.
#[derive(Serialize, ToSchema)]
pub(super) struct StatisticsView {
    /// The instant that all of this is about.
    now: Timestamp,
    /// How many attempts may run at once on this host.
    capacity: u32,
    /// How many of these run.
    running: usize,
    /// They, those of the oldest runs first, at most 500.
    under_way: Vec<UnderWayView>,
    /// What waits. No more than 100,000 are counted of each.
    queue: Queue,
    /// For how long the one has been due that has waited longest for room, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_wait_s: Option<f64>,
    /// How many runs ever ended, by state, forgotten ones included.
    ended: ByState,
    /// How many of these ended of late.
    #[serde(skip_serializing_if = "Option::is_none")]
    of_late: Option<OfLate>,
    /// The last 24 hours in which runs ended, the current one included, oldest first.
    hours: Vec<HourView>,
}

/// An attempt under way.
#[derive(Serialize, ToSchema)]
pub(super) struct UnderWayView {
    run: RunId,
    #[schema(value_type = String)]
    task: TaskName,
    /// Counted from 1.
    attempt: u32,
    /// When it began.
    since: Timestamp,
    /// How far it says it is, between 0 and 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    fraction: Option<f32>,
    /// The same, in its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// What ended since an instant.
#[derive(Serialize, ToSchema)]
pub(super) struct OfLate {
    /// Since when: the beginning of an hour.
    since: Timestamp,
    /// By state.
    ended: ByState,
}

/// What ended within an hour.
#[derive(Serialize, ToSchema)]
pub(super) struct HourView {
    /// Its beginning.
    hour: Timestamp,
    /// By state.
    ended: ByState,
}

/// A task's runs in numbers.
#[derive(Serialize, ToSchema)]
pub(super) struct TaskStatisticsView {
    #[serde(flatten)]
    #[schema(inline)]
    whole: StatisticsView,
    /// Its last runs that are over, newest first.
    recent: Vec<Recent>,
    /// Microseconds that their last attempts took; none where none was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    wall_us: Option<Spread>,
    /// Fuel that these used; none where none was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    fuel: Option<Spread>,
    /// Bytes that their memories held at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_memory: Option<Spread>,
}

/// How some numbers are spread.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Spread {
    /// Half of them are no greater.
    p50: u64,
    /// Nineteen of twenty are no greater.
    p95: u64,
    /// The greatest.
    max: u64,
}

/// All runs in numbers.
#[utoipa::path(get, path = "/statistics", tag = "host", operation_id = "statistics_of_host",
    params(Since),
    responses((status = 200, body = StatisticsView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn of_host(
    State(api): State<Api>,
    Params(since): Params<Since>,
) -> Result<Json<StatisticsView>, Problem> {
    let parts = api.parts()?;
    let read = parts.store.statistics(None).await?;
    Ok(Json(view(&parts, read, parts.control.under_way(), since.since)))
}

/// A task's runs in numbers.
#[utoipa::path(get, path = "/tasks/{task}/statistics", tag = "tasks", operation_id = "statistics_of_task",
    params(("task" = String, Path, description = "Its name."), SinceOfTask),
    responses((status = 200, body = TaskStatisticsView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn of_task(
    State(api): State<Api>,
    Named(task): Named<TaskName>,
    Params(since): Params<SinceOfTask>,
) -> Result<Json<TaskStatisticsView>, Problem> {
    let limit = page::limit_of("runs", since.runs.or(Some(USUAL)))?;
    let parts = api.parts()?;
    if parts.store.task(task.clone()).await?.is_none() {
        return Err(parts.unknown_task(&task));
    }
    let read = parts.store.statistics(Some(task.clone())).await?;
    let recent = parts.store.recent(task.clone(), limit).await?;
    let mut under_way = parts.control.under_way();
    under_way.retain(|it| it.task == task);
    let of = |number: fn(&Recent) -> Option<u64>| spread(recent.iter().filter_map(number));
    Ok(Json(TaskStatisticsView {
        whole: view(&parts, read, under_way, since.since),
        wall_us: of(|run| run.wall_us),
        fuel: of(|run| run.fuel),
        peak_memory: of(|run| run.peak_memory),
        recent,
    }))
}

fn view(
    parts: &Parts,
    read: Statistics,
    under_way: Vec<UnderWay>,
    since: Option<Timestamp>,
) -> StatisticsView {
    let now = Timestamp::now();
    let Statistics { ended, queue } = read;
    StatisticsView {
        now,
        capacity: parts.config.borrow().capacity,
        running: under_way.len(),
        under_way: under_way.into_iter().take(SHOWN).map(shown).collect(),
        longest_wait_s: queue.oldest.map(|oldest| time::between(oldest, now).as_secs_f64()),
        queue,
        of_late: since.map(|since| {
            let since = from(since, now);
            OfLate { since, ended: by_state(ended.iter().filter(|it| it.hour >= Some(since))) }
        }),
        hours: hours(&ended, now),
        ended: by_state(&ended),
    }
}

fn shown(attempt: UnderWay) -> UnderWayView {
    let UnderWay { lease, task, attempt, since, progress } = attempt;
    let (fraction, note) = progress.map_or((None, None), |it| (it.fraction, it.note));
    UnderWayView { run: lease.run, task, attempt, since, fraction, note }
}

/// The beginning of the first hour that counts.
fn from(since: Timestamp, now: Timestamp) -> Timestamp {
    hour(since).max(back(now, i64::from(Statistics::HOURS)))
}

/// The beginning of the hour so many hours before the current one.
fn back(now: Timestamp, hours: i64) -> Timestamp {
    hour(now).checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN)
}

/// The beginning of an instant's hour.
fn hour(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(3_600)).unwrap_or(Timestamp::MIN)
}

fn by_state<'a>(ended: impl IntoIterator<Item = &'a Ended>) -> ByState {
    let mut all = ByState::new();
    for Ended { state, runs, .. } in ended {
        *all.entry(state.clone()).or_default() += runs;
    }
    all
}

/// The hours of the last day in which something ended.
fn hours(ended: &[Ended], now: Timestamp) -> Vec<HourView> {
    let first = back(now, TIMELINE - 1);
    let mut hours = BTreeMap::<Timestamp, ByState>::new();
    for Ended { hour, state, runs } in ended {
        if let Some(hour) = hour.filter(|hour| *hour >= first) {
            *hours.entry(hour).or_default().entry(state.clone()).or_default() += runs;
        }
    }
    hours.into_iter().map(|(hour, ended)| HourView { hour, ended }).collect()
}

fn spread(numbers: impl Iterator<Item = u64>) -> Option<Spread> {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    // The least number that this share of all is no greater than.
    let share = |percent: usize| {
        let rank = (numbers.len() * percent).div_ceil(100);
        numbers.get(rank.max(1) - 1).copied()
    };
    Some(Spread { p50: share(50)?, p95: share(95)?, max: share(100)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_spread_by_rank() {
        assert_eq!(spread(std::iter::empty()), None);
        assert_eq!(spread([7].into_iter()), Some(Spread { p50: 7, p95: 7, max: 7 }));
        let hundred = spread((1..=100).rev());
        assert_eq!(hundred, Some(Spread { p50: 50, p95: 95, max: 100 }));
        assert_eq!(spread([3, 1, 2].into_iter()), Some(Spread { p50: 2, p95: 3, max: 3 }));
    }

    #[test]
    fn hours_begin_with_the_hour() {
        let now = at("2026-03-02T10:20:30Z");
        assert_eq!(from(at("2026-03-02T09:59:59Z"), now), at("2026-03-02T09:00:00Z"));
        // No more than is kept hour by hour.
        assert_eq!(from(at("2020-01-01T00:00:00Z"), now), at("2026-02-22T10:00:00Z"));
        assert_eq!(from(at("2030-01-01T00:30:00Z"), now), at("2030-01-01T00:00:00Z"));
        assert_eq!(hour(at("1969-12-31T23:30:00Z")), at("1969-12-31T23:00:00Z"));
        assert_eq!(hour(Timestamp::MIN), Timestamp::MIN);
    }

    #[test]
    fn the_timeline_is_the_last_day() {
        let ended = |hour: Option<&str>, state: &str, runs| Ended {
            hour: hour.map(at),
            state: state.to_owned(),
            runs,
        };
        let all = [
            ended(None, "failed", 5),
            ended(Some("2026-03-01T10:00:00Z"), "failed", 1),
            ended(Some("2026-03-01T11:00:00Z"), "failed", 2),
            ended(Some("2026-03-02T10:00:00Z"), "failed", 3),
            ended(Some("2026-03-02T10:00:00Z"), "succeeded", 4),
        ];
        let hours = hours(&all, at("2026-03-02T10:20:30Z"));
        let told: Vec<_> = hours.iter().map(|it| (it.hour, it.ended.len())).collect();
        assert_eq!(told, [(at("2026-03-01T11:00:00Z"), 1), (at("2026-03-02T10:00:00Z"), 2)]);
        assert_eq!(by_state(&all)["failed"], 11);
    }
}
