//! `horarium cancel`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::run::RunId;
use serde_json::Value;

use super::{Common, asked};

#[derive(Args)]
pub(super) struct Cancel {
    /// The run.
    run: RunId,
}

impl Cancel {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let path = format!("/api/v1/runs/{}/cancel", self.run);
        let run = common.host().await?.post(&path, &Value::Null).await?;
        // What is under way ends a moment later.
        match run["state"].as_str() {
            Some("running") => {
                let task = run["task"].as_str().unwrap_or_default();
                let text = format!("run {} of {task} was told to stop", self.run);
                asked::print(&run, &text, common.json);
            }
            _ => asked::print_run(&run, common.json),
        }
        Ok(ExitCode::SUCCESS)
    }
}
