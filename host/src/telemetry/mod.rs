//! What a running host tells of itself, and to whom.

pub(crate) mod diagnostics;
pub(crate) mod hub;
pub(crate) mod metrics;
pub(crate) mod story;
pub(crate) mod traces;

use std::sync::Arc;

use horarium_core::attempt::{HttpRequest, Lease};
use horarium_engine::{Event, Events};

use self::{hub::Hub, metrics::Metrics, traces::Traces};

/// All who watch an engine. Each of them returns at once.
pub(crate) struct Watchers<N> {
    /// Who follows by the API.
    pub(crate) hub: Arc<Hub>,
    /// What is counted and measured.
    pub(crate) metrics: Arc<Metrics>,
    /// Who sends traces.
    pub(crate) traces: Traces,
    /// Who reads standard output.
    pub(crate) narrator: Arc<N>,
}

impl<N: Events> Events for Watchers<N> {
    fn event(&self, event: Event) {
        self.hub.hear(&event);
        self.metrics.hear(&event);
        self.traces.hear(&event);
        self.narrator.event(event);
    }

    fn requested(&self, lease: Lease, request: HttpRequest) {
        self.traces.requested(lease, &request);
    }
}
