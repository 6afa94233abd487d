//! What a host tells, in the words of those who print it.

use anyhow::{Context, Result};
use form_urlencoded::Serializer;
use horarium_core::{
    name::TaskName,
    run::RunId,
    store::{
        AlertQuery, AlertView, LineView, LogQuery, Pause, RunQuery, RunView, TaskView, WholeRun,
    },
};
use hyper::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Client, Refused};
use crate::{
    api::host::HostView,
    config::ProblemView,
    describe::{ChannelView, NextView, PluginView, TaskSettings},
    standing::Fitness,
};

/// How many a host tells at once.
const PAGE: u32 = 500;

/// The same as a length.
const PAGE_LENGTH: usize = 500;

/// A task: what is said of it, and what the history knows of it.
#[derive(Debug, Serialize)]
pub(crate) struct ListedTask {
    #[serde(flatten)]
    pub(crate) said: Said,
    /// Whether its plugin is still being compiled.
    pub(crate) waiting: bool,
    /// Why it can't run.
    pub(crate) problems: Vec<ProblemView>,
    pub(crate) history: Option<TaskView>,
}

/// What is said of a task.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Said {
    Settings(TaskSettings),
    /// It is not known what it would run.
    Nothing {
        task: TaskName,
    },
}

impl ListedTask {
    pub(crate) fn name(&self) -> &TaskName {
        match &self.said {
            Said::Settings(settings) => &settings.task,
            Said::Nothing { task } => task,
        }
    }

    pub(crate) fn settings(&self) -> Option<&TaskSettings> {
        match &self.said {
            Said::Settings(settings) => Some(settings),
            Said::Nothing { .. } => None,
        }
    }

    pub(crate) fn fitness(&self) -> Fitness<'_> {
        Fitness::told(self.waiting, &self.problems)
    }

    pub(crate) fn pause(&self) -> Option<Pause> {
        self.history.as_ref().and_then(|view| view.pause)
    }
}

/// A part of a list.
#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct WholeTask {
    task: TaskName,
    settings: Option<TaskSettings>,
    waiting: bool,
    problems: Vec<ProblemView>,
    history: Option<TaskView>,
}

impl From<WholeTask> for ListedTask {
    fn from(WholeTask { task, settings, waiting, problems, history }: WholeTask) -> Self {
        let said = settings.map_or(Said::Nothing { task }, Said::Settings);
        Self { said, waiting, problems, history }
    }
}

/// What follows the question mark of an address.
pub(super) type Query = Vec<(&'static str, String)>;

impl Client {
    /// Runs, newest first.
    pub(crate) async fn runs(&mut self, query: RunQuery) -> Result<Vec<RunView>> {
        let mut words = Query::new();
        words.extend(query.task.map(|task| ("task", task.to_string())));
        if !query.states.is_empty() {
            words.push(("state", query.states.join(",")));
        }
        words.extend(query.tree.map(|tree| ("tree", tree.to_string())));
        let before = query.before.map(|before| before.to_string());
        self.list("/runs", &words, before, query.limit).await
    }

    /// A run with its attempts; none where there is no such run.
    pub(crate) async fn run(&mut self, run: RunId) -> Result<Option<WholeRun>> {
        match self.get(&format!("/api/v1/runs/{run}")).await {
            Err(error) if is_missing(&error) => Ok(None),
            found => read(found?).map(Some),
        }
    }

    /// Whether there is or was a task of this name.
    pub(crate) async fn knows(&mut self, task: &TaskName) -> Result<bool> {
        match self.get(&format!("/api/v1/tasks/{task}")).await {
            Ok(_) => Ok(true),
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Lines of a log, oldest first.
    pub(crate) async fn log(&mut self, query: LogQuery) -> Result<Vec<LineView>> {
        let words = vec![("level", query.least.to_string())];
        let after = query.after.map(|after| after.to_string());
        let path = format!("/runs/{}/log", query.run);
        let mut lines: Vec<LineView> = self.list(&path, &words, after, query.limit).await?;
        lines.retain(|line| query.lease.is_none_or(|lease| line.place.lease == lease));
        Ok(lines)
    }

    /// The tasks of its configuration, by name.
    pub(crate) async fn tasks(&mut self) -> Result<Vec<ListedTask>> {
        let words = vec![("active", "true".to_owned())];
        let tasks: Vec<WholeTask> = self.list("/tasks", &words, None, u32::MAX).await?;
        Ok(tasks.into_iter().map(ListedTask::from).collect())
    }

    /// One task.
    pub(crate) async fn task(&mut self, task: &TaskName) -> Result<ListedTask> {
        read::<WholeTask>(self.get(&format!("/api/v1/tasks/{task}")).await?).map(ListedTask::from)
    }

    /// How it stands.
    pub(crate) async fn host(&mut self) -> Result<HostView> {
        read(self.get("/api/v1/host").await?)
    }

    /// Alerts, newest first.
    pub(crate) async fn alerts(&mut self, query: AlertQuery) -> Result<Vec<AlertView>> {
        let mut words = Query::new();
        words.extend(query.task.map(|task| ("task", task.to_string())));
        if query.open {
            words.push(("open", "true".to_owned()));
        }
        let before = query.before.map(|before| before.to_string());
        self.list("/alerts", &words, before, query.limit).await
    }

    /// Its channels, by name.
    pub(crate) async fn channels(&mut self) -> Result<Vec<ChannelView>> {
        read(self.get("/api/v1/channels").await?)
    }

    /// When a task is due next.
    pub(crate) async fn next(
        &mut self,
        task: &TaskName,
        from: Timestamp,
        count: u32,
    ) -> Result<NextView> {
        let mut whole = self.next_page(task, from, count.min(PAGE)).await?;
        let mut got = whole.next.len();
        // A page that is not full is the last one.
        while let Some(last) = whole.next.last().copied().filter(|_| got == PAGE_LENGTH) {
            let known = u32::try_from(whole.next.len()).unwrap_or(u32::MAX);
            let missing = count.saturating_sub(known);
            if missing == 0 {
                break;
            }
            let page = self.next_page(task, last, missing.min(PAGE)).await?;
            got = page.next.len();
            whole.next.extend(page.next);
        }
        Ok(whole)
    }

    async fn next_page(
        &mut self,
        task: &TaskName,
        from: Timestamp,
        limit: u32,
    ) -> Result<NextView> {
        let words = vec![("from", from.to_string()), ("limit", limit.to_string())];
        read(self.get(&address(&format!("/tasks/{task}/next"), &words)).await?)
    }

    /// Its plugins, by name.
    pub(crate) async fn plugins(&mut self) -> Result<Vec<PluginView>> {
        read(self.get("/api/v1/plugins").await?)
    }

    /// A list, page by page.
    pub(super) async fn list<T: DeserializeOwned>(
        &mut self,
        path: &str,
        words: &Query,
        mut cursor: Option<String>,
        limit: u32,
    ) -> Result<Vec<T>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut all = Vec::new();
        while all.len() < limit {
            let missing = u32::try_from(limit - all.len()).unwrap_or(u32::MAX);
            let mut words = words.clone();
            words.push(("limit", missing.min(PAGE).to_string()));
            words.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let page: Page<T> = read(self.get(&address(path, &words)).await?)?;
            all.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        Ok(all)
    }
}

fn address(path: &str, words: &Query) -> String {
    let query = Serializer::new(String::new()).extend_pairs(words).finish();
    format!("/api/v1{path}?{query}")
}

pub(super) fn read<T: DeserializeOwned>(answer: Value) -> Result<T> {
    serde_json::from_value(answer).context("the host tells what this program does not understand")
}

fn is_missing(error: &anyhow::Error) -> bool {
    let refused = error.downcast_ref::<Refused>();
    refused.is_some_and(|refused| refused.status == StatusCode::NOT_FOUND)
}
