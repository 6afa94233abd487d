//! `/healthz` and `/readyz`: for those who watch over a host, without a token.

use std::time::{Duration, Instant};

use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::timeout};

use super::{Api, Parts, problem::Problem};

/// How long what was seen counts: anybody may ask, and each look is a write.
const FRESH: Duration = Duration::from_secs(1);

/// How long the store is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was seen last, and when.
#[derive(Default)]
pub(super) struct Probe(Mutex<Option<(Instant, Option<&'static str>)>>);

pub(super) fn router() -> Router<Api> {
    Router::new().route("/healthz", get(healthy)).route("/readyz", get(ready))
}

/// Its process lives and answers.
async fn healthy() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// What starts is recorded, plugins are there, and it is not about to end. Says no more
/// than which of these is not so: anybody may ask.
async fn ready(State(api): State<Api>) -> Result<Json<Value>, Problem> {
    let parts = api.parts()?;
    if parts.is_draining() {
        return Err(Problem::draining());
    }
    match trouble(&parts).await {
        None => Ok(Json(json!({ "status": "ok" }))),
        Some(trouble) => Err(Problem::unavailable(trouble)),
    }
}

/// What keeps a host that is not about to end from its work; none where nothing does. Those
/// who ask at once share one look.
pub(crate) async fn trouble(parts: &Parts) -> Option<&'static str> {
    let mut last = parts.probe.0.lock().await;
    match *last {
        Some((at, trouble)) if at.elapsed() < FRESH => trouble,
        _ => {
            let trouble = look(parts).await;
            *last = Some((Instant::now(), trouble));
            trouble
        }
    }
}

async fn look(parts: &Parts) -> Option<&'static str> {
    if !matches!(timeout(PATIENCE, parts.store.probe()).await, Ok(Ok(()))) {
        return Some("the history can't be written");
    }
    let plugin_dir = parts.config.borrow().plugin_dir.clone();
    let readable = tokio::task::spawn_blocking(move || std::fs::read_dir(plugin_dir).is_ok());
    match readable.await {
        Ok(true) => None,
        _ => Some("the plugin directory can't be read"),
    }
}
