//! What successes have brought with them, compared with which runs have succeeded.

use std::collections::HashMap;

use super::plan;
use crate::history::{Attempt, History, Run};

/// All that is wrong with it.
pub(super) fn wrong(history: &History) -> Vec<String> {
    let mut wrong = Vec::from_iter(counted(history));
    let succeeded = |run: &&Run| run.state == "succeeded";
    let parents = history.of(plan::COUNTING.0).filter(succeeded);
    wrong.extend(one_each(parents, history.of(plan::STARTED)));
    let leaves = history.of(plan::STARTED).filter(|run| run.is_over());
    wrong.extend(one_each(leaves, history.of(plan::FOLLOWING)));
    wrong.extend(climbed(history));
    wrong
}

/// A task that counts its successes has counted them.
fn counted(history: &History) -> Option<String> {
    let (task, key) = plan::COUNTING;
    let successes = history.of(task).filter(|run| run.state == "succeeded").count();
    let mut kept = history.kept.iter();
    let counted = kept.find(|(of, name, _)| of == task && name == key);
    let counted = counted.map_or("0", |(_, _, value)| value.as_str());
    (counted != successes.to_string())
        .then(|| format!("{successes} runs of {task} succeeded, and counted {counted}"))
}

/// Each of these runs has one of those, and no other run has any.
fn one_each<'a>(
    parents: impl Iterator<Item = &'a Run>,
    children: impl Iterator<Item = &'a Run>,
) -> Vec<String> {
    let mut counts: HashMap<i64, (&Run, u32)> = parents.map(|run| (run.id, (run, 0))).collect();
    let mut wrong = Vec::new();
    for child in children {
        match child.parent.and_then(|parent| counts.get_mut(&parent)) {
            Some((_, count)) => *count += 1,
            None => wrong.push(format!("came from nothing that lets it come: {child:?}")),
        }
    }
    let others = counts.into_values().filter(|(_, count)| *count != 1);
    wrong.extend(others.map(|(run, count)| format!("{count} runs came from {run:?}")));
    wrong
}

/// An attempt goes on at least where those before it that said so had come to, and nothing
/// is left of a run that has succeeded.
fn climbed(history: &History) -> Vec<String> {
    let (task, steps) = plan::CLIMBING;
    let mut wrong = Vec::new();
    for run in history.of(task).filter(|run| run.state == "succeeded") {
        let failed = |attempt: &&Attempt| attempt.run == run.id && attempt.verdict == "failed";
        let failed = i64::try_from(history.attempts.iter().filter(failed).count());
        let output = run.output.as_deref().and_then(|text| text.parse::<serde_json::Value>().ok());
        let from = output.and_then(|output| output["from"].as_i64());
        let most = failed.map(|failed| failed * steps);
        if from.zip(most.ok()).is_none_or(|(from, most)| from < most) {
            wrong.push(format!("a checkpoint was forgotten: {run:?}"));
        }
        if history.checkpoints.contains(&run.id) {
            wrong.push(format!("a checkpoint is left: {run:?}"));
        }
    }
    wrong
}
