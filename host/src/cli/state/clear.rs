//! `horarium state clear`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::effects::Bucket;
use serde_json::json;

use super::{super::Common, sure::Sure};
use crate::{cli::asked, output};

#[derive(Args)]
pub(super) struct Clear {
    /// The bucket: `task/NAME` or NAME, or `shared/NAME`.
    bucket: Bucket,
    #[command(flatten)]
    sure: Sure,
}

impl Clear {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let Self { bucket, sure } = &self;
        let mut host = common.host().await?;
        if sure.asks() {
            let info = host.bucket(bucket).await?;
            let holds = held(info.keys, info.bytes);
            sure.ask(&format!("{} holds {holds}. Take all of it away?", info.bucket))?;
        }
        let cleared = host.clear(bucket).await?;
        let line =
            format!("{} is empty: {} gone", cleared.bucket, held(cleared.keys, cleared.bytes));
        asked::print(&json!(cleared), &line, common.json);
        Ok(ExitCode::SUCCESS)
    }
}

fn held(keys: u64, bytes: u64) -> String {
    let keys = output::plural(usize::try_from(keys).unwrap_or(usize::MAX), "key");
    format!("{keys}, {}", output::bytes(bytes))
}
