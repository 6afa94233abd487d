//! `horarium pause` and `horarium resume`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::name::TaskName;
use serde_json::Value;

use super::{Common, asked};

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
        self.ask("pause", "is paused", common).await
    }

    pub(super) async fn resume(self, common: &Common) -> Result<ExitCode> {
        self.ask("resume", "goes on", common).await
    }

    async fn ask(self, verb: &str, done: &str, common: &Common) -> Result<ExitCode> {
        let mut host = common.host().await?;
        if self.all {
            let answer = host.post(&format!("/api/v1/host/{verb}"), &Value::Null).await?;
            asked::print(&answer, &format!("the host {done}"), common.json);
        }
        for task in &self.tasks {
            let answer = host.post(&format!("/api/v1/tasks/{task}/{verb}"), &Value::Null).await?;
            asked::print(&answer, &format!("{task} {done}"), common.json);
        }
        Ok(ExitCode::SUCCESS)
    }
}
