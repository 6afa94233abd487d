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
        asked::print_run(&run, common.json);
        Ok(ExitCode::SUCCESS)
    }
}
