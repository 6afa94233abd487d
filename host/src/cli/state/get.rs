//! `horarium state get`

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use horarium_core::text::escape;

use super::{super::Common, At, Kept, note_redacted};
use crate::{
    keeping::{Encoding, bytes_of},
    output,
};

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
        if common.json {
            output::json(&entry);
            return Ok(ExitCode::SUCCESS);
        }
        if io::stdout().is_terminal() {
            match entry.encoding {
                Encoding::Text => {
                    entry.value.split('\n').for_each(|line| output::line(&escape(line)));
                }
                Encoding::Base64 => bail!(
                    "it is no text but {} bytes; take --json, or write it to a file with `>`",
                    entry.entry.bytes
                ),
            }
            return Ok(ExitCode::SUCCESS);
        }
        let value = bytes_of(entry.value, entry.encoding).context("the value is no base64")?;
        match io::stdout().write_all(&value).and_then(|()| io::stdout().flush()) {
            Err(reason) if reason.kind() != io::ErrorKind::BrokenPipe => {
                Err(reason).context("can't write to standard output")
            }
            _ => Ok(ExitCode::SUCCESS),
        }
    }
}
