//! `horarium reload`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::Value;

use super::{Common, asked};
use crate::{client::Refused, config, output};

/// Have the host read its configuration anew.
#[derive(Args)]
pub(super) struct Reload {}

impl Reload {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let answer = match common.host().await?.post("/api/v1/host/reload", &Value::Null).await {
            Ok(answer) => answer,
            Err(error) => return Err(explained(error, common)),
        };
        let count = |key: &str| answer[key].as_array().map_or(0, Vec::len);
        let mut text = format!(
            "{} new, {} changed, {} gone",
            output::plural(count("added"), "task"),
            count("changed"),
            count("removed")
        );
        if count("restart") > 0 {
            let keys = answer["restart"].as_array().into_iter().flatten();
            let keys: Vec<_> = keys.filter_map(Value::as_str).collect();
            text += &format!("; waits for a restart: {}", keys.join(", "));
        }
        if count("problems") > 0 {
            let problems = output::plural(count("problems"), "problem");
            text += &format!("; {problems}, see `horarium check`");
        }
        asked::print(&answer, &text, common.json);
        Ok(ExitCode::SUCCESS)
    }
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
