//! `horarium schema`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::output;

#[derive(Args)]
pub(super) struct Schema {}

impl Schema {
    pub(super) fn run(self) -> Result<ExitCode> {
        output::line(&serde_json::to_string_pretty(&crate::config::schema())?);
        Ok(ExitCode::SUCCESS)
    }
}
