//! What makes sense, and is hardly what somebody means.

use std::{collections::BTreeMap, time::Duration};

use horarium_core::{
    schedule::{Cursor, Schedule},
    time::between,
};
use jiff::Timestamp;

use super::{
    super::{decode::At, notify::RawNotify, problem::Problem},
    ScheduleDraft, TaskDraft,
};
use crate::notify::Pattern;

/// How many instants of a schedule are looked at.
const INSTANTS: usize = 50;

/// All there is to say of a configuration without fault.
pub(super) fn of(
    patterns: &[At<String>],
    idle: &[At<String>],
    tasks: &[TaskDraft],
) -> Vec<Problem> {
    if tasks.is_empty() {
        let help = "add one, such as `[task.hello]` with a `plugin` and a `schedule`";
        return vec![Problem {
            span: 0..0,
            key: String::new(),
            message: "there are no tasks".to_owned(),
            help: Some(help.to_owned()),
            absent: false,
        }];
    }
    let doubts = patterns.iter().filter_map(|pattern| nobody(pattern, tasks));
    doubts.chain(idle.iter().map(useless)).chain(tasks.iter().filter_map(hasty)).collect()
}

/// A template that no task extends.
fn useless(template: &At<String>) -> Problem {
    let message = format!("no task extends template `{}`", template.value);
    template.problem(message, Some("extend it, or leave it out".to_owned()))
}

/// Names of tasks in which `*` stands for any part. One without is a task that has to be
/// there.
pub(super) fn patterns(channels: &BTreeMap<String, At<RawNotify>>) -> Vec<At<String>> {
    let named = channels.values().flat_map(|channel| &channel.value.tasks);
    named.flat_map(|named| &named.value).filter(|it| it.value.contains('*')).cloned().collect()
}

/// A pattern that is no task's name.
fn nobody(at: &At<String>, tasks: &[TaskDraft]) -> Option<Problem> {
    let pattern: Pattern = at.value.parse().ok()?;
    if tasks.iter().any(|task| pattern.matches(task.name.value.as_str())) {
        return None;
    }
    let help = "look at the names of the tasks, or leave it out";
    Some(at.problem(format!("no task is called like {:?}", at.value), Some(help.to_owned())))
}

/// A task that is due more seldom than it should succeed: an alert would say so each time.
fn hasty(task: &TaskDraft) -> Option<Problem> {
    let deadman = task.rules.deadman?;
    let ScheduleDraft::Said(schedule) = &task.schedule else { return None };
    let pace = shortest(schedule).filter(|pace| *pace > deadman)?;
    let show = horarium_core::limits::show_duration;
    let message = format!(
        "it should succeed within {} (`deadman`), and its schedule has at least {} between two runs",
        show(deadman),
        show(pace)
    );
    let help = "make `deadman` longer than that, with room for the run itself";
    Some(task.name.problem(message, Some(help.to_owned())))
}

/// The shortest time between two of its instants, as far as one looks.
fn shortest(schedule: &Schedule) -> Option<Duration> {
    if let Schedule::Continuous { pause } = schedule {
        return Some(*pause);
    }
    if !schedule.is_endless() {
        return None;
    }
    let next = |at: &Timestamp| schedule.next(Cursor::Considered(*at));
    let first = schedule.next(Cursor::Created(Timestamp::UNIX_EPOCH));
    let instants: Vec<_> = std::iter::successors(first, next).take(INSTANTS).collect();
    instants.windows(2).map(|pair| between(pair[0], pair[1])).min()
}
