//! `horarium state get`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::{super::Common, At, Kept, note_redacted, print};
use crate::output;

#[derive(Args)]
pub(super) struct Get {
    #[command(flatten)]
    at: At,
}

impl Get {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let At { bucket, key } = &self.at;
        let entry = Kept::find(common).await?.entry(bucket, key).await?;
        note_redacted(entry.redacted.into());
        match common.json {
            true => output::json(&entry),
            false => print::value(entry.value, entry.encoding, entry.entry.bytes)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
