//! What a host counts and measures, for Prometheus.
//!
//! An event costs a few atomics. What can be read when somebody asks is read then. No
//! label has values that guests or clients choose: there are as many series as this
//! program knows words.

mod process;
mod series;

use std::time::Duration;

use horarium_core::{
    alert::{Alert, Tried},
    attempt::Outcome,
    overlap::Admission,
    run::{RunEnd, RunState, Trigger},
    store::Queue,
    time,
    transition::Transition,
    verdict::VerdictKind,
};
use horarium_engine::Event;
use horarium_sandbox::Compilations;
use horarium_store::StoreWatch;
use jiff::Timestamp;

use self::series::{Request, Route, Series};
use super::hub::FOLLOWERS;

/// Counts and measures.
pub(crate) struct Metrics {
    series: Series,
    /// The words for runs that ended without an attempt.
    cancelled: &'static str,
}

/// What is read when somebody asks.
pub(crate) struct Reading {
    /// None where the history does not say.
    pub(crate) queue: Option<Queue>,
    pub(crate) running: usize,
    pub(crate) capacity: u32,
    pub(crate) tasks: usize,
    pub(crate) plugins: usize,
    pub(crate) refused_plugins: usize,
    pub(crate) followers: usize,
    /// Bytes that guests are promised, and may be.
    pub(crate) promised: u64,
    pub(crate) promisable: u64,
    pub(crate) compilations: Compilations,
    /// Bytes of the history's file.
    pub(crate) history: u64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let cancelled = RunState::Ended(RunEnd::Verdict(VerdictKind::Cancelled)).as_str();
        Self { series: Series::new(), cancelled }
    }

    /// Hears of an event.
    pub(crate) fn hear(&self, event: &Event) {
        let series = &self.series;
        match event {
            Event::Fired(recorded) => {
                if let Admission::Skip(reason) = recorded.admission {
                    series.run(RunState::Ended(RunEnd::Skipped(reason)).as_str());
                }
            }
            Event::Expired(expired) => {
                series.run(RunState::Ended(RunEnd::Expired(expired.expiry)).as_str());
            }
            Event::Cancelled(_) => series.run(self.cancelled),
            Event::Quarantined { .. } => drop(series.quarantined.inc()),
            Event::Started { attempt: 1, trigger, scheduled_for, .. } => {
                // Of what somebody asked for nobody can say when it should have begun.
                if matches!(trigger, Trigger::Schedule | Trigger::At) {
                    let late = time::between(*scheduled_for, Timestamp::now());
                    series.lateness.observe(late.as_secs_f64());
                }
            }
            Event::Log { .. } => drop(series.lines.inc()),
            Event::Ended { outcome, transition, .. } => self.ended(outcome, *transition),
            Event::StoreTrouble(_) => drop(series.troubles.inc()),
            Event::Started { .. }
            | Event::Progress { .. }
            | Event::Superseded { .. }
            | Event::ClockBehind { .. }
            | Event::StoreRecovered => {}
        }
    }

    fn ended(&self, outcome: &Outcome, transition: Transition) {
        let series = &self.series;
        series.attempt(outcome.verdict.kind().as_str());
        if outcome.has_begun() {
            series.attempt_seconds.observe(outcome.usage.wall.as_secs_f64());
            series.attempt_memory.observe(float(outcome.usage.peak_memory));
            if let Some(fuel) = outcome.usage.fuel {
                series.attempt_fuel.observe(float(fuel));
            }
        }
        if let Transition::End(end) = transition {
            series.run(RunState::Ended(end).as_str());
        }
    }

    /// A request was answered.
    pub(crate) fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        // Strangers invent methods.
        let method = match method {
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
            _ => "other",
        };
        let (method, route) = (method.to_owned(), route.to_owned());
        let of = Route { method: method.clone(), route: route.clone() };
        self.series.request_seconds.get_or_create(&of).observe(took.as_secs_f64());
        self.series.requests.get_or_create(&Request { method, route, status }).inc();
    }

    /// There is a new alert.
    pub(crate) fn alert(&self, alert: &Alert) {
        self.series.alert(alert.condition, alert.raised);
    }

    /// It was tried to bring one to where it goes.
    pub(crate) fn delivery(&self, tried: &Tried) {
        self.series.delivery(tried);
    }

    /// The configuration was read anew.
    pub(crate) fn reloaded(&self, good: bool) {
        self.series.reload(good);
    }

    /// The collector has taken so many spans.
    #[cfg(feature = "otlp")]
    pub(crate) fn spans_sent(&self, spans: u64) {
        self.series.spans("sent", spans);
    }

    /// So many spans are lost.
    #[cfg(feature = "otlp")]
    pub(crate) fn spans_lost(&self, spans: u64) {
        self.series.spans("lost", spans);
    }

    /// Everything, in the words of OpenMetrics.
    pub(crate) fn text(&self, reading: &Reading) -> String {
        self.series.set(reading);
        self.series.text()
    }
}

impl StoreWatch for Metrics {
    fn committed(&self, verbs: usize, took: Duration) {
        self.series.commit_verbs.observe(float(u64::try_from(verbs).unwrap_or(u64::MAX)));
        self.series.commit_seconds.observe(took.as_secs_f64());
    }

    fn synced(&self, took: Duration) {
        self.series.sync_seconds.observe(took.as_secs_f64());
    }
}

/// As Prometheus has all numbers.
#[expect(clippy::cast_precision_loss, reason = "nobody reads the last digits of these")]
fn float(value: u64) -> f64 {
    value as f64
}

/// Nothing, for tests and for what does not run.
impl Default for Reading {
    fn default() -> Self {
        Self {
            queue: None,
            running: 0,
            capacity: 0,
            tasks: 0,
            plugins: 0,
            refused_plugins: 0,
            followers: 0,
            promised: 0,
            promisable: 0,
            compilations: Compilations { count: 0, took: Duration::ZERO },
            history: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_as_prometheus_wants_them() {
        let metrics = Metrics::new();
        metrics.answered("GET", "/api/v1/runs", 200, Duration::from_millis(3));
        metrics.committed(3, Duration::from_millis(1));
        let queue = Queue { ready: 7, ..Queue::default() };
        let text = metrics.text(&Reading { queue: Some(queue), ..Reading::default() });
        let has = |line: &str| assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        has("# TYPE horarium_runs counter");
        has("horarium_runs_total{state=\"succeeded\"} 0");
        has("horarium_queue_runs{reason=\"ready\"} 7");
        has("# UNIT horarium_attempt_duration_seconds seconds");
        has("horarium_attempt_duration_seconds_count 0");
        has("horarium_store_commit_verbs_sum 3.0");
        has("horarium_build_info{version=\"0.1.0\"} 1");
        has("horarium_api_requests_total{method=\"GET\",route=\"/api/v1/runs\",status=\"200\"} 1");
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn strangers_make_no_series() {
        let metrics = Metrics::new();
        for method in ["BREW", "FETCH", "get"] {
            metrics.answered(method, "none", 405, Duration::ZERO);
        }
        let text = metrics.text(&Reading::default());
        let series: BTreeSet<_> =
            text.lines().filter(|line| line.starts_with("horarium_api_requests_total")).collect();
        assert_eq!(series.len(), 1, "{series:?}");
    }
}
