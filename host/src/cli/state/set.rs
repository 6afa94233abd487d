//! `horarium state set`

use std::{
    fs,
    io::{self, Read},
    process::ExitCode,
};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Args;
use serde_json::json;

use super::{super::Common, At, If, written};
use crate::{cli::asked, client::Expected, keeping::Encoding};

#[derive(Args)]
pub(super) struct Set {
    #[command(flatten)]
    at: At,
    /// The value, as it is: `10`, or `'{"page": 3}'`. `@FILE` is what is in that file; what
    /// comes on standard input is `-`, or no value at all.
    value: Option<String>,
    #[command(flatten)]
    only: If,
    /// Only if there is no such key.
    #[arg(long, conflicts_with = "if_version")]
    new: bool,
}

impl Set {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let At { bucket, key } = &self.at;
        let expected = if self.new { Expected::Nothing } else { self.only.expected() };
        let value = text(bytes(self.value.as_deref())?);
        let value = (value.0.as_str(), value.1);
        let mut host = common.host().await?;
        let entry = host.set_entry(bucket, key.as_str(), value, expected).await?;
        asked::print(&json!(entry), &written(bucket, &entry), common.json);
        Ok(ExitCode::SUCCESS)
    }
}

fn bytes(value: Option<&str>) -> Result<Vec<u8>> {
    match value {
        None | Some("-") => {
            let mut value = Vec::new();
            io::stdin().lock().read_to_end(&mut value).context("can't read standard input")?;
            Ok(value)
        }
        Some(text) => match text.strip_prefix('@') {
            Some(file) => fs::read(file).with_context(|| format!("can't read {file}")),
            None => Ok(text.as_bytes().to_vec()),
        },
    }
}

/// A value as it is told.
fn text(value: Vec<u8>) -> (String, Encoding) {
    match String::from_utf8(value) {
        Ok(text) => (text, Encoding::Text),
        Err(binary) => (STANDARD.encode(binary.as_bytes()), Encoding::Base64),
    }
}
