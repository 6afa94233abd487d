//! What a running host can be asked: HTTP with JSON, over a socket in the data
//! directory.
//!
//! A handler reads the request, asks the engine or the history, and words the answer.
//! It decides nothing.

mod events;
mod follow;
mod host;
mod metrics;
mod next;
mod openapi;
mod page;
mod plugins;
mod problem;
mod read;
mod runs;
pub(crate) mod socket;
mod statistics;
mod tasks;

use std::sync::{Arc, Mutex, PoisonError};

use axum::{Router, middleware, routing::get};
use horarium_core::{History, run::RunId, store::RunView};
use horarium_engine::Control;
use horarium_sandbox::{Library, Room};
use horarium_store::SqliteStore;
use tokio::sync::{mpsc, watch};

pub(crate) use self::openapi::document;
use self::problem::Problem;
use crate::{
    config::Config,
    serve::Reload,
    telemetry::{hub::Hub, metrics::Metrics},
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
    /// Where followers wait for news.
    pub(crate) hub: Arc<Hub>,
    /// What is counted and measured.
    pub(crate) metrics: Arc<Metrics>,
    /// Where guests have their memory.
    pub(crate) room: Arc<Room>,
}

impl Api {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(Mutex::new(Some(Arc::new(parts)))))
    }

    /// Answers nothing any more.
    pub(crate) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn parts(&self) -> Result<Arc<Parts>, Problem> {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        parts.ok_or_else(Problem::draining)
    }

    fn router(self) -> Router {
        openapi::router()
            .route("/metrics", get(metrics::show))
            .fallback(async || Problem::not_found("there is nothing at this address"))
            .method_not_allowed_fallback(async || Problem::method_not_allowed())
            .layer(middleware::from_fn_with_state(self.clone(), metrics::count))
            .with_state(self)
    }

    /// A run as it is in the history.
    async fn run(&self, run: RunId) -> Result<RunView, Problem> {
        let view = self.parts()?.store.run(run).await?;
        view.ok_or_else(|| Problem::not_found(format!("there is no run {run}")))
    }
}
