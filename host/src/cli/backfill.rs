//! `horarium backfill`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::name::TaskName;
use jiff::Timestamp;
use serde_json::json;

use super::{Common, asked};
use crate::output;

#[derive(Args)]
pub(super) struct Backfill {
    /// The task.
    task: TaskName,
    /// The first instant that counts, such as `2026-11-01T00:00:00Z`.
    #[arg(long, value_name = "INSTANT")]
    from: Timestamp,
    /// The first one that does not count any more; now, where left out.
    #[arg(long, value_name = "INSTANT")]
    to: Option<Timestamp>,
}

impl Backfill {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let body = match self.to {
            Some(to) => json!({ "from": self.from, "to": to }),
            None => json!({ "from": self.from }),
        };
        let path = format!("/api/v1/tasks/{}/backfill", self.task);
        let answer = common.host().await?.post(&path, &body).await?;
        let made = answer["runs"].as_array().map_or(0, Vec::len);
        let text = match answer["known"].as_u64().unwrap_or_default() {
            0 => output::plural(made, "new run"),
            known => format!("{}, {known} had one before", output::plural(made, "new run")),
        };
        asked::print(&answer, &text, common.json);
        Ok(ExitCode::SUCCESS)
    }
}
