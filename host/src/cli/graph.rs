//! `horarium graph`

use std::{
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
};

use anyhow::Result;
use clap::Args;
use horarium_core::{chain::On, name::TaskName, schedule::Schedule};
use serde_json::json;

use super::Common;
use crate::{
    config::{Config, ScheduleDraft, TaskDraft},
    output,
};

/// How deep a line is indented at most.
const DEEPEST: usize = 30;

#[derive(Args)]
pub(super) struct Graph {
    /// Print it for Graphviz: `horarium graph --dot | dot -Tsvg`.
    #[arg(long)]
    dot: bool,
}

impl Graph {
    pub(super) fn run(&self, common: &Common) -> Result<ExitCode> {
        let config = common.outline()?;
        let edges = edges(&config);
        if common.json {
            let edges = edges
                .iter()
                .map(|edge| json!({ "from": edge.from, "to": edge.to, "on": edge.how.word() }));
            let tasks = config.tasks.iter().map(|draft| &draft.name.value);
            output::json(&json!({
                "tasks": tasks.collect::<Vec<_>>(),
                "edges": edges.collect::<Vec<_>>(),
            }));
            return Ok(ExitCode::SUCCESS);
        }
        let lines = if self.dot { dot(&config, &edges) } else { text(&config, &edges) };
        lines.iter().for_each(|line| output::line(line));
        Ok(ExitCode::SUCCESS)
    }
}

/// What leads from a task to another one.
struct Edge<'c> {
    from: &'c TaskName,
    to: &'c TaskName,
    how: How,
}

/// How it leads there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// The other one runs after it.
    After(On),
    /// It may start the other one.
    Starts,
}

impl How {
    const fn word(self) -> &'static str {
        match self {
            Self::After(on) => on.as_str(),
            Self::Starts => "start",
        }
    }
}

fn edges(config: &Config) -> Vec<Edge<'_>> {
    let mut edges = Vec::new();
    for draft in &config.tasks {
        let to = &draft.name.value;
        if let ScheduleDraft::Said(Schedule::After(after)) = &draft.schedule {
            let how = How::After(after.on);
            edges.extend(after.parents.iter().map(|from| Edge { from, to, how }));
        }
        let starts = draft.grants.tasks.iter();
        edges.extend(starts.map(|grant| Edge { from: to, to: &grant.task, how: How::Starts }));
    }
    edges.sort_by_key(|edge| (edge.from, edge.to));
    edges
}

/// When a task is due by itself, in words.
fn due(draft: &TaskDraft) -> String {
    match &draft.schedule {
        ScheduleDraft::Said(Schedule::After(_)) | ScheduleDraft::Wrong => String::new(),
        ScheduleDraft::Said(schedule) => schedule.to_string(),
        ScheduleDraft::Unsaid => "as its plugin suggests".to_owned(),
    }
}

fn dot(config: &Config, edges: &[Edge<'_>]) -> Vec<String> {
    let mut lines = vec!["digraph horarium {".to_owned(), "  rankdir=LR;".to_owned()];
    lines.push("  node [shape=box, style=rounded, fontname=\"sans-serif\"];".to_owned());
    for draft in &config.tasks {
        let due = due(draft);
        let label = match due.as_str() {
            "" => draft.name.value.to_string(),
            due => format!("{}\\n{}", draft.name.value, quoted(due)),
        };
        lines.push(format!("  \"{}\" [label=\"{label}\"];", draft.name.value));
    }
    for Edge { from, to, how } in edges {
        let look = match how {
            How::After(On::Success) => String::new(),
            How::After(on) => format!(" [label=\"{}\"]", on.as_str()),
            How::Starts => " [style=dashed, label=\"starts\"]".to_owned(),
        };
        lines.push(format!("  \"{from}\" -> \"{to}\"{look};"));
    }
    lines.push("}".to_owned());
    lines
}

/// A text within quotes of Graphviz.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Each task that nothing leads to, and below it what it leads to.
fn text(config: &Config, edges: &[Edge<'_>]) -> Vec<String> {
    let led: BTreeSet<_> = edges.iter().map(|edge| edge.to).collect();
    let mut below = BTreeMap::<_, Vec<_>>::new();
    for edge in edges {
        below.entry(edge.from).or_default().push(edge);
    }
    let mut shown = BTreeSet::new();
    let mut lines = Vec::new();
    let drafts = || config.tasks.iter().map(|draft| &draft.name.value);
    // Those that start each other in a circle come last.
    let tops = drafts().filter(|task| !led.contains(task)).chain(drafts());
    for top in tops {
        if shown.contains(top) {
            continue;
        }
        let mut next = vec![(0, top, None)];
        while let Some((depth, task, how)) = next.pop() {
            let again = !shown.insert(task);
            let draft = config.draft(task);
            let note = match how {
                None => draft.map(due).unwrap_or_default(),
                Some(How::Starts) => "started".to_owned(),
                Some(How::After(on)) => format!("on {}", on.as_str()),
            };
            let indent = "  ".repeat(depth.min(DEEPEST));
            let above = if again && below.contains_key(task) { "  (see above)" } else { "" };
            lines.push(format!("{indent}{task}  {note}{above}").trim_end().to_owned());
            if !again {
                let children = below.get(task).into_iter().flatten().rev();
                next.extend(children.map(|edge| (depth + 1, edge.to, Some(edge.how))));
            }
        }
    }
    lines
}
