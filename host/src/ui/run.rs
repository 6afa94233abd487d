//! One run: its attempts, its log, and what came of it.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use horarium_core::{
    checkpoint::CheckpointView,
    limits::{Fuel, Limits},
    name::TaskName,
    run::{RunId, RunState},
    store::{AttemptView, RunView, WholeRun},
    task::TaskSpec,
    text::escape,
    time::between,
};
use jiff::Timestamp;

use super::{
    badge::Badge,
    gauge::Gauge,
    log::{Log, Which},
    progress::Progress,
    read::{Named, Params},
    refused::Refused,
    shell::{Here, Page, Shell},
    viewer::Viewer,
    words::{Moment, pretty, reason_in_words, result, span, took},
};
use crate::{api::Api, describe, output};

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    shell: Shell,
    run: RunId,
    task: TaskName,
    state: Badge,
    state_text: String,
    over: bool,
    progress: Option<Progress>,
    attempts: Vec<Attempt>,
    errors: Vec<Error>,
    checkpoint: Option<Saved>,
    /// JSON, and whether that is not all of it.
    output: Option<(String, bool)>,
    trigger: &'static str,
    instants: Vec<(&'static str, Moment)>,
    key: String,
    repeats: Option<RunId>,
    parent: Option<RunId>,
    /// The run at the top of its tree, where that is neither of both.
    root: Option<RunId>,
    own_args: bool,
    args: Option<String>,
    log: Log,
}

struct Attempt {
    number: u32,
    lease: i64,
    verdict: Badge,
    started: Moment,
    wall: Option<Gauge>,
    fuel: Option<Gauge>,
    memory: Option<Gauge>,
    plugin: Option<String>,
}

/// What was saved for the next attempt.
struct Saved {
    attempt: u32,
    size: String,
    at: Moment,
}

/// Why an attempt did not succeed.
struct Error {
    number: u32,
    lease: i64,
    verdict: Badge,
    text: String,
    backtrace: Vec<String>,
}

pub(super) async fn show(
    State(api): State<Api>,
    viewer: Viewer,
    Named(run): Named<RunId>,
    Params(which): Params<Which>,
) -> Result<Page, Refused> {
    let WholeRun { run: view, attempts, checkpoint } = api.whole_run(run).await?;
    let parts = api.parts()?;
    let now = Timestamp::now();
    let config = parts.config.borrow().clone();
    let spec = describe::spec(&config, &parts.library, &view.task);
    let log = Log::read(&parts.store, &view, &attempts, &which).await?;
    let own_args = view.args.is_some();
    let args = view.args.clone().or_else(|| spec.as_ref().map(|spec| spec.args.to_string()));
    let newest_first = || attempts.iter().rev();
    Ok(Page::good(&RunPage {
        shell: Shell::new(format!("Run {run} of {}", view.task), Here::Runs, viewer),
        run,
        state: Badge::run(&view),
        state_text: state_text(&view, spec.as_ref(), now),
        over: view.state.is_ended(),
        progress: Progress::of(&parts.control.under_way(), run)
            .filter(|_| view.state == RunState::Running),
        attempts: newest_first().map(|it| Attempt::of(it, &view, spec.as_ref(), now)).collect(),
        errors: newest_first().filter_map(Error::of).collect(),
        checkpoint: checkpoint.map(|it| Saved::of(it, now)),
        output: view.output.as_deref().map(pretty),
        trigger: view.trigger.as_str(),
        instants: instants(&view),
        key: escape(&view.key),
        repeats: view.repeats,
        parent: view.parent,
        root: view.root.filter(|_| view.root != view.parent),
        own_args,
        args: args.filter(|args| args != "null").map(|args| pretty(&args).0),
        log,
        task: view.task,
    }))
}

/// What is said beside a run's state.
fn state_text(view: &RunView, spec: Option<&TaskSpec>, now: Timestamp) -> String {
    let most = spec.map(|spec| format!(" of {}", spec.rules.retry.max_attempts));
    let attempt = format!("attempt {}{}", view.attempts, most.unwrap_or_default());
    match (view.state, &view.reason) {
        (RunState::Running, _) if view.is_abandoned() => {
            format!("was running when its host ended; {}", result(view, now))
        }
        (RunState::Running, _) => attempt,
        (RunState::Scheduled | RunState::RetryWait, _) => result(view, now),
        (RunState::Ended(_), Some(reason)) => reason_in_words(reason).to_owned(),
        (RunState::Ended(_), None) => match took(view.started_at, view.ended_at, now) {
            Some(took) => format!("at {attempt}, after {took}"),
            None => "before it began".to_owned(),
        },
    }
}

fn instants(view: &RunView) -> Vec<(&'static str, Moment)> {
    let known = [
        ("Scheduled for", Some(view.scheduled_for)),
        ("Recorded", Some(view.created_at)),
        ("Due", view.due_at),
        ("Started", view.started_at),
        ("Ended", view.ended_at),
    ];
    known.into_iter().filter_map(|(what, at)| Some((what, Moment::date(at?)))).collect()
}

impl Attempt {
    fn of(view: &AttemptView, run: &RunView, spec: Option<&TaskSpec>, now: Timestamp) -> Self {
        let limits = spec.map(|spec| spec.limits);
        let over = view.ended_at.is_some();
        let wall = match over {
            true => Duration::from_micros(view.wall_us),
            // Whole seconds while it goes on.
            false => Duration::from_secs(between(view.started_at, now).as_secs()),
        };
        Self {
            number: view.attempt,
            lease: view.lease,
            verdict: Badge::attempt(view, run),
            started: Moment::clock(view.started_at),
            wall: limits.map(|limits| wall_gauge(wall, &limits)),
            fuel: limits.zip(view.fuel).and_then(|(limits, fuel)| fuel_gauge(fuel, &limits)),
            memory: limits
                .filter(|_| over)
                .map(|limits| Gauge::new(view.peak_memory, limits.memory, output::bytes)),
            plugin: view.plugin.map(|plugin| plugin.short()),
        }
    }

    fn gauges(&self) -> [(&'static str, Option<&Gauge>); 3] {
        [
            ("Wall time", self.wall.as_ref()),
            ("Fuel", self.fuel.as_ref()),
            ("Memory", self.memory.as_ref()),
        ]
    }
}

fn wall_gauge(wall: Duration, limits: &Limits) -> Gauge {
    let micros = |length: Duration| u64::try_from(length.as_micros()).unwrap_or(u64::MAX);
    let words = |micros| span(Duration::from_micros(micros));
    Gauge::new(micros(wall), micros(limits.timeout), words)
}

fn fuel_gauge(fuel: u64, limits: &Limits) -> Option<Gauge> {
    match limits.fuel {
        Fuel::Limited(units) => Some(Gauge::new(fuel, units, output::count)),
        Fuel::Unlimited => None,
    }
}

impl Saved {
    fn of(view: CheckpointView, now: Timestamp) -> Self {
        let CheckpointView { attempt, at, bytes } = view;
        Self { attempt, size: output::bytes(bytes), at: Moment::relative(at, now) }
    }
}

impl Error {
    fn of(view: &AttemptView) -> Option<Self> {
        Some(Self {
            number: view.attempt,
            lease: view.lease,
            verdict: Badge::verdict(view.verdict),
            text: escape(view.error.as_ref()?),
            backtrace: view.backtrace.iter().map(|frame| escape(frame)).collect(),
        })
    }
}
