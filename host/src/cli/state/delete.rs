//! `horarium state delete`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{super::Common, At, If, sure::Sure};
use crate::{cli::asked, output};

#[derive(Args)]
pub(super) struct Delete {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    only: If,
    #[command(flatten)]
    sure: Sure,
}

impl Delete {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let At { bucket, key } = &self.at;
        let mut host = common.host().await?;
        self.sure.ask(&format!("Delete {:?} from {}?", key.as_str(), bucket.address()))?;
        let entry = host.delete_entry(bucket, key.as_str(), self.only.expected()).await?;
        let bytes = output::bytes(entry.bytes);
        let line = format!("{} {:?}, {bytes}, is gone", bucket.address(), entry.key);
        asked::print(&json!(entry), &line, common.json);
        Ok(ExitCode::SUCCESS)
    }
}
