//! `horarium schema`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::{api, config, output};

#[derive(Args)]
pub(super) struct Schema {
    /// Of the HTTP API instead: its OpenAPI document.
    #[arg(long)]
    api: bool,
}

impl Schema {
    pub(super) fn run(self) -> Result<ExitCode> {
        let text = match self.api {
            true => api::document().to_pretty_json()?,
            false => serde_json::to_string_pretty(&config::schema())?,
        };
        output::line(&text);
        Ok(ExitCode::SUCCESS)
    }
}
