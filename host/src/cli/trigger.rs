//! `horarium trigger`

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use clap::Args;
use horarium_core::{effects::When, name::TaskName, rules::MOST_PRIORITY};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{Common, asked};
use crate::written;

#[derive(Args)]
pub(super) struct Trigger {
    /// The task.
    task: TaskName,
    /// Arguments as JSON, instead of the task's own.
    #[arg(long, short, value_name = "JSON", value_parser = super::run::parse::json)]
    args: Option<Value>,
    /// A key that at most one run of the task has: asked again by the same key, the
    /// host answers with the same run.
    #[arg(long, short)]
    key: Option<String>,
    /// Start it this much later, such as `90s`.
    #[arg(long, value_name = "DURATION", conflicts_with = "at", value_parser = wait)]
    after: Option<Duration>,
    /// Start it at this instant, such as `2026-12-01T03:00:00Z`.
    #[arg(long, value_name = "INSTANT", value_parser = written::instant)]
    at: Option<Timestamp>,
    /// Which of two waiting runs goes first, from -100 to 100, where not as the task
    /// says.
    #[arg(long, short, allow_hyphen_values = true, value_parser = priority)]
    priority: Option<i8>,
}

fn wait(text: &str) -> Result<Duration, String> {
    let wait = written::length(text).map_err(|reason| reason.to_string())?;
    match wait <= When::LONGEST {
        true => Ok(wait),
        false => Err("nobody waits that long: 100 years are the most".to_owned()),
    }
}

fn priority(text: &str) -> Result<i8, String> {
    let within = |priority: &i8| (-MOST_PRIORITY..=MOST_PRIORITY).contains(priority);
    let told = || format!("a priority is a number from -{MOST_PRIORITY} to {MOST_PRIORITY}");
    text.parse().ok().filter(within).ok_or_else(told)
}

impl Trigger {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let mut body = Map::new();
        let mut add = |key: &str, value: Option<Value>| {
            body.extend(value.map(|value| (key.to_owned(), value)));
        };
        add("args", self.args);
        add("key", self.key.map(Value::from));
        let after = self.after.map(SignedDuration::try_from).transpose();
        let after = after.context("nobody waits that long")?;
        add("after", after.map(|after| json!(after)));
        add("at", self.at.map(|at| json!(at)));
        add("priority", self.priority.map(Value::from));
        let mut host = common.host().await?;
        let run = host.post(&format!("/api/v1/tasks/{}/runs", self.task), &body.into()).await?;
        asked::print_run(&run, common.json);
        Ok(ExitCode::SUCCESS)
    }
}
