//! What successes bring with them, compared with which runs have succeeded.

use std::collections::{HashMap, HashSet};

use horarium_core::{
    Buckets,
    effects::{Bucket, Draft, Effects, Key, Quota, Spawn, When},
    executor::StateSource,
    name::TaskName,
    run::{RunEnd, RunId, RunState, Trigger},
    store::RunView,
    verdict::VerdictKind,
};

use crate::tasks;

/// The task whose runs count themselves, and start one of `leaf` each.
const COUNTS: &str = "all";

/// Its bucket, and the key that it counts under.
fn counter() -> (Bucket, Key) {
    (Bucket::Own(tasks::spec(COUNTS).name), Key::new("n").expect("a key"))
}

fn number(value: Option<&[u8]>) -> u64 {
    value.and_then(|value| str::from_utf8(value).ok()?.parse().ok()).unwrap_or_default()
}

/// What an attempt brings with its success, as it reads the store when it begins.
pub(crate) async fn of(task: &TaskName, store: &dyn StateSource) -> Effects {
    if task.as_str() != COUNTS {
        return Effects::default();
    }
    let (bucket, key) = counter();
    let Ok((stand, entry)) = store.entry(bucket.clone(), key.clone()).await else {
        return Effects::default();
    };
    let mut draft = Draft::new(bucket, Quota::DEFAULT);
    let next = number(entry.as_ref().map(|entry| entry.value.as_slice())) + 1;
    let read = draft.read(&key, entry.map(|entry| entry.version), stand);
    let written = read.and_then(|()| draft.write(key, Some(next.to_string().into_bytes())));
    written.expect("it is the first that it reads, and short");
    let spawn = Spawn {
        task: tasks::spec("leaf").name,
        args: None,
        key: None,
        when: When::Now,
        limit: u32::MAX,
    };
    Effects { state: vec![draft.into_changes()], spawns: vec![spawn] }
}

/// An effect of what has not succeeded, or a success without its effects.
pub(crate) async fn wrong(store: &impl Buckets, runs: &[RunView]) -> Option<String> {
    let of_task = |task: &'static str| runs.iter().filter(move |run| run.task.as_str() == task);
    let succeeded = RunState::Ended(RunEnd::Verdict(VerdictKind::Succeeded));
    let successes: HashSet<RunId> =
        of_task(COUNTS).filter(|run| run.state == succeeded).map(|run| run.run).collect();
    let (bucket, key) = counter();
    let counted = match store.entry(bucket, key).await {
        Ok((_, entry)) => number(entry.as_ref().map(|entry| entry.value.as_slice())),
        Err(error) => return Some(error.to_string()),
    };
    if counted != successes.len() as u64 {
        return Some(format!(
            "{} runs of `{COUNTS}` succeeded, and counted {counted}",
            successes.len()
        ));
    }
    let started = of_task("leaf").filter(|run| run.trigger == Trigger::Start);
    let started: Vec<Option<RunId>> = started.map(|run| run.parent).collect();
    if let Some(wrong) = once_each(&successes, &started) {
        return Some(format!("`leaf`, which each success of `{COUNTS}` starts: {wrong}"));
    }
    // Each leaf is alone in its tree, but for what started it.
    let over = |run: &&RunView| matches!(run.state, RunState::Ended(end) if !matches!(end, RunEnd::Skipped(_)));
    let leaves: HashSet<RunId> = of_task("leaf").filter(over).map(|run| run.run).collect();
    let followed: Vec<Option<RunId>> =
        of_task("sum").filter(|run| run.trigger == Trigger::After).map(|run| run.parent).collect();
    once_each(&leaves, &followed).map(|wrong| format!("`sum`, which follows each `leaf`: {wrong}"))
}

/// Where not each of these has one child, or another run has.
fn once_each(parents: &HashSet<RunId>, children: &[Option<RunId>]) -> Option<String> {
    let mut counts = HashMap::<RunId, u32>::new();
    for child in children {
        match child {
            Some(parent) if parents.contains(parent) => *counts.entry(*parent).or_default() += 1,
            parent => return Some(format!("one comes from {parent:?}")),
        }
    }
    let wrong = parents.iter().find(|parent| counts.get(parent) != Some(&1))?;
    Some(format!("run {wrong} has {:?}", counts.get(wrong)))
}
