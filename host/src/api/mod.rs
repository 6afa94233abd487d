//! What a running host can be asked: HTTP with JSON, over a socket in the data
//! directory, and over a network where the configuration says so.
//!
//! A handler reads the request, asks the engine or the history, and words the answer.
//! It decides nothing.

mod audit;
mod health;
mod host;
mod openapi;
mod page;
mod plugins;
pub(crate) mod problem;
mod read;
mod runs;
pub(crate) mod socket;
mod tasks;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use axum::{Router, extract::Request, middleware};
use horarium_core::{History, run::RunId, store::RunView};
use horarium_engine::Control;
use horarium_sandbox::Library;
use horarium_store::SqliteStore;
use tokio::sync::{mpsc, watch};

pub(crate) use self::openapi::document;
use self::problem::Problem;
use crate::{
    access::{self, Gate, Longest},
    config::Config,
    serve::Reload,
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
    /// Nothing new starts any more.
    draining: AtomicBool,
    probe: health::Probe,
}

impl Parts {
    pub(crate) fn new(
        control: Control,
        store: SqliteStore,
        library: Arc<Library>,
        config: watch::Receiver<Arc<Config>>,
        reloads: mpsc::Sender<Reload>,
    ) -> Self {
        Self {
            control,
            store,
            library,
            config,
            reloads,
            draining: AtomicBool::new(false),
            probe: health::Probe::default(),
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

    fn parts(&self) -> Result<Arc<Parts>, Problem> {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        parts.ok_or_else(Problem::draining)
    }

    /// All that can be asked, behind a gate.
    pub(crate) fn router(self, gate: Gate) -> Router {
        let nothing = async |request: Request| {
            access::stray(request, Problem::not_found("there is nothing at this address")).await
        };
        let not_so =
            async |request: Request| access::stray(request, Problem::method_not_allowed()).await;
        openapi::router()
            .merge(health::router())
            .merge(access::login::router())
            .fallback(nothing)
            .method_not_allowed_fallback(not_so)
            .with_state(self)
            .layer(Longest::layer())
            .layer(middleware::from_fn_with_state(gate, access::enter))
    }

    /// A run as it is in the history.
    async fn run(&self, run: RunId) -> Result<RunView, Problem> {
        let view = self.parts()?.store.run(run).await?;
        view.ok_or_else(|| Problem::not_found(format!("there is no run {run}")))
    }
}
