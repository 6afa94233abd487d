//! `horarium runs`

mod tree;

use std::{process::ExitCode, time::Duration};

use anyhow::Result;
use clap::Args;
use horarium_core::{
    checkpoint::CheckpointView,
    name::TaskName,
    run::{RunId, RunState},
    store::{AttemptView, RunQuery, RunView, WaitsFor, WholeRun},
    text::escape,
    time,
    verdict::VerdictKind,
};
use serde_json::json;

use super::{
    Common, number,
    rows::{Fit, Paper, Rows},
    source::Source,
    witness::Witness,
};
use crate::output;

/// Who knows what becomes of a run that was under way.
const NEXT_HOST: &str = "the next host decides what becomes of it";

/// The columns of a list of runs.
const LIST: &[(&str, Fit)] = &[
    ("RUN", Fit::Whole),
    ("TASK", Fit::Name),
    ("TRIGGER", Fit::Whole),
    ("FOR", Fit::Whole),
    ("STATE", Fit::Whole),
    ("TRIES", Fit::Whole),
    ("TOOK", Fit::Whole),
    ("RESULT", Fit::Rest),
];

/// The columns of a run's attempts.
const ATTEMPTS: &[(&str, Fit)] = &[
    ("ATTEMPT", Fit::Whole),
    ("STARTED", Fit::Whole),
    ("VERDICT", Fit::Whole),
    ("TOOK", Fit::Whole),
    ("FUEL", Fit::Whole),
    ("MEMORY", Fit::Whole),
    ("PLUGIN", Fit::Rest),
];

#[derive(Args)]
pub(super) struct Runs {
    /// Show this run and its attempts.
    run: Option<RunId>,
    /// Only runs of this task.
    #[arg(long, short, conflicts_with = "run")]
    task: Option<TaskName>,
    /// Only runs in this state; may be repeated.
    #[arg(long, short, conflicts_with = "run", value_parser = state_word)]
    state: Vec<String>,
    /// Show this run, what it came from, and all that came from the same, as a tree.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["run", "task", "state", "before", "limit"])]
    tree: Option<RunId>,
    /// Only runs before this one.
    #[arg(long, conflicts_with = "run")]
    before: Option<RunId>,
    /// How many.
    #[arg(long, short = 'n', conflicts_with = "run", default_value_t = 20, value_parser = number::count)]
    limit: u32,
}

/// A state by its word.
fn state_word(word: &str) -> Result<String, String> {
    match RunState::is_word(word) {
        true => Ok(word.to_owned()),
        false => {
            Err("a state is one of scheduled, running, retry_wait, skipped, succeeded, failed, \
                     timed_out, out_of_fuel, out_of_memory, trapped, cancelled, lost, expired"
                .to_owned())
        }
    }
}

impl Runs {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let mut source = common.source().await?;
        match self.run {
            Some(run) => one(&mut source, run, common).await,
            None if self.tree.is_some() => tree::show(&mut source, self.tree, common).await,
            None => self.list(&mut source, common).await,
        }
    }

    async fn list(self, source: &mut Source, common: &Common) -> Result<ExitCode> {
        let query = RunQuery {
            task: self.task,
            states: self.state,
            tree: None,
            before: self.before,
            limit: self.limit,
        };
        let asked = query.task.clone();
        let runs = source.runs(query).await?;
        let witness = source.witness(common).await;
        if common.json {
            print_json(&runs, witness);
            return Ok(ExitCode::SUCCESS);
        }
        let paper = Paper::of_stdout();
        let mut rows = Rows::new(paper, LIST);
        for run in &runs {
            rows.add(vec![
                run.run.to_string(),
                run.task.to_string(),
                run.trigger.as_str().to_owned(),
                paper.moment(run.scheduled_for),
                witness.state(run),
                run.attempts.to_string(),
                took(run),
                result(run, witness),
            ]);
        }
        let empty = match asked {
            Some(task) if runs.is_empty() => source.why_none(&task).await?,
            _ => "no runs".to_owned(),
        };
        rows.print(&empty);
        Ok(ExitCode::SUCCESS)
    }
}

fn took(run: &RunView) -> String {
    match (run.started_at, run.ended_at) {
        (Some(start), Some(end)) => output::length(time::between(start, end)),
        _ => String::new(),
    }
}

fn print_json(runs: &[RunView], witness: Witness) {
    let told: Vec<_> = runs.iter().map(|run| witness.told(run)).collect();
    output::json(&told);
}

/// What a run waits for; not where that is only its next attempt, and how the last one failed
/// says more.
fn waits(run: &RunView) -> Option<&'static str> {
    let waits = run.waits_for?;
    let is_routine = matches!(waits, WaitsFor::Time | WaitsFor::Slot | WaitsFor::EarlierRun);
    let is_retry = run.state == RunState::RetryWait;
    (!is_routine || !is_retry).then(|| output::waits(waits))
}

/// How a run went; while an attempt is under way nobody knows, and how an earlier one
/// failed is no answer.
fn result(run: &RunView, witness: Witness) -> String {
    if !witness.vouches_for(run) {
        return witness.fate(run);
    }
    if let Some(waits) = waits(run) {
        return waits.to_owned();
    }
    if run.state == RunState::Running {
        return String::new();
    }
    let text = run.error.as_ref().or(run.reason.as_ref()).or(run.output.as_ref());
    text.map(String::as_str).map(escape).unwrap_or_default()
}

async fn one(source: &mut Source, run: RunId, common: &Common) -> Result<ExitCode> {
    let whole = source.run(run).await?;
    let witness = source.witness(common).await;
    if common.json {
        let mut told = json!(whole);
        told["run"] = json!(witness.told(&whole.run));
        output::json(&told);
        return Ok(ExitCode::SUCCESS);
    }
    let WholeRun { run: view, attempts, checkpoint } = whole;
    output::line(&format!("run {run} of {} ({})", view.task, view.key));
    output::line(&format!("  {}", witness.state(&view)));
    if !witness.vouches_for(&view) {
        let end = if view.is_abandoned() { "`horarium cancel` ends it" } else { NEXT_HOST };
        output::line(&format!("  {}; {end}", witness.fate(&view)));
    } else if let Some(waits) = view.waits_for {
        output::line(&format!("  {}", output::waits(waits)));
    }
    output::line(&format!("  {}", output::why(view.trigger, view.parent, view.scheduled_for)));
    if let Some(due) = view.due_at {
        output::line(&format!("  next attempt {}", output::local(due)));
    }
    if let Some(text) = &view.output {
        output::line(&format!("  output {}", escape(text)));
    }
    let paper = Paper::of_stdout();
    if let Some(CheckpointView { attempt, at, bytes }) = checkpoint {
        let (bytes, at) = (output::bytes(bytes), paper.moment(at));
        output::line(&format!("  checkpoint of attempt {attempt}, {bytes}, {at}"));
    }
    let mut rows = Rows::new(paper, ATTEMPTS);
    for attempt in &attempts {
        rows.add(row(attempt, &view, paper, witness));
    }
    rows.print("no attempts yet");
    attempts.iter().for_each(print_trouble);
    Ok(ExitCode::SUCCESS)
}

/// All of why an attempt failed: it is too long for a table.
fn print_trouble(attempt: &AttemptView) {
    let number = attempt.attempt;
    if let Some(error) = &attempt.error {
        output::line(&format!("error of attempt {number}: {}", escape(error)));
    }
    if !attempt.backtrace.is_empty() {
        output::line(&format!("backtrace of attempt {number}:"));
        for frame in &attempt.backtrace {
            output::line(&format!("  {frame}"));
        }
    }
}

fn row(attempt: &AttemptView, run: &RunView, paper: Paper, witness: Witness) -> Vec<String> {
    // Nobody saw how much a lost one took.
    let ended = attempt.verdict.is_some_and(|verdict| verdict != VerdictKind::Lost);
    let if_ended = |text: String| if ended { text } else { String::new() };
    vec![
        attempt.attempt.to_string(),
        paper.moment(attempt.started_at),
        witness.verdict(attempt, run).to_owned(),
        if_ended(output::length(Duration::from_micros(attempt.wall_us))),
        attempt.fuel.map_or_else(String::new, output::count),
        if_ended(output::bytes(attempt.peak_memory)),
        attempt.plugin.map_or_else(String::new, |digest| digest.short()),
    ]
}
