//! `horarium check`

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::Args;

use super::{Common, asked, findings, with_way_out};
use crate::{
    config::{Problems, load, load::ConfigError},
    output, plugins,
    soundness::Soundness,
};

#[derive(Args)]
pub(super) struct Check {
    /// The file, instead of the one that --config names. With --host, it is checked as if it
    /// stood in the place of the one that is served there.
    file: Option<PathBuf>,
}

impl Check {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let file = self.file.as_ref().unwrap_or(&common.config);
        let text = match &self.file {
            // It was named: nobody has to hear how to name one.
            Some(file) => load::read(file)?,
            None => load::read(file).map_err(with_way_out)?,
        };
        let mut soundness = match common.elsewhere().await? {
            Some(mut host) => host.check(&text).await?,
            None => here(file, &text).await?,
        };
        let found = std::mem::take(&mut soundness.findings.problems);
        // A host knows it by another name.
        let problems = Problems::told(file, &text, found);
        soundness.findings.problems = problems.views();
        let doubts = std::mem::take(&mut soundness.doubts);
        let doubts = Problems::told(file, &text, doubts).into_doubts();
        soundness.doubts = doubts.views();
        match common.json {
            true => output::json(&soundness),
            false => {
                output::error_text(&doubts.render());
                print(file, &soundness, &problems);
            }
        }
        Ok(findings::conclude(&soundness.findings, soundness.tasks, common.json))
    }
}

/// With the plugins on this machine.
async fn here(file: &Path, text: &str) -> Result<Soundness> {
    let (config, problems) = load::examine_text(file, text)?;
    match plugins::library(&config, 1, |_| {}).await {
        Ok(library) => Ok(Soundness::of(&config, problems, &library)),
        // What can be said without plugins comes first.
        Err(_) if !problems.is_empty() => {
            Err(ConfigError::Problems(config.problems(problems)).into())
        }
        Err(error) => Err(error),
    }
}

fn print(file: &Path, soundness: &Soundness, problems: &Problems) {
    findings::print(&soundness.findings, Some(problems));
    if !soundness.is_sound() {
        return;
    }
    output::line(&format!(
        "{} is sound: {}, {}",
        file.display(),
        output::plural(soundness.tasks, "task"),
        output::plural(soundness.plugins, "plugin")
    ));
    if let Some(changes) = &soundness.reload {
        output::line(&format!("a reload would mean: {}", asked::changes(changes)));
    }
}
