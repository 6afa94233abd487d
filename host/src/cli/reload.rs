//! `horarium reload`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::{Common, asked};
use crate::{client::Refused, config, output, serve::Taken};

/// Have the host read its configuration anew.
#[derive(Args)]
pub(super) struct Reload {}

impl Reload {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let taken = common.host().await?.reload().await;
        let taken = taken.map_err(|error| explained(error, common))?;
        match common.json {
            true => output::json(&taken),
            false => output::line(&said(&taken)),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn said(Taken { changes, problems }: &Taken) -> String {
    let mut text = asked::changes(changes);
    if !problems.is_empty() {
        let problems = output::plural(problems.len(), "problem");
        text += &format!("; {problems}, see `horarium check`");
    }
    text
}

/// The host says what is wrong; this process can show where.
fn explained(error: anyhow::Error, common: &Common) -> anyhow::Error {
    let is_wrong = error
        .downcast_ref::<Refused>()
        .is_some_and(|refused| refused.problem["problems"].is_array());
    if common.asks_elsewhere() {
        return error;
    }
    match config::load(&common.config) {
        Err(problems) if is_wrong && !common.json => {
            anyhow::Error::new(problems).context("the last good configuration goes on")
        }
        _ => error,
    }
}
