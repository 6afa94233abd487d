//! No traces: this program was built without what sends them.

use std::sync::Arc;

use anyhow::Result;
use horarium_core::attempt::{HttpRequest, Lease};
use horarium_engine::Event;

use super::{asked::asked, environment};
use crate::telemetry::metrics::Metrics;

/// Nobody.
pub(crate) struct Traces;

impl Traces {
    /// Says so where somebody wants some.
    #[expect(clippy::unnecessary_wraps, reason = "with the feature it may fail")]
    pub(crate) fn open(_: &str, _: &str, _: &Arc<Metrics>) -> Result<Self> {
        if let Some(variable) = asked(&environment) {
            tracing::warn!(
                "{variable} asks for traces, and this program was built without them; \
                 `cargo build --release --features otlp` builds one that has them"
            );
        }
        Ok(Self)
    }

    /// Does nothing with it.
    pub(crate) fn hear(&self, _: &Event) {}

    /// Does nothing with it.
    pub(crate) fn requested(&self, _: Lease, _: &HttpRequest) {}

    /// There is nothing to wait for.
    pub(crate) async fn end(&self) {}
}
