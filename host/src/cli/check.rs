//! `horarium check`

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::Args;

use super::{Common, asked, findings, with_way_out};
use crate::{
    config::{Problems, load},
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
        let text = load::read(file).map_err(with_way_out)?;
        let mut soundness = match common.elsewhere().await? {
            Some(mut host) => host.check(&text).await?,
            None => here(file, &text).await?,
        };
        let found = std::mem::take(&mut soundness.findings.problems);
        // A host knows it by another name.
        let problems = Problems::told(file, &text, found);
        soundness.findings.problems = problems.views();
        match common.json {
            true => output::json(&soundness),
            false => print(file, &soundness, &problems),
        }
        Ok(findings::conclude(&soundness.findings, soundness.tasks, common.json))
    }
}

/// With the plugins on this machine.
async fn here(file: &Path, text: &str) -> Result<Soundness> {
    let (config, problems) = load::examine_text(file, text)?;
    let library = plugins::library(&config, 1, |_| {}).await?;
    Ok(Soundness::of(&config, problems, &library))
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
