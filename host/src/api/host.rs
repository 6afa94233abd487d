//! `/host`: the host as a whole.

use std::{borrow::Cow, path::Path};

use axum::{Json, extract::State};
use horarium_core::{
    History,
    store::{Queue, Scope, Waiting},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::{
    Api, health,
    problem::{Problem, ProblemBody},
};
use crate::{
    config::{ProblemView, load::ConfigError},
    serve::{LastReload, Reloaded, Taken},
};

/// A host.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct HostView {
    /// Its program's version.
    pub(crate) version: Cow<'static, str>,
    /// Its process.
    pub(crate) pid: u32,
    /// Since when it serves.
    pub(crate) since: Timestamp,
    /// Where people find its page; none where it listens on no network.
    pub(crate) page: Option<String>,
    /// The file of its configuration.
    pub(crate) configuration: String,
    /// What is wrong with that file, where it is broken and the last good one goes on.
    pub(crate) broken: Option<Broken>,
    /// How many attempts run at once, at most.
    pub(crate) capacity: u32,
    /// How many of these run.
    pub(crate) running: usize,
    /// How many runs wait, whatever for. No more than 100,000 are counted of each reason.
    pub(crate) queued: u64,
    /// How many tasks its configuration has.
    pub(crate) tasks: usize,
    /// How many of them can't run, or not as they are meant to.
    pub(crate) unusable: usize,
    /// How many of them run once their plugins are compiled.
    pub(crate) waiting: usize,
    /// Since when nothing starts, where that is so.
    pub(crate) paused_at: Option<Timestamp>,
    /// How many tasks of its configuration are put aside, each by itself.
    #[serde(default)]
    pub(crate) aside: u64,
    /// Whether it is about to end: nothing new starts, and what runs is waited for.
    pub(crate) draining: bool,
    /// What keeps it from its work, where something does, such as a full disk: it is not ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trouble: Option<Cow<'static, str>>,
}

/// A configuration that a host does not take over.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Broken {
    /// Since when it is broken, whatever was changed in it meanwhile.
    pub(crate) since: Timestamp,
    /// What is wrong, in a sentence.
    pub(crate) error: String,
    /// What is wrong, one by one, where the file could be read.
    pub(crate) problems: Vec<ProblemView>,
}

impl Broken {
    /// Where the last reload was in vain.
    fn of(last: Option<&LastReload>) -> Option<Self> {
        match &last?.outcome {
            Reloaded::Taken(_) => None,
            Reloaded::Refused { since, why, problems } => {
                Some(Self { since: *since, error: why.clone(), problems: problems.clone() })
            }
        }
    }
}

/// What it is and how it stands.
#[utoipa::path(get, path = "/host", tag = "host", operation_id = "show_host", responses(
    (status = 200, body = HostView),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn show(State(api): State<Api>) -> Result<Json<HostView>, Problem> {
    let parts = api.parts()?;
    let Waiting { queue, paused_at, aside } = parts.store.waiting().await?;
    let Queue { ready, later, held, parked, .. } = queue;
    let config = parts.config.borrow().clone();
    let standing = parts.standing.borrow().clone();
    let broken = Broken::of(parts.reloaded.borrow().as_ref());
    Ok(Json(HostView {
        version: env!("CARGO_PKG_VERSION").into(),
        pid: std::process::id(),
        since: parts.since,
        page: parts.page.clone(),
        configuration: absolute(config.file()),
        broken,
        capacity: config.capacity,
        running: parts.control.busy(),
        queued: ready + later + held + parked,
        tasks: standing.tasks,
        unusable: standing.unusable().len(),
        waiting: standing.waiting().len(),
        paused_at,
        aside,
        draining: parts.is_draining(),
        trouble: health::trouble(&parts).await.map(Cow::from),
    }))
}

/// A file, wherever the host was started.
fn absolute(file: &Path) -> String {
    // Where there is no current directory any more, its name has to do.
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    absolute.display().to_string()
}

/// Lets nothing start; what runs goes on.
#[utoipa::path(post, path = "/host/pause", tag = "host", operation_id = "pause_host", responses(
    (status = 200, body = HostView),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn pause(State(api): State<Api>) -> Result<Json<HostView>, Problem> {
    api.parts()?.control.pause(Scope::All).await.ok_or_else(Problem::draining)??;
    show(State(api)).await
}

/// Lets everything start again.
#[utoipa::path(post, path = "/host/resume", tag = "host", operation_id = "resume_host", responses(
    (status = 200, body = HostView),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn resume(State(api): State<Api>) -> Result<Json<HostView>, Problem> {
    api.parts()?.control.resume(Scope::All).await.ok_or_else(Problem::draining)??;
    show(State(api)).await
}

/// Reads the configuration anew; one that is broken changes nothing.
#[utoipa::path(post, path = "/host/reload", tag = "host", operation_id = "reload_host", responses(
    (status = 200, body = Taken),
    (status = 422, description = "It is broken; `problems` says where.", body = ProblemBody,
        content_type = "application/problem+json"),
    (status = "default", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn reload(State(api): State<Api>) -> Result<Json<Taken>, Problem> {
    let (done, reloaded) = oneshot::channel();
    api.parts()?.reloads.send(done).await.map_err(|_| Problem::draining())?;
    match reloaded.await.map_err(|_| Problem::draining())? {
        Ok(taken) => Ok(Json(taken)),
        Err(error) => Err(refused(&error)),
    }
}

fn refused(error: &ConfigError) -> Problem {
    let problem = Problem::misfit(format!("{error}; the last good one goes on"));
    match error {
        ConfigError::Problems(problems) => problem.with("problems", problems.to_json()),
        ConfigError::Read { .. } | ConfigError::TooLarge { .. } => problem,
    }
}
