//! `horarium db`

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use horarium_core::{
    History,
    run::RunId,
    store::{LogQuery, RunQuery, WholeRun},
    text::escape,
};
use horarium_store::SqliteHistory;
use serde_json::{Value, json};

use super::{Common, state::source::Here};
use crate::output;

/// Runs that are read at a time.
const PAGE: u32 = 500;

#[derive(Subcommand)]
pub(super) enum Db {
    /// Copy the history into a new file, while a host writes to it or not.
    Backup {
        /// The new file.
        file: PathBuf,
    },
    /// Read all of the history, and say what is wrong with it.
    Check {
        /// The history in this file instead: a backup.
        file: Option<PathBuf>,
    },
    /// Print every run with its attempts and their logs, a JSON object a line, newest
    /// first, and then every entry of what tasks keep.
    Export,
}

impl Db {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        match self {
            Self::Backup { file } => {
                let history = common.history()?;
                history.backup(&file).await?;
                match common.json {
                    true => output::json(&json!({ "file": file })),
                    false => output::line(&format!("{} is a copy of the history", file.display())),
                }
                Ok(ExitCode::SUCCESS)
            }
            Self::Check { file: None } => check(&common.history()?, None, common.json).await,
            Self::Check { file: Some(file) } => {
                check(&backup(&file)?, Some(&file), common.json).await
            }
            Self::Export => {
                export(&common.history()?).await?;
                export_state(&Here::open(common)?).await?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// The history in a file that somebody named.
fn backup(file: &Path) -> Result<SqliteHistory> {
    let found = fs::metadata(file).with_context(|| format!("can't read {}", file.display()))?;
    // Whoever opens a pipe waits until somebody writes to it.
    if !found.is_file() {
        bail!("can't read {}: it is no regular file, and a backup is one", file.display());
    }
    SqliteHistory::open_file(file.to_owned()).context("can't read the backup")
}

async fn check(history: &SqliteHistory, backup: Option<&Path>, json: bool) -> Result<ExitCode> {
    let faults = history.check().await?;
    let (what, way_out) = match backup {
        Some(file) => (file.display().to_string(), "take another backup"),
        None => (
            "the history".to_owned(),
            "restore a backup, or save what can be read with `horarium db export`",
        ),
    };
    match json {
        true => output::json(&json!({ "faults": faults })),
        false if faults.is_empty() => output::line(&format!("{what} is sound")),
        false => faults.iter().for_each(|fault| output::error_line(&escape(fault))),
    }
    if !faults.is_empty() {
        output::error_line(&format!("error: {}; {way_out}", output::plural(faults.len(), "fault")));
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What tasks keep. Secrets that are known are not in it, as they are in no log: a backup has
/// it as it is.
async fn export_state(here: &Here) -> Result<()> {
    for (bucket, _) in here.buckets().await? {
        let mut entries = here.entries(bucket, String::new());
        while let Some(entry) = entries.next().await? {
            output::json(&json!({ "entry": entry }));
        }
    }
    Ok(())
}

async fn export(history: &SqliteHistory) -> Result<()> {
    let mut before = None;
    loop {
        let query = RunQuery { before, limit: PAGE, ..RunQuery::default() };
        let runs = history.runs(query).await?;
        let Some(last) = runs.last() else { return Ok(()) };
        before = Some(last.run);
        for run in &runs {
            if let Some(whole) = whole(history, run.run).await? {
                output::json(&whole);
            }
        }
    }
}

/// A run with all that is known of it; none where it has been forgotten meanwhile.
async fn whole(history: &SqliteHistory, run: RunId) -> Result<Option<Value>> {
    let Some(whole) = history.whole_run(run).await? else { return Ok(None) };
    let mut attempts = Vec::new();
    for attempt in whole.attempts {
        let query = LogQuery { lease: Some(attempt.lease), ..LogQuery::whole(run) };
        let log = history.log(query).await?;
        attempts.push(json!({ "attempt": attempt, "log": log }));
    }
    let WholeRun { run, checkpoint, .. } = whole;
    Ok(Some(json!({ "run": run, "attempts": attempts, "checkpoint": checkpoint })))
}
