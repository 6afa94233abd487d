//! `horarium checkpoint`

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use horarium_core::run::RunId;
use serde_json::json;

use super::{
    Common, asked,
    state::{note_redacted, print, source::Kept, sure::Sure},
};
use crate::output;

#[derive(Subcommand)]
pub(super) enum Checkpoint {
    /// Print it, byte by byte; on a terminal, fit for one.
    Get(Of),
    /// Have the host forget it: the next attempt begins anew, and so does a run that repeats
    /// this one.
    Delete(Delete),
}

/// Which run.
#[derive(Args)]
pub(super) struct Of {
    /// The run.
    run: RunId,
}

#[derive(Args)]
pub(super) struct Delete {
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    sure: Sure,
}

impl Checkpoint {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        match self {
            Self::Get(Of { run }) => {
                let found = Kept::find(common).await?.checkpoint(run).await?;
                note_redacted(found.redacted.into());
                match common.json {
                    true => output::json(&found),
                    false => print::value(found.value, found.encoding, found.checkpoint.bytes)?,
                }
            }
            Self::Delete(Delete { of: Of { run }, sure }) => {
                let mut host = common.host().await?;
                sure.ask(&format!("Forget the checkpoint of run {run}?"))?;
                let before = host.delete_checkpoint(run).await?;
                let bytes = output::bytes(before.bytes);
                let line = format!("the checkpoint of run {run}, {bytes}, is gone");
                asked::print(&json!(before), &line, common.json);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
