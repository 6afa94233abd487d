//! `horarium status`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::{Common, asked};
use crate::output;

#[derive(Args)]
pub(super) struct Status {}

impl Status {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let answer = common.host().await?.get("/api/v1/host").await?;
        let tasks = usize::try_from(answer["tasks"].as_u64().unwrap_or_default());
        let mut text = format!(
            "horarium {} serves {}, as process {}",
            answer["version"].as_str().unwrap_or_default(),
            output::plural(tasks.unwrap_or(usize::MAX), "task"),
            answer["pid"]
        );
        if let Some(since) = answer["paused_at"].as_str() {
            text += &format!("; paused since {since}");
        }
        asked::print(&answer, &text, common.json);
        Ok(ExitCode::SUCCESS)
    }
}
