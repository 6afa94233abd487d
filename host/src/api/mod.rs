//! What a running host can be asked: HTTP with JSON, over a socket in the data
//! directory, and over a network where the configuration says so. The pages of [`ui`] are
//! answered beside it.
//!
//! A handler reads the request, asks the engine or the history, and words the answer.
//! It decides nothing.

mod alerts;
mod audit;
pub(crate) mod channels;
pub(crate) mod checkpoint;
mod configuration;
mod events;
mod follow;
pub(crate) mod health;
pub(crate) mod host;
mod metrics;
mod next;
mod openapi;
pub(crate) mod page;
pub(crate) mod plugins;
mod precondition;
pub(crate) mod problem;
pub(crate) mod read;
pub(crate) mod runs;
pub(crate) mod socket;
pub(crate) mod state;
mod statistics;
pub(crate) mod tasks;
pub(crate) mod versions;
mod words;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    extract::Request,
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use horarium_core::{
    History,
    name::TaskName,
    run::RunId,
    store::{RunView, WholeRun},
};
use horarium_engine::Control;
use horarium_sandbox::{Library, Room};
use horarium_store::SqliteStore;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

pub(crate) use self::{openapi::document, problem::Problem};
use crate::{
    access::{self, Door, Gate, Rule, Scope, guarded},
    config::{Config, TaskDraft, bind::Obstacle, meant},
    plugins::bind_one,
    serve::{LastReload, Reload},
    standing::{Fitness, Standing},
    telemetry::{hub::Hub, metrics::Metrics},
    ui,
    versions::Versions,
};

/// What the handlers share, until the host ends. A connection may outlast that, and holds
/// nothing then.
#[derive(Clone)]
pub(crate) struct Api(Arc<Mutex<Option<Arc<Parts>>>>);

pub(crate) struct Parts {
    pub(crate) control: Control,
    pub(crate) store: SqliteStore,
    pub(crate) library: Arc<Library>,
    /// The configuration that counts right now.
    pub(crate) config: watch::Receiver<Arc<Config>>,
    /// Where a new one is asked for.
    pub(crate) reloads: mpsc::Sender<Reload>,
    /// What came of the last one.
    pub(crate) reloaded: watch::Receiver<Option<LastReload>>,
    /// How the tasks stand with the plugins.
    pub(crate) standing: watch::Receiver<Arc<Standing>>,
    /// Where people find its page; none where it listens on no network.
    pub(crate) page: Option<String>,
    /// Since when the host serves.
    pub(crate) since: Timestamp,
    /// Where followers wait for news.
    pub(crate) hub: Arc<Hub>,
    /// What is counted and measured.
    pub(crate) metrics: Arc<Metrics>,
    /// Where guests have their memory.
    pub(crate) room: Arc<Room>,
    /// Nothing new starts any more.
    draining: AtomicBool,
    probe: health::Probe,
    /// What plugins were before.
    pub(crate) versions: Versions,
    /// Held by whoever puts a plugin into its place.
    installing: tokio::sync::Mutex<()>,
    /// Held by whoever has a configuration checked.
    checking: tokio::sync::Mutex<()>,
}

/// What a host answers with.
pub(crate) struct Sources {
    pub(crate) control: Control,
    pub(crate) store: SqliteStore,
    pub(crate) library: Arc<Library>,
    pub(crate) config: watch::Receiver<Arc<Config>>,
    pub(crate) reloads: mpsc::Sender<Reload>,
    pub(crate) reloaded: watch::Receiver<Option<LastReload>>,
    pub(crate) standing: watch::Receiver<Arc<Standing>>,
    pub(crate) page: Option<String>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) room: Arc<Room>,
}

impl Parts {
    pub(crate) fn new(sources: Sources) -> Self {
        let Sources { control, store, library, config, reloads, reloaded, .. } = sources;
        let Sources { standing, page, hub, metrics, room, .. } = sources;
        let versions = Versions::new(&config.borrow().data_dir);
        Self {
            control,
            store,
            library,
            config,
            reloads,
            reloaded,
            standing,
            page,
            since: Timestamp::now(),
            hub,
            metrics,
            room,
            draining: AtomicBool::new(false),
            probe: health::Probe::default(),
            versions,
            installing: tokio::sync::Mutex::default(),
            checking: tokio::sync::Mutex::default(),
        }
    }
}

impl Parts {
    /// Whether nothing new starts any more, since the host is about to end.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Refuses runs of a task that could only fail: where its function or its plugin is gone,
    /// or its arguments don't fit and a run has none of its own. A plugin that is on its way
    /// is waited for.
    pub(crate) fn promises(&self, task: &TaskName, own_args: bool) -> Result<(), Problem> {
        let config = self.config.borrow().clone();
        let awaited = |draft: &TaskDraft| self.library.is_awaited(&draft.plugin.value);
        let Some(draft) = config.draft(task).filter(|draft| !awaited(draft)) else {
            return Ok(());
        };
        let bound = bind_one(&config, draft, &self.library);
        match bound.obstacle {
            None => Ok(()),
            Some(Obstacle::Arguments) if own_args => Ok(()),
            Some(Obstacle::Arguments | Obstacle::Function) => {
                Err(Problem::unusable_task(task, &config.problems(bound.problems).views()))
            }
        }
    }

    /// Why what is asked of a task that the engine does not have is not done: it can't run,
    /// or there is no such task.
    pub(crate) fn unknown_task(&self, task: &TaskName) -> Problem {
        let standing = self.standing.borrow().clone();
        match standing.of(task) {
            Fitness::Fit => {
                let config = self.config.borrow().clone();
                let names: Vec<_> = config.tasks.iter().map(|it| it.name.value.as_str()).collect();
                let meant = meant(task.as_str(), &names);
                Problem::not_found(format!("there is no task `{task}`; {meant}"))
            }
            unfit => Problem::unusable_task(task, unfit.problems()),
        }
    }
}

impl Api {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(Mutex::new(Some(Arc::new(parts)))))
    }

    /// Says from now on that the host is about to end.
    pub(crate) fn drain(&self) {
        if let Ok(parts) = self.parts() {
            parts.draining.store(true, Ordering::Relaxed);
        }
    }

    /// Answers nothing any more.
    pub(crate) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    pub(crate) fn parts(&self) -> Result<Arc<Parts>, Problem> {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        parts.ok_or_else(Problem::draining)
    }

    /// All that can be asked, behind a gate.
    pub(crate) fn router(self, gate: Gate) -> Router {
        let nothing = async |request: Request| {
            let answer = said(&request, Problem::not_found("there is nothing at this address"));
            access::stray(request, answer).await
        };
        let not_so = async |request: Request| {
            let answer = said(&request, Problem::method_not_allowed());
            access::stray(request, answer).await
        };
        let operation = "show_metrics".to_owned();
        let measured = Rule { scope: Scope::Read, operation, door: Door::Api };
        openapi::router()
            .merge(ui::router())
            .merge(health::router())
            .merge(access::login::router())
            .route("/metrics", guarded(measured, get(metrics::show)))
            .fallback(nothing)
            .method_not_allowed_fallback(not_so)
            .layer(middleware::from_fn_with_state(self.clone(), metrics::count))
            .with_state(self)
            .layer(middleware::from_fn_with_state(gate, access::enter))
    }

    /// A run as it is in the history.
    pub(crate) async fn run(&self, run: RunId) -> Result<RunView, Problem> {
        let view = self.parts()?.store.run(run).await?;
        view.ok_or_else(|| no_run(run))
    }

    /// A run with its attempts.
    pub(crate) async fn whole_run(&self, run: RunId) -> Result<WholeRun, Problem> {
        let found = self.parts()?.store.whole_run(run).await?;
        found.ok_or_else(|| no_run(run))
    }
}

fn no_run(run: RunId) -> Problem {
    Problem::not_found(format!("there is no run {run}"))
}

/// A problem for whoever asks at this address: a program, or a person.
fn said(request: &Request, problem: Problem) -> Response {
    match request.uri().path().starts_with("/api/") {
        true => problem.into_response(),
        false => ui::problem(problem),
    }
}
