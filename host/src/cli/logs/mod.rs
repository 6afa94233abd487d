//! `horarium logs`

mod follow;

use std::{process::ExitCode, str::FromStr};

use anyhow::{Result, bail};
use clap::Args;
use horarium_core::{
    log::{Level, LogLine},
    name::TaskName,
    run::RunId,
    store::{LogQuery, WholeRun},
};

use serde_json::json;

use super::{Common, number};
use crate::output;

#[derive(Args)]
pub(super) struct Logs {
    /// The run by its number, or a task: its newest run that has begun.
    #[arg(value_name = "RUN|TASK")]
    of: Of,
    /// Go on with what is logged until the run is over.
    #[arg(long, short)]
    follow: bool,
    /// Only this attempt, counted from 1.
    #[arg(long, short, conflicts_with = "follow", value_parser = number::count)]
    attempt: Option<u32>,
    /// Only lines at least this important: trace, debug, info, warn or error.
    #[arg(long, short, default_value = "trace", value_parser = level)]
    level: Level,
}

/// Whose log.
#[derive(Clone)]
enum Of {
    Run(RunId),
    Task(TaskName),
}

impl FromStr for Of {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A task whose name is a number is found by `runs --task`.
        match text.parse() {
            Ok(run) => Ok(Self::Run(RunId(run))),
            Err(_) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Err("no run has so large a number".to_owned())
            }
            Err(_) => text.parse().map(Self::Task).map_err(|reason| {
                format!("neither the number of a run nor the name of a task: {reason}")
            }),
        }
    }
}

fn level(word: &str) -> Result<Level, String> {
    Level::from_word(word).ok_or_else(|| "one of trace, debug, info, warn, error".to_owned())
}

impl Logs {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let run = match self.of {
            Of::Run(run) => run,
            Of::Task(task) => {
                let run = common.source().await?.newest(task.clone()).await?;
                if !common.json {
                    output::line(&format!("run {run} of {task}"));
                }
                run
            }
        };
        if self.follow {
            return follow::follow(run, self.level, common).await;
        }
        let mut source = common.source().await?;
        let witness = source.witness(common).await;
        let WholeRun { run: view, attempts, .. } = source.run(run).await?;
        if let Some(wanted) = self.attempt
            && !attempts.iter().any(|attempt| attempt.attempt == wanted)
        {
            let made = output::plural(attempts.len(), "attempt");
            bail!("run {run} has no attempt {wanted}: it has had {made}");
        }
        for attempt in &attempts {
            if self.attempt.is_some_and(|wanted| wanted != attempt.attempt) {
                continue;
            }
            let query =
                LogQuery { lease: Some(attempt.lease), least: self.level, ..LogQuery::whole(run) };
            let lines = source.log(query).await?;
            if common.json {
                // As with `--follow`: what is told by its name.
                let number = attempt.attempt;
                for line in &lines {
                    output::json(&json!({ "run": run, "attempt": number, "line": line }));
                }
                output::json(&json!({ "run": run, "attempt": witness.told_of(attempt, &view) }));
                continue;
            }
            let verdict = witness.verdict(attempt, &view);
            output::line(&format!("── attempt {} · {verdict}", attempt.attempt));
            for line in &lines {
                output::line(&show(&line.content));
            }
            if let Some(error) = &attempt.error {
                output::line(&format!("   {error}"));
            }
        }
        if common.json {
            let attempt = attempts.last().map_or(0, |attempt| attempt.attempt);
            output::json(&json!({ "run": run, "attempt": attempt, "end": witness.told(&view) }));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A line for people: when, how important, what, and where from.
pub(crate) fn show(line: &LogLine) -> String {
    let mut text = format!("{} {:5} {}", output::clock(line.at), line.level, line.message);
    let from = match &line.place {
        Some(place) => place.as_str(),
        None if line.target.is_empty() => line.source.as_str(),
        None => line.target.as_str(),
    };
    text.push_str(&format!("  ({from})"));
    text
}
