//! Where runs are read.

use anyhow::{Context, Result};
use horarium_core::{
    History,
    name::TaskName,
    run::RunId,
    store::{AlertQuery, AlertView, LineView, LogQuery, RunQuery, RunView, WholeRun},
};
use horarium_store::SqliteHistory;

use super::{Common, witness::Witness};
use crate::client::Client;

/// Where runs are read. Both tell the same.
pub(super) enum Source {
    /// The history on this machine, whether a host runs or not.
    History(SqliteHistory),
    /// A host.
    Host(Client),
}

impl Source {
    /// Who knows of runs that are under way.
    pub(super) async fn witness(&self, common: &Common) -> Witness {
        match (self, common.data_dir()) {
            (Self::History(_), Ok(data_dir)) => Witness::of(&data_dir).await,
            _ => Witness::Host,
        }
    }

    /// Runs, newest first.
    pub(super) async fn runs(&mut self, query: RunQuery) -> Result<Vec<RunView>> {
        match self {
            Self::History(history) => Ok(history.runs(query).await?),
            Self::Host(host) => host.runs(query).await,
        }
    }

    /// Why a task has no runs, in words.
    pub(super) async fn why_none(&mut self, task: &TaskName) -> Result<String> {
        let is_known = match self {
            Self::History(history) => history.task(task.clone()).await?.is_some(),
            Self::Host(host) => host.knows(task).await?,
        };
        Ok(match is_known {
            true => format!("no runs of `{task}`"),
            false => format!("no runs: no host has known a task `{task}` here"),
        })
    }

    /// The newest run of a task that has begun, or the newest one where none has.
    pub(super) async fn newest(&mut self, task: TaskName) -> Result<RunId> {
        const LOOKED_AT: u32 = 100;
        let query = RunQuery { task: Some(task.clone()), limit: LOOKED_AT, ..RunQuery::default() };
        let runs = self.runs(query).await?;
        let begun = runs.iter().find(|run| run.attempts > 0).or(runs.first());
        begun.map(|run| run.run).with_context(|| {
            format!("there is no run of a task `{task}`; `horarium runs` lists those there are")
        })
    }

    /// A run with its attempts.
    pub(super) async fn run(&mut self, run: RunId) -> Result<WholeRun> {
        let found = match self {
            Self::History(history) => history.whole_run(run).await.context("can't read the run")?,
            Self::Host(host) => host.run(run).await?,
        };
        found.with_context(|| format!("there is no run {run}"))
    }

    /// Alerts, newest first.
    pub(super) async fn alerts(&mut self, query: AlertQuery) -> Result<Vec<AlertView>> {
        match self {
            Self::History(history) => Ok(history.alerts(query).await?),
            Self::Host(host) => host.alerts(query).await,
        }
    }

    /// Lines of a log, oldest first.
    pub(super) async fn log(&mut self, query: LogQuery) -> Result<Vec<LineView>> {
        match self {
            Self::History(history) => Ok(history.log(query).await?),
            Self::Host(host) => host.log(query).await,
        }
    }
}
