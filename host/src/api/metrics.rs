//! `/metrics`: for Prometheus. And what is counted of requests.

use std::{fs, sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use horarium_core::History;
use horarium_store::DATABASE;

use super::{Api, Parts, problem::Problem};
use crate::telemetry::metrics::Reading;

/// What it is written in. Everything that reads Prometheus's own text reads this, too.
const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is counted and measured.
pub(super) async fn show(State(api): State<Api>) -> Result<Response, Problem> {
    let parts = api.parts()?;
    let text = parts.metrics.text(&read(&parts).await);
    Ok(([(header::CONTENT_TYPE, KIND)], text).into_response())
}

async fn read(parts: &Parts) -> Reading {
    // A history in trouble is one of the things that people look for here.
    let queue = parts.store.waiting().await.ok().map(|waiting| waiting.queue);
    let plugins = parts.library.list();
    let usable = plugins.iter().filter(|plugin| plugin.plugin.is_some()).count();
    let config = parts.config.borrow().clone();
    Reading {
        queue,
        running: parts.control.busy(),
        capacity: config.capacity,
        tasks: config.tasks.len(),
        plugins: usable,
        refused_plugins: plugins.len() - usable,
        followers: parts.hub.followers(),
        promised: parts.room.promised(),
        promisable: parts.room.size(),
        compilations: parts.library.compilations(),
        history: fs::metadata(config.data_dir.join(DATABASE)).map_or(0, |file| file.len()),
    }
}

/// Counts a request and how it was answered.
pub(super) async fn count(State(api): State<Api>, request: Request, next: Next) -> Response {
    let metrics = api.parts().ok().map(|parts| Arc::clone(&parts.metrics));
    let Some(metrics) = metrics else { return next.run(request).await };
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let begun = Instant::now();
    let answer = next.run(request).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    metrics.answered(method.as_str(), route, answer.status().as_u16(), begun.elapsed());
    answer
}
