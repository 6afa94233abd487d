//! What the engine tells, as spans. Pure: it is told the time.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use horarium_core::{
    attempt::{HttpEnd, HttpRequest, Lease, Outcome},
    name::TaskName,
    overlap::Admission,
    run::{Fire, RunEnd, RunId, RunState, Trigger},
    text, time,
    transition::Transition,
    verdict::VerdictKind,
};
use horarium_engine::Event;
use jiff::Timestamp;
use opentelemetry::{
    InstrumentationScope, KeyValue, SpanId, TraceFlags,
    trace::{SpanContext, SpanKind, Status, TraceState},
};
use opentelemetry_sdk::trace::{
    Sampler, SamplingDecision, ShouldSample, SpanData, SpanEvents, SpanLinks,
};

use super::ids::Trace;

/// Requests of an attempt that have spans of their own. All are counted.
const REQUESTS: u32 = 128;

/// The longest error that a span has, in bytes. The history has all of it.
const ERROR: usize = 1 << 10;

/// Makes spans of what happens to the runs of a history.
pub(super) struct Spans {
    history: String,
    sampler: Sampler,
    scope: InstrumentationScope,
    /// The attempts that run, of runs that have traces.
    under_way: Mutex<HashMap<Lease, UnderWay>>,
}

/// An attempt that runs.
struct UnderWay {
    trace: Trace,
    /// Requests that its guest has sent.
    requests: u32,
}

/// A span in the making.
struct Draft {
    id: SpanId,
    parent: SpanId,
    name: String,
    kind: SpanKind,
    from: Timestamp,
    to: Timestamp,
    status: Status,
    attributes: Vec<KeyValue>,
}

/// A run, and how long it has been there.
struct Life<'a> {
    run: RunId,
    task: &'a TaskName,
    trigger: Trigger,
    scheduled_for: Timestamp,
    created_at: Timestamp,
}

impl Spans {
    pub(super) fn new(history: &str, sampler: Sampler) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        Self {
            history: history.to_owned(),
            sampler,
            scope: InstrumentationScope::builder("horarium").with_version(version).build(),
            under_way: Mutex::default(),
        }
    }

    /// The spans that are over with this event.
    pub(super) fn hear(&self, event: &Event, now: Timestamp) -> Vec<SpanData> {
        match event {
            Event::Fired(recorded) => match recorded.admission {
                Admission::Skip(reason) => {
                    let life = Life::of(recorded.run, &recorded.fire, recorded.created_at);
                    self.without_attempt(&life, RunEnd::Skipped(reason), recorded.created_at)
                }
                _ => Vec::new(),
            },
            Event::Expired(expired) => {
                let life = Life::of(expired.run, &expired.fire, expired.created_at);
                self.without_attempt(&life, RunEnd::Expired(expired.expiry), now)
            }
            Event::Cancelled(cancelled) => {
                let life = Life::of(cancelled.run, &cancelled.fire, cancelled.created_at);
                self.without_attempt(&life, RunEnd::Verdict(VerdictKind::Cancelled), now)
            }
            Event::Started { .. } => self.started(event).into_iter().collect(),
            Event::Ended { .. } => self.ended(event),
            Event::Superseded { lease, .. } => {
                self.under_way().remove(lease);
                Vec::new()
            }
            Event::Quarantined { .. }
            | Event::Log { .. }
            | Event::Progress { .. }
            | Event::ClockBehind { .. }
            | Event::StoreTrouble(_)
            | Event::StoreRecovered => Vec::new(),
        }
    }

    /// The span of a guest's request. One that comes after its attempt's end is not told any
    /// more.
    pub(super) fn requested(&self, lease: Lease, request: &HttpRequest) -> Option<SpanData> {
        let mut all = self.under_way();
        let attempt = all.get_mut(&lease)?;
        attempt.requests += 1;
        let number = attempt.requests;
        if number > REQUESTS {
            return None;
        }
        let trace = attempt.trace.clone();
        drop(all);
        let HttpRequest { at, took, method, scheme, host, port, end } = request;
        let known = known_method(method);
        let mut attributes = vec![
            KeyValue::new("http.request.method", known),
            KeyValue::new("url.scheme", scheme.as_str()),
            KeyValue::new("server.address", host.clone()),
            KeyValue::new("server.port", i64::from(*port)),
        ];
        if known == OTHER {
            attributes.push(KeyValue::new("http.request.method_original", method.clone()));
        }
        let error = match end {
            HttpEnd::Answered(status) => {
                attributes.push(KeyValue::new("http.response.status_code", i64::from(*status)));
                (*status >= 400).then(|| status.to_string())
            }
            HttpEnd::Failed(reason) => Some((*reason).to_owned()),
            HttpEnd::Abandoned => Some("abandoned".to_owned()),
        };
        let mut status = Status::Unset;
        if let Some(error) = error {
            attributes.push(KeyValue::new("error.type", error));
            status = Status::error("");
        }
        let draft = Draft {
            id: trace.request(lease, number),
            parent: trace.attempt(lease),
            name: if known == OTHER { "HTTP" } else { known }.to_owned(),
            kind: SpanKind::Client,
            from: time::to_stored_precision(*at),
            to: time::add(*at, *took),
            status,
            attributes,
        };
        Some(self.span(&trace, draft))
    }

    /// An attempt begins: its wait is over.
    fn started(&self, event: &Event) -> Option<SpanData> {
        let Event::Started { lease, task, attempt, created_at, due_at, began_at, .. } = event
        else {
            return None;
        };
        let trace = self.trace(lease.run, *created_at)?;
        let mut attributes = subject(task, lease.run);
        attributes.push(KeyValue::new("horarium.attempt", i64::from(*attempt)));
        let wait = Draft {
            id: trace.wait(*lease),
            parent: trace.root,
            name: "wait".to_owned(),
            kind: SpanKind::Internal,
            // What was made up for was due before it was there.
            from: (*due_at).max(*created_at),
            to: *began_at,
            status: Status::Unset,
            attributes,
        };
        let wait = self.span(&trace, wait);
        self.under_way().insert(*lease, UnderWay { trace, requests: 0 });
        Some(wait)
    }

    fn ended(&self, event: &Event) -> Vec<SpanData> {
        let Event::Ended {
            lease,
            task,
            attempt,
            max_attempts,
            trigger,
            scheduled_for,
            created_at,
            began_at,
            ended_at,
            outcome,
            transition,
        } = event
        else {
            return Vec::new();
        };
        let under_way = self.under_way().remove(lease);
        let requests = under_way.map(|under_way| under_way.requests);
        let Some(trace) = self.trace(lease.run, *created_at) else { return Vec::new() };
        let mut attributes = subject(task, lease.run);
        attributes.extend([
            KeyValue::new("horarium.attempt", i64::from(*attempt)),
            KeyValue::new("horarium.max_attempts", i64::from(*max_attempts)),
        ]);
        attributes.extend(told_by(outcome));
        // Who has died says nothing of what it did before.
        attributes.extend(
            requests.map(|requests| KeyValue::new("horarium.requests", i64::from(requests))),
        );
        if let Transition::Retry(next) = transition {
            attributes.push(KeyValue::new("horarium.next_attempt_at", next.to_string()));
        }
        let made = Draft {
            id: trace.attempt(*lease),
            parent: trace.root,
            name: "attempt".to_owned(),
            kind: SpanKind::Internal,
            from: *began_at,
            to: *ended_at,
            status: status(outcome.verdict.kind(), outcome.verdict.error().as_deref()),
            attributes,
        };
        let mut spans = vec![self.span(&trace, made)];
        if let Transition::End(end) = transition {
            let life = Life {
                run: lease.run,
                task,
                trigger: *trigger,
                scheduled_for: *scheduled_for,
                created_at: *created_at,
            };
            let error = outcome.verdict.error();
            let mut root = root(&trace, &life, *end, *ended_at, error.as_deref());
            root.attributes.push(KeyValue::new("horarium.attempts", i64::from(*attempt)));
            spans.push(self.span(&trace, root));
        }
        spans
    }

    /// The span of a run that is over while it waits.
    fn without_attempt(&self, life: &Life<'_>, end: RunEnd, now: Timestamp) -> Vec<SpanData> {
        let trace = self.trace(life.run, life.created_at);
        let span = |trace: Trace| self.span(&trace, root(&trace, life, end, now, end.reason()));
        trace.map(span).into_iter().collect()
    }

    /// A run's trace, if it has one.
    fn trace(&self, run: RunId, created_at: Timestamp) -> Option<Trace> {
        let trace = Trace::of(&self.history, run, created_at);
        let kind = SpanKind::Internal;
        let sampled = self.sampler.should_sample(None, trace.id, "run", &kind, &[], &[]);
        (sampled.decision == SamplingDecision::RecordAndSample).then_some(trace)
    }

    fn span(&self, trace: &Trace, draft: Draft) -> SpanData {
        let Draft { id, parent, name, kind, from, to, status, attributes } = draft;
        let context =
            SpanContext::new(trace.id, id, TraceFlags::SAMPLED, false, TraceState::default());
        SpanData {
            span_context: context,
            parent_span_id: parent,
            parent_span_is_remote: false,
            span_kind: kind,
            name: name.into(),
            start_time: system(from),
            // By a clock that was set back, it would end before it began.
            end_time: system(to.max(from)),
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status,
            instrumentation_scope: self.scope.clone(),
        }
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Lease, UnderWay>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Life<'a> {
    fn of(run: RunId, fire: &'a Fire, created_at: Timestamp) -> Self {
        let Fire { task, trigger, scheduled_for } = fire;
        Self { run, task, trigger: *trigger, scheduled_for: *scheduled_for, created_at }
    }
}

/// The span of a whole run.
fn root(trace: &Trace, life: &Life<'_>, end: RunEnd, at: Timestamp, error: Option<&str>) -> Draft {
    let Life { run, task, trigger, scheduled_for, created_at } = life;
    let mut attributes = subject(task, *run);
    attributes.extend([
        KeyValue::new("horarium.run_key", trace.key.clone()),
        KeyValue::new("horarium.trigger", trigger.as_str()),
        KeyValue::new("horarium.scheduled_for", scheduled_for.to_string()),
        KeyValue::new("horarium.outcome", RunState::Ended(end).as_str()),
    ]);
    attributes.extend(end.reason().map(|reason| KeyValue::new("horarium.reason", reason)));
    Draft {
        id: trace.root,
        parent: SpanId::INVALID,
        name: format!("run {task}"),
        kind: SpanKind::Internal,
        from: *created_at,
        to: at,
        status: match end {
            RunEnd::Verdict(kind) => status(kind, error),
            RunEnd::Expired(_) => Status::error(error.unwrap_or_default().to_owned()),
            RunEnd::Skipped(_) => Status::Unset,
        },
        attributes,
    }
}

/// What every span of a run says.
fn subject(task: &TaskName, run: RunId) -> Vec<KeyValue> {
    vec![KeyValue::new("horarium.task", task.to_string()), KeyValue::new("horarium.run", run.0)]
}

/// What an attempt's outcome adds.
fn told_by(outcome: &Outcome) -> impl Iterator<Item = KeyValue> {
    let Outcome { verdict, usage, plugin, .. } = outcome;
    let number = |name, value: u64| KeyValue::new(name, i64::try_from(value).unwrap_or(i64::MAX));
    let wall = u64::try_from(usage.wall.as_micros()).unwrap_or(u64::MAX);
    let verdict = KeyValue::new("horarium.verdict", verdict.kind().as_str());
    let plugin = plugin.map(|digest| KeyValue::new("horarium.plugin", digest.to_string()));
    let begun = outcome.has_begun().then(|| {
        [number("horarium.peak_memory", usage.peak_memory), number("horarium.wall_us", wall)]
    });
    let fuel = usage.fuel.map(|fuel| number("horarium.fuel", fuel));
    [verdict].into_iter().chain(plugin).chain(begun.into_iter().flatten()).chain(fuel)
}

/// What somebody wanted so is no error, and what is to go on is none yet.
fn status(kind: VerdictKind, error: Option<&str>) -> Status {
    match kind {
        VerdictKind::Succeeded
        | VerdictKind::Cancelled
        | VerdictKind::Interrupted
        | VerdictKind::Conflicted => Status::Unset,
        VerdictKind::Failed
        | VerdictKind::TimedOut
        | VerdictKind::OutOfFuel
        | VerdictKind::OutOfMemory
        | VerdictKind::Trapped
        | VerdictKind::Lost => {
            Status::error(text::beginning(error.unwrap_or(kind.as_str()), ERROR).to_owned())
        }
    }
}

/// The word for a method that is none of the usual ones.
const OTHER: &str = "_OTHER";

fn known_method(method: &str) -> &'static str {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"]
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or(OTHER)
}

/// The same instant for the exporter, which knows none before 1970.
fn system(at: Timestamp) -> SystemTime {
    let since = Duration::try_from(at.as_duration()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + since
}

#[cfg(test)]
pub(super) use self::tests::nothing;

#[cfg(test)]
mod tests;
