//! `horarium runs`

use std::{process::ExitCode, time::Duration};

use anyhow::Result;
use clap::Args;
use horarium_core::{
    name::TaskName,
    run::{RunId, RunState},
    store::{AttemptView, RunQuery, RunView},
    text::escape,
    time,
};
use serde_json::json;

use super::{Common, source::Source};
use crate::output;

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
    /// Only runs before this one.
    #[arg(long, conflicts_with = "run")]
    before: Option<RunId>,
    /// How many.
    #[arg(long, short = 'n', conflicts_with = "run", default_value_t = 20)]
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
            Some(run) => one(&mut source, run, common.json).await,
            None => self.list(&mut source, common.json).await,
        }
    }

    async fn list(self, source: &mut Source, json: bool) -> Result<ExitCode> {
        let query = RunQuery {
            task: self.task,
            states: self.state,
            before: self.before,
            limit: self.limit,
        };
        let asked = query.task.clone();
        let runs = source.runs(query).await?;
        if json {
            output::json(&runs);
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = output::table([
            "RUN",
            "TASK",
            "TRIGGER",
            "SCHEDULED FOR",
            "STATE",
            "TRIES",
            "TOOK",
            "RESULT",
        ]);
        for run in &runs {
            table.add_row(vec![
                run.run.to_string(),
                run.task.to_string(),
                run.trigger.as_str().to_owned(),
                output::local(run.scheduled_for),
                output::state(run.state),
                run.attempts.to_string(),
                took(run),
                result(run),
            ]);
        }
        let empty = match asked {
            Some(task) if runs.is_empty() => source.why_none(&task).await?,
            _ => "no runs".to_owned(),
        };
        output::print_table(&table, &empty);
        Ok(ExitCode::SUCCESS)
    }
}

fn took(run: &RunView) -> String {
    match (run.started_at, run.ended_at) {
        (Some(start), Some(end)) => output::length(time::between(start, end)),
        _ => String::new(),
    }
}

fn result(run: &RunView) -> String {
    const LONGEST: usize = 60;
    let text = run.error.as_ref().or(run.reason.as_ref()).or(run.output.as_ref());
    let Some(text) = text else { return String::new() };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", escape(&text[..end])),
        None => escape(text),
    }
}

async fn one(source: &mut Source, run: RunId, json: bool) -> Result<ExitCode> {
    let (view, attempts) = source.run(run).await?;
    if json {
        output::json(&json!({ "run": view, "attempts": attempts }));
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("run {run} of {} ({})", view.task, view.key));
    output::line(&format!("  {}", output::state(view.state)));
    output::line(&format!("  {}", output::why(view.trigger, view.scheduled_for)));
    if let Some(due) = view.due_at {
        output::line(&format!("  next attempt {}", output::local(due)));
    }
    if let Some(text) = &view.output {
        output::line(&format!("  output {}", escape(text)));
    }
    let mut table = output::table([
        "ATTEMPT", "STARTED", "VERDICT", "TOOK", "FUEL", "MEMORY", "PLUGIN", "ERROR",
    ]);
    for attempt in &attempts {
        table.add_row(row(attempt));
    }
    output::print_table(&table, "no attempts yet");
    for attempt in attempts.iter().filter(|attempt| !attempt.backtrace.is_empty()) {
        output::line(&format!("backtrace of attempt {}:", attempt.attempt));
        for frame in &attempt.backtrace {
            output::line(&format!("  {frame}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn row(attempt: &AttemptView) -> Vec<String> {
    let ended = attempt.verdict.is_some();
    let if_ended = |text: String| if ended { text } else { String::new() };
    vec![
        attempt.attempt.to_string(),
        output::local(attempt.started_at),
        attempt.verdict.map_or("running", |verdict| verdict.as_str()).to_owned(),
        if_ended(output::length(Duration::from_micros(attempt.wall_us))),
        attempt.fuel.map_or_else(String::new, output::count),
        if_ended(output::bytes(attempt.peak_memory)),
        attempt.plugin.map_or_else(String::new, |digest| digest.short()),
        attempt.error.clone().unwrap_or_default(),
    ]
}
