//! `horarium pause` and `horarium resume`

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use horarium_core::name::TaskName;
use serde_json::Value;

use super::{Common, asked, stand};
use crate::{api::tasks::Paused, client::Client, output};

/// What is meant: tasks, or the host.
#[derive(Args)]
pub(super) struct Pause {
    /// The tasks.
    #[arg(required_unless_present = "all")]
    tasks: Vec<TaskName>,
    /// Everything on the host.
    #[arg(long, conflicts_with = "tasks")]
    all: bool,
}

impl Pause {
    pub(super) async fn pause(self, common: &Common) -> Result<ExitCode> {
        let mut host = common.host().await?;
        if self.all {
            let answer = host.post("/api/v1/host/pause", &Value::Null).await?;
            asked::print(&answer, "the host is paused", common.json);
        }
        self.know_all(&mut host).await?;
        for task in &self.tasks {
            let answer = host.post(&format!("/api/v1/tasks/{task}/pause"), &Value::Null).await?;
            asked::print(&answer, &is_paused(&read(&answer)?), common.json);
        }
        Ok(ExitCode::SUCCESS)
    }

    pub(super) async fn resume(self, common: &Common) -> Result<ExitCode> {
        let mut host = common.host().await?;
        if self.all {
            let answer = host.post("/api/v1/host/resume", &Value::Null).await?;
            let aside = if common.json { Vec::new() } else { aside(&mut host).await? };
            asked::print(&answer, &host_goes_on(&aside), common.json);
        }
        self.know_all(&mut host).await?;
        for task in &self.tasks {
            let answer = host.post(&format!("/api/v1/tasks/{task}/resume"), &Value::Null).await?;
            asked::print(&answer, &goes_on(&read(&answer)?), common.json);
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Makes sure that the host knows all of several tasks, before anything is done to some.
    async fn know_all(&self, host: &mut Client) -> Result<()> {
        if self.tasks.len() > 1 {
            for task in &self.tasks {
                host.task(task).await?;
            }
        }
        Ok(())
    }
}

fn read(answer: &Value) -> Result<Paused> {
    let told = serde_json::from_value(answer.clone());
    told.context("the host tells what this program does not understand")
}

/// Tasks that are put aside each by itself.
async fn aside(host: &mut Client) -> Result<Vec<TaskName>> {
    let tasks = host.tasks().await?.into_iter();
    Ok(tasks.filter(|task| task.pause().is_some()).map(|task| task.name().clone()).collect())
}

/// What comes of it that everything was let start.
fn host_goes_on(aside: &[TaskName]) -> String {
    if aside.is_empty() {
        return "the host goes on".to_owned();
    }
    let (named, are) = stand::named(aside);
    format!("the host goes on; {named} {are} still put aside, `horarium resume TASK` helps")
}

/// Said of a task that there was once.
const GONE: &str = "the configuration does not have it any more";

/// What comes of it that a task was paused.
fn is_paused(paused: &Paused) -> String {
    let task = &paused.task;
    match paused.active {
        true => format!("{task} is paused"),
        false => format!("{task} is paused, and {GONE}"),
    }
}

/// What comes of it that a task was let start.
fn goes_on(resumed: &Paused) -> String {
    let task = &resumed.task;
    let but = if !resumed.active {
        GONE.to_owned()
    } else if let Some(since) = resumed.host_paused_at {
        let since = output::local(since);
        format!("the host is paused since {since}: nothing starts before `horarium resume --all`")
    } else if !resumed.problems.is_empty() {
        stand::sentence(task, &resumed.problems)
    } else {
        return format!("{task} goes on");
    };
    format!("{task} is resumed, but {but}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_start_does_not_go_on() {
        let resumed = |more: Value| {
            let mut answer =
                json!({ "task": "tick", "paused": false, "active": true, "problems": [] });
            answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            goes_on(&serde_json::from_value(answer).unwrap())
        };
        assert_eq!(resumed(json!({})), "tick goes on");
        let paused = resumed(json!({ "host_paused_at": "2026-03-27T14:32:07Z" }));
        assert!(paused.ends_with(": nothing starts before `horarium resume --all`"), "{paused}");
        let gone = resumed(json!({ "active": false }));
        assert_eq!(gone, "tick is resumed, but the configuration does not have it any more");
    }

    #[test]
    fn a_host_goes_on_without_those_put_aside() {
        let names = |count: usize| -> Vec<TaskName> {
            (0..count).map(|number| format!("t{number}").parse().unwrap()).collect()
        };
        assert_eq!(host_goes_on(&[]), "the host goes on");
        assert!(host_goes_on(&names(1)).starts_with("the host goes on; t0 is still put aside"));
        let many = host_goes_on(&names(7));
        assert!(many.contains("t0, t1, t2, t3, t4 and 2 more are still"), "{many}");
    }
}
