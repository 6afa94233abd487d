//! `horarium reload`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::{Common, asked, findings};
use crate::{
    client::Refused,
    config::{self, Problems, load},
    output,
    serve::Taken,
};

/// Have the host read its configuration anew.
#[derive(Args)]
pub(super) struct Reload {}

impl Reload {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let taken = common.host().await?.reload().await;
        let taken = taken.map_err(|error| explained(error, common))?;
        match common.json {
            true => output::json(&taken),
            false => print(&taken, common),
        }
        Ok(findings::conclude(&taken.findings, taken.changes.tasks, common.json))
    }
}

/// What has changed, and what can't run all the same.
fn print(Taken { changes, findings }: &Taken, common: &Common) {
    output::line(&asked::changes(changes));
    // It was read a moment ago, by a host that is here or elsewhere.
    let text = load::read(&common.config).ok().filter(|_| !common.asks_elsewhere());
    let told = |text: String| Problems::told(&common.config, &text, findings.problems.clone());
    findings::print(findings, text.map(told).as_ref());
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
