//! Who turns what happens into spans, and sends them.

use std::sync::Arc;

use anyhow::Result;
use horarium_core::attempt::{HttpRequest, Lease};
use horarium_engine::Event;
use jiff::Timestamp;

use super::{
    collector::Collector, environment, losses::Losses, outlet::Outlet, settings::Settings,
    spans::Spans,
};
use crate::telemetry::metrics::Metrics;

/// Traces, where somebody wants some.
pub(crate) struct Traces(Option<(Spans, Outlet)>);

impl Traces {
    /// Begins to send what happens from here on to the collector that the environment names.
    /// Runs are those of this history, told by this node. Call from within a tokio runtime.
    ///
    /// # Errors
    /// Where a variable makes no sense, or its certificates can't be read.
    pub(crate) fn open(history: &str, node: &str, metrics: &Arc<Metrics>) -> Result<Self> {
        let Some(settings) = Settings::of(&environment)? else { return Ok(Self(None)) };
        let spans = Spans::new(history, settings.sampling.clone());
        let losses = Losses::new(metrics.clone(), settings.endpoint.as_str());
        let outlet = Outlet::start(Collector::new(&settings, node)?, losses);
        Ok(Self(Some((spans, outlet))))
    }

    /// Hears of an event.
    pub(crate) fn hear(&self, event: &Event) {
        if let Some((spans, outlet)) = &self.0 {
            for span in spans.hear(event, Timestamp::now()) {
                outlet.put(span);
            }
        }
    }

    /// Hears of a guest's request.
    pub(crate) fn requested(&self, lease: Lease, request: &HttpRequest) {
        if let Some((spans, outlet)) = &self.0
            && let Some(span) = spans.requested(lease, request)
        {
            outlet.put(span);
        }
    }

    /// Sends what is left, but does not wait for long.
    pub(crate) async fn end(&self) {
        if let Some((_, outlet)) = &self.0 {
            outlet.end().await;
        }
    }
}
