//! `horarium runs --tree`: what came from what.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use anyhow::{Result, bail};
use horarium_core::{
    run::{RunId, Trigger},
    store::{RunQuery, RunView},
};

use super::{Common, Source, Witness, print_json, result, took};
use crate::output;

/// The most runs that are looked at.
const MOST: u32 = 20_000;

/// How deep a line is indented at most.
const DEEPEST: usize = 30;

/// The most runs of one task that are shown below the same one.
const ALIKE: usize = 10;

pub(super) async fn show(
    source: &mut Source,
    tree: Option<RunId>,
    common: &Common,
) -> Result<ExitCode> {
    let query = RunQuery { tree, limit: MOST, ..RunQuery::default() };
    let mut runs = source.runs(query).await?;
    // As they were made.
    runs.reverse();
    if let (Some(run), []) = (tree, runs.as_slice()) {
        bail!("there is no run {run}");
    }
    let witness = source.witness(common).await;
    if common.json {
        print_json(&runs, witness);
        return Ok(ExitCode::SUCCESS);
    }
    lines(&runs, witness).iter().for_each(|line| output::line(line));
    if runs.len() >= usize::try_from(MOST).unwrap_or(usize::MAX) {
        output::line(&format!("these are the newest {MOST}; there may be more"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The tree, a run a line.
fn lines(runs: &[RunView], witness: Witness) -> Vec<String> {
    let known: BTreeSet<_> = runs.iter().map(|run| run.run).collect();
    let mut below = Below::new();
    for run in runs {
        // What it came from may be forgotten.
        below.entry(run.parent.filter(|parent| known.contains(parent))).or_default().push(run);
    }
    let mut lines = Vec::new();
    // Not by recursion: a chain may be as long as it likes.
    let mut next: Vec<_> = shown(None, &below).into_iter().rev().map(|it| (0, it)).collect();
    while let Some((depth, item)) = next.pop() {
        let indent = "  ".repeat(depth.min(DEEPEST));
        match item {
            Item::Run(run) => {
                lines.push(format!("{indent}{}", line(run, witness)));
                let children = shown(Some(run.run), &below);
                next.extend(children.into_iter().rev().map(|child| (depth + 1, child)));
            }
            Item::More(text) => lines.push(format!("{indent}{text}")),
        }
    }
    lines
}

/// What has a line of its own.
enum Item<'a> {
    Run(&'a RunView),
    /// More of the same.
    More(String),
}

/// Runs by what they came from.
type Below<'a> = BTreeMap<Option<RunId>, Vec<&'a RunView>>;

/// Those below one run: of many of the same task some, those that something came from, and
/// how many more there are.
fn shown<'a>(parent: Option<RunId>, below: &Below<'a>) -> Vec<Item<'a>> {
    let mut seen = BTreeMap::new();
    let mut hidden = BTreeMap::<_, BTreeMap<&str, usize>>::new();
    let mut items = Vec::new();
    for run in below.get(&parent).into_iter().flatten() {
        let count: &mut usize = seen.entry(&run.task).or_default();
        *count += 1;
        if *count <= ALIKE || below.contains_key(&Some(run.run)) {
            items.push(Item::Run(run));
        } else {
            *hidden.entry(&run.task).or_default().entry(run.state.as_str()).or_default() += 1;
        }
    }
    for (task, states) in hidden {
        let more: usize = states.values().sum();
        let states: Vec<_> =
            states.into_iter().map(|(state, runs)| format!("{runs} {state}")).collect();
        items.push(Item::More(format!("… {more} more of {task}: {}", states.join(", "))));
    }
    items
}

fn line(run: &RunView, witness: Witness) -> String {
    let how = match (run.trigger, run.repeats) {
        (_, Some(repeats)) => format!("repeats {repeats}"),
        (Trigger::Start, _) => "started".to_owned(),
        (trigger, _) => trigger.as_str().to_owned(),
    };
    let words = [witness.state(run), how, took(run), result(run, witness)];
    let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    format!("{} {}  {}", run.run, run.task, words.join("  "))
}

#[cfg(test)]
mod tests {
    use horarium_core::run::{RunEnd, RunState};
    use jiff::Timestamp;

    use super::*;

    fn run(number: i64, task: &str, parent: Option<i64>) -> RunView {
        let at = Timestamp::UNIX_EPOCH;
        RunView {
            run: RunId(number),
            key: String::new(),
            task: task.parse().unwrap(),
            trigger: if parent.is_some() { Trigger::After } else { Trigger::Manual },
            scheduled_for: at,
            state: RunState::Ended(RunEnd::Verdict(horarium_core::verdict::VerdictKind::Succeeded)),
            reason: None,
            waits_for: None,
            args: None,
            repeats: None,
            parent: parent.map(RunId),
            root: parent.map(|_| RunId(1)),
            created_at: at,
            due_at: None,
            started_at: None,
            ended_at: None,
            attempts: 1,
            error: None,
            output: None,
        }
    }

    #[test]
    fn children_stand_below_their_parents() {
        let runs =
            [run(1, "a", None), run(2, "b", Some(1)), run(3, "c", Some(1)), run(4, "d", Some(2))];
        let shown = lines(&runs, Witness::Host);
        let heads: Vec<_> = shown.iter().map(|line| &line[..line.find("  ✔").unwrap()]).collect();
        assert_eq!(heads, ["1 a", "  2 b", "    4 d", "  3 c"]);
    }

    #[test]
    fn many_of_the_same_are_counted() {
        let leaves = (2..=31).map(|number| run(number, "leaf", Some(1)));
        let mut runs: Vec<_> = [run(1, "fan", None)].into_iter().chain(leaves).collect();
        // The last one has something to show for itself.
        runs.push(run(32, "sum", Some(31)));
        let shown = lines(&runs, Witness::Host);
        assert_eq!(shown.len(), 1 + ALIKE + 1 + 1 + 1);
        assert!(shown[11].starts_with("  31 leaf") && shown[12].starts_with("    32 sum"));
        assert_eq!(shown[13], "  … 19 more of leaf: 19 succeeded");
    }

    #[test]
    fn a_deep_tree_is_shown_whole() {
        let chain = (1..=20_000).map(|number| run(number, "a", (number > 1).then(|| number - 1)));
        let runs: Vec<_> = chain.collect();
        assert_eq!(lines(&runs, Witness::Host).len(), 20_000);
    }
}
