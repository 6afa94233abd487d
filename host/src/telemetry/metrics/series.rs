//! Every series, by name.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use horarium_core::{
    alert::{Condition, Tried},
    overlap::SkipReason,
    run::{Expiry, RunEnd, RunState},
    store::Queue,
    time,
    verdict::VerdictKind,
};
use jiff::Timestamp;
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::{Metric as Registered, Registry, Unit},
};

use super::{FOLLOWERS, Reading, process::Process};

type Float = Gauge<f64, AtomicU64>;
type Count = Gauge<i64, AtomicI64>;
type Seconds = Counter<f64, AtomicU64>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct State {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Verdict {
    verdict: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Reason {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Outcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Turn {
    condition: &'static str,
    turn: &'static str,
}

/// An operation of the API, as the document names its address; `none` for all that is
/// none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Route {
    pub(super) method: String,
    pub(super) route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) route: String,
    pub(super) status: u16,
}

pub(super) struct Series {
    registry: Registry,
    runs: Family<State, Counter>,
    attempts: Family<Verdict, Counter>,
    reloads: Family<Outcome, Counter>,
    spans: Family<Outcome, Counter>,
    queue: Family<Reason, Count>,
    plugins: Family<State, Count>,
    alerts: Family<Turn, Counter>,
    deliveries: Family<Outcome, Counter>,
    pub(super) quarantined: Counter,
    pub(super) lines: Counter,
    pub(super) troubles: Counter,
    pub(super) lateness: Histogram,
    pub(super) attempt_seconds: Histogram,
    pub(super) attempt_fuel: Histogram,
    pub(super) attempt_memory: Histogram,
    pub(super) commit_verbs: Histogram,
    pub(super) commit_seconds: Histogram,
    pub(super) sync_seconds: Histogram,
    pub(super) requests: Family<Request, Counter>,
    pub(super) request_seconds: Family<Route, Histogram>,
    oldest: Float,
    running: Count,
    capacity: Count,
    tasks: Count,
    followers: Count,
    most_followers: Count,
    promised: Count,
    promisable: Count,
    history: Count,
    compilations: Counter,
    compile_seconds: Seconds,
    cpu: Seconds,
    resident: Count,
    threads: Count,
    descriptors: Count,
    most_descriptors: Count,
}

impl Series {
    #[expect(clippy::too_many_lines, reason = "a list of names, each with what it means")]
    pub(super) fn new() -> Self {
        let mut all = Names(Registry::default());
        let version = vec![("version", env!("CARGO_PKG_VERSION"))];
        all.0.register("horarium_build", "The program", Info::new(version));
        let started: Float =
            all.plain("process_start_time_seconds", "Since when it runs, from 1970 on");
        started.set(Timestamp::now().as_duration().as_secs_f64());
        let series = Self {
            runs: all.plain("horarium_runs", "Runs that ended, by their final state"),
            attempts: all.plain("horarium_attempts", "Attempts that ended, by their verdict"),
            alerts: all.plain(
                "horarium_alerts",
                "Alerts, by what they are about and whether it has begun or is over",
            ),
            deliveries: all.plain(
                "horarium_deliveries",
                "Times that an alert was brought to a channel, by what came of it",
            ),
            quarantined: all.plain(
                "horarium_quarantines",
                "Tasks that were put aside because they failed too often",
            ),
            lines: all.plain("horarium_log_lines", "Lines that guests have logged"),
            reloads: all.plain(
                "horarium_reloads",
                "Configurations that were read anew, by what came of it",
            ),
            spans: all.plain(
                "horarium_trace_spans",
                "Spans of traces, by whether the collector took them",
            ),
            attempt_seconds: all.histogram(
                "horarium_attempt_duration",
                "What attempts took that began",
                Unit::Seconds,
                seconds(),
            ),
            attempt_fuel: all.measure(
                "horarium_attempt_fuel",
                "Fuel that attempts used, where it was counted",
                exponential_buckets(1e4, 10.0, 9),
            ),
            attempt_memory: all.histogram(
                "horarium_attempt_memory",
                "The most that an attempt's memories held",
                Unit::Bytes,
                exponential_buckets(65_536.0, 4.0, 9),
            ),
            lateness: all.histogram(
                "horarium_start_lateness",
                "From the instant of a schedule to the first attempt",
                Unit::Seconds,
                seconds(),
            ),
            queue: all.plain(
                "horarium_queue_runs",
                "Runs that wait, by what for; no more than 100,000 of each are counted",
            ),
            oldest: all.gauge(
                "horarium_queue_oldest",
                "For how long the run has been due that has waited longest for room",
                Unit::Seconds,
            ),
            running: all.plain("horarium_slots_used", "Attempts that run"),
            capacity: all.plain("horarium_slots", "Attempts that may run at once"),
            tasks: all.plain("horarium_tasks", "Tasks of the configuration"),
            plugins: all
                .plain("horarium_plugins", "Files in the plugin directory, by what they are"),
            compilations: all.plain("horarium_plugin_compilations", "Plugins that were compiled"),
            compile_seconds: all
                .seconds("horarium_plugin_compile", "What compiling them took together"),
            promised: all.gauge(
                "horarium_guest_memory_promised",
                "Memory that instances of guests are promised",
                Unit::Bytes,
            ),
            promisable: all.gauge(
                "horarium_guest_memory_limit",
                "Memory that they may be promised together",
                Unit::Bytes,
            ),
            commit_verbs: all.measure(
                "horarium_store_commit_verbs",
                "Writes that were committed together",
                exponential_buckets(1.0, 2.0, 11),
            ),
            commit_seconds: all.histogram(
                "horarium_store_commit_duration",
                "What a commit took, without its sync",
                Unit::Seconds,
                moments(),
            ),
            sync_seconds: all.histogram(
                "horarium_store_sync_duration",
                "What it took to make commits durable",
                Unit::Seconds,
                moments(),
            ),
            troubles: all.plain(
                "horarium_store_troubles",
                "Times that the history could not be written or read",
            ),
            history: all.gauge("horarium_history_size", "The history's file", Unit::Bytes),
            requests: all.plain(
                "horarium_api_requests",
                "Requests that were answered, by operation and status",
            ),
            request_seconds: all.requests(
                "horarium_api_request_duration",
                "What it took to answer them, up to the head of the answer",
            ),
            followers: all.plain("horarium_followers", "Those who follow a run or the host"),
            most_followers: all.plain("horarium_followers_limit", "Those who may at once"),
            cpu: all.seconds("process_cpu", "What the process has computed"),
            resident: all.gauge(
                "process_resident_memory",
                "Memory of the process that is there",
                Unit::Bytes,
            ),
            threads: all.plain("process_threads", "Threads of the process"),
            descriptors: all.plain("process_open_fds", "Descriptors that are open"),
            most_descriptors: all.plain("process_max_fds", "Descriptors that may be"),
            registry: Registry::default(),
        };
        series.begin(all.0)
    }

    /// Begins every count of known words with nothing: a rate needs a first value.
    fn begin(mut self, registry: Registry) -> Self {
        self.registry = registry;
        let verdicts = VerdictKind::ALL.map(|kind| RunState::Ended(RunEnd::Verdict(kind)));
        let skipped = RunState::Ended(RunEnd::Skipped(SkipReason::Overlap));
        let expired = RunState::Ended(RunEnd::Expired(Expiry::Start));
        for state in verdicts.into_iter().chain([skipped, expired]) {
            // A run is never over because its host ends.
            if state.as_str() != VerdictKind::Interrupted.as_str() {
                drop(self.runs.get_or_create(&State { state: state.as_str() }));
            }
        }
        for kind in VerdictKind::ALL {
            drop(self.attempts.get_or_create(&Verdict { verdict: kind.as_str() }));
        }
        for condition in Condition::ALL {
            for raised in [true, false] {
                drop(self.alerts.get_or_create(&Turn::of(condition, raised)));
            }
        }
        for outcome in ["delivered", "delayed", "given_up"] {
            drop(self.deliveries.get_or_create(&Outcome { outcome }));
        }
        for outcome in ["applied", "refused"] {
            drop(self.reloads.get_or_create(&Outcome { outcome }));
        }
        for outcome in ["sent", "lost"] {
            drop(self.spans.get_or_create(&Outcome { outcome }));
        }
        self
    }

    pub(super) fn run(&self, state: &'static str) {
        self.runs.get_or_create(&State { state }).inc();
    }

    pub(super) fn attempt(&self, verdict: &'static str) {
        self.attempts.get_or_create(&Verdict { verdict }).inc();
    }

    pub(super) fn reload(&self, good: bool) {
        let outcome = if good { "applied" } else { "refused" };
        self.reloads.get_or_create(&Outcome { outcome }).inc();
    }

    pub(super) fn alert(&self, condition: Condition, raised: bool) {
        self.alerts.get_or_create(&Turn::of(condition, raised)).inc();
    }

    pub(super) fn delivery(&self, tried: &Tried) {
        let outcome = match tried {
            Tried::Delivered => "delivered",
            // It is not known yet how that goes.
            Tried::Handed { .. } => return,
            Tried::Again { .. } => "delayed",
            Tried::GivenUp { .. } => "given_up",
        };
        self.deliveries.get_or_create(&Outcome { outcome }).inc();
    }

    #[cfg(feature = "otlp")]
    pub(super) fn spans(&self, outcome: &'static str, spans: u64) {
        self.spans.get_or_create(&Outcome { outcome }).inc_by(spans);
    }

    /// Takes over what was read.
    pub(super) fn set(&self, reading: &Reading) {
        if let Some(queue) = reading.queue {
            self.set_queue(queue);
        }
        set(&self.running, reading.running);
        set(&self.capacity, reading.capacity);
        set(&self.tasks, reading.tasks);
        set(&self.plugins.get_or_create(&State { state: "usable" }), reading.plugins);
        set(&self.plugins.get_or_create(&State { state: "refused" }), reading.refused_plugins);
        set(&self.followers, reading.followers);
        set(&self.most_followers, FOLLOWERS);
        set(&self.promised, reading.promised);
        set(&self.promisable, reading.promisable);
        set(&self.history, reading.history);
        self.compilations.inner().store(reading.compilations.count, Ordering::Relaxed);
        set_seconds(&self.compile_seconds, reading.compilations.took.as_secs_f64());
        let process = Process::own();
        set_seconds(&self.cpu, process.cpu);
        set(&self.resident, process.resident);
        set(&self.threads, process.threads);
        set(&self.descriptors, process.descriptors);
        set(&self.most_descriptors, process.most_descriptors);
    }

    fn set_queue(&self, queue: Queue) {
        let Queue { ready, later, held, parked, oldest } = queue;
        for (reason, runs) in
            [("ready", ready), ("later", later), ("held", held), ("parked", parked)]
        {
            set(&self.queue.get_or_create(&Reason { reason }), runs);
        }
        let wait = oldest.map(|oldest| time::between(oldest, Timestamp::now()));
        self.oldest.set(wait.unwrap_or_default().as_secs_f64());
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string can't fail.
        let _ = text::encode(&mut text, &self.registry);
        text
    }
}

impl Turn {
    fn of(condition: Condition, raised: bool) -> Self {
        let turn = if raised { "raised" } else { "cleared" };
        Self { condition: condition.as_str(), turn }
    }
}

/// Where names are given. The library adds units and, to counters, `_total`.
struct Names(Registry);

impl Names {
    fn plain<M: Default + Clone + Registered>(&mut self, name: &str, help: &str) -> M {
        let metric = M::default();
        self.0.register(name, help, metric.clone());
        metric
    }

    fn gauge<M: Default + Clone + Registered>(&mut self, name: &str, help: &str, unit: Unit) -> M {
        let metric = M::default();
        self.0.register_with_unit(name, help, unit, metric.clone());
        metric
    }

    fn seconds(&mut self, name: &str, help: &str) -> Seconds {
        self.gauge(name, help, Unit::Seconds)
    }

    fn measure(&mut self, name: &str, help: &str, to: impl Iterator<Item = f64>) -> Histogram {
        let metric = Histogram::new(to);
        self.0.register(name, help, metric.clone());
        metric
    }

    fn histogram(
        &mut self,
        name: &str,
        help: &str,
        unit: Unit,
        to: impl Iterator<Item = f64>,
    ) -> Histogram {
        let metric = Histogram::new(to);
        self.0.register_with_unit(name, help, unit, metric.clone());
        metric
    }

    fn requests(&mut self, name: &str, help: &str) -> Family<Route, Histogram> {
        let metric = Family::new_with_constructor(answers as fn() -> Histogram);
        self.0.register_with_unit(name, help, Unit::Seconds, metric.clone());
        metric
    }
}

fn answers() -> Histogram {
    Histogram::new([0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0])
}

/// What people wait for.
fn seconds() -> impl Iterator<Item = f64> {
    [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1_800.0, 3_600.0]
        .into_iter()
}

/// What disks take.
fn moments() -> impl Iterator<Item = f64> {
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0].into_iter()
}

fn set(gauge: &Count, value: impl TryInto<i64>) {
    gauge.set(value.try_into().unwrap_or(i64::MAX));
}

fn set_seconds(counter: &Seconds, value: f64) {
    counter.inner().store(value.to_bits(), Ordering::Relaxed);
}
