//! `/runs/{run}/log/events`: a run's log, as it is written.
//!
//! Lines come from the history; those of the attempt under way that are not there yet, from
//! what the engine holds of it. A follower who is slow reads later, and misses nothing.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, Sse},
};
use futures_util::stream::{self, Stream};
use horarium_core::{
    History,
    attempt::Progress,
    log::Level,
    run::{RunId, RunState},
    store::{AttemptView, LinePlace, LineView, LogQuery, RunView, StoreError},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::IntoParams;

use super::{
    Api, Parts,
    events::{SentEvent, stream_of, too_many},
    page,
    problem::{Problem, ProblemBody},
    read::{Named, Params},
};
use crate::telemetry::hub::Following;

/// Lines that are read at a time.
const BATCH: u32 = 200;

/// How long a follower waits for news before looking all the same: another host's runs are
/// not told here, and a run may be forgotten.
const LOOK: Duration = Duration::from_secs(10);

/// Where every log begins.
const BEGINNING: LinePlace = LinePlace { lease: 0, line: 0 };

/// From where on, and which lines.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct From {
    /// Only lines at least this important. Default: `trace`.
    level: Option<Level>,
    /// Only lines after this one: the `id` of its event. The header `Last-Event-ID` says
    /// the same, and counts where both are there.
    after: Option<String>,
}

/// The log of a run, oldest line first and then as it is written, until the run is over.
///
/// Server-sent events, each with JSON as its data. `line`: a line, as in the list; its `id`
/// is where to go on. `progress`: how far the attempt says it is. `attempt`: one that
/// began, or ended, as it then stands; its lines come in between. `end`: the run, which is
/// over; it is the last event. A stream that ends without is to be begun again after the
/// last `id`.
#[utoipa::path(get, path = "/runs/{run}/log/events", tag = "runs", operation_id = "follow_log_of_run",
    params(("run" = i64, Path, description = "Its number."), From),
    responses(
        (status = 200, description = "Until the run is over.", body = SentEvent, content_type = "text/event-stream"),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn follow(
    State(api): State<Api>,
    Named(run): Named<RunId>,
    Params(from): Params<From>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let after = match headers.get("last-event-id") {
        Some(id) => Some(id.to_str().unwrap_or_default().to_owned()),
        None => from.after,
    };
    let after = page::place(after.as_deref())?;
    api.run(run).await?;
    let following = api.parts()?.hub.follow(run).ok_or_else(too_many)?;
    let follower = Follower {
        api,
        following,
        run,
        least: from.level.unwrap_or(Level::Trace),
        last: after.unwrap_or(BEGINNING),
        stage: None,
        attempts: VecDeque::new(),
        // Of an attempt some of whose lines are known it is known that it began.
        told: after.map(|after| (after.lease, false)),
        progress: 0,
        view: None,
        ready: VecDeque::new(),
        over: false,
    };
    Ok(stream_of(stream::unfold(follower, Follower::next)))
}

struct Follower {
    api: Api,
    following: Following,
    run: RunId,
    least: Level,
    /// The last line that was read.
    last: LinePlace,
    /// Up to which change of the run's state it is known; none where it is to be looked at.
    stage: Option<u64>,
    /// Attempts that are over, and to be told once their lines are; and one that began after
    /// them.
    attempts: VecDeque<AttemptView>,
    /// The last attempt that was told, and whether it was over.
    told: Option<(i64, bool)>,
    /// The last word on progress that was told, counted by the attempt.
    progress: u64,
    /// The run, once it is over.
    view: Option<RunView>,
    /// What to send next.
    ready: VecDeque<Event>,
    /// Nothing comes after that.
    over: bool,
}

impl Follower {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some((Ok(event), self));
            }
            if self.over {
                return None;
            }
            match self.look().await {
                Ok(true) => {}
                Ok(false) => self.wait().await,
                Err(error) => {
                    self.tell("trouble", &json!({ "detail": error.to_string() }));
                    self.over = true;
                }
            }
        }
    }

    /// Waits for news, unless there is something to send.
    async fn wait(&mut self) {
        if !self.ready.is_empty() || self.over {
            return;
        }
        match tokio::time::timeout(LOOK, self.following.news()).await {
            Ok(more) => self.over = !more,
            Err(_) => self.stage = None,
        }
    }

    /// Looks for what is new, and for no more of it than fits in a batch. Says whether
    /// there may be more of it right now.
    async fn look(&mut self) -> Result<bool, StoreError> {
        let Ok(parts) = self.api.parts() else {
            self.over = true;
            return Ok(false);
        };
        // Before anything is read: what comes later wakes it again.
        let beat = self.following.beat();
        if self.stage != Some(beat.stage) {
            self.look_at_run(&parts).await?;
            self.stage = Some(beat.stage);
        }
        let lines = self.lines(&parts).await?;
        if !lines.is_empty() {
            lines.iter().for_each(|line| self.tell_line(line));
            return Ok(true);
        }
        let more = !self.attempts.is_empty();
        while let Some(attempt) = self.attempts.pop_front() {
            self.tell_attempt(&attempt);
        }
        if let Some(view) = self.view.take() {
            self.tell("end", &view);
            self.over = true;
        }
        Ok(more)
    }

    async fn look_at_run(&mut self, parts: &Parts) -> Result<(), StoreError> {
        // The run first: when it is over, so are all of its attempts.
        let Some(view) = parts.store.run(self.run).await? else {
            self.over = true;
            return Ok(());
        };
        self.view = Some(view).filter(|view| matches!(view.state, RunState::Ended(_)));
        self.attempts.clear();
        for attempt in parts.store.attempts(self.run).await? {
            let news = self.told.is_none_or(|told| told < (attempt.lease, is_over(&attempt)));
            // Its turn comes after what is still to be told of those before it.
            match news && !is_over(&attempt) && self.attempts.is_empty() {
                true => self.tell_attempt(&attempt),
                false => self.attempts.extend(news.then_some(attempt)),
            }
        }
        Ok(())
    }

    /// The next lines, and progress where there is some.
    async fn lines(&mut self, parts: &Parts) -> Result<Vec<LineView>, StoreError> {
        let batch = usize::try_from(BATCH).unwrap_or(usize::MAX);
        let tail = parts.control.tail(self.run, self.last, batch);
        let progress = tail.as_ref().and_then(|tail| tail.progress.clone());
        if let (Some(tail), Some((times, progress))) = (&tail, progress)
            && self.attempts.is_empty()
        {
            self.tell_progress(tail.begins.lease, times, &progress);
        }
        // What follows the last line is there, so that the history need not be asked. Of an
        // attempt that is over it has to be: the rest of its lines is nowhere else.
        let begins = tail.as_ref().map(|tail| tail.begins);
        let joins = begins.is_some_and(|begins| {
            begins.lease == self.last.lease && begins.line <= self.last.line + 1
        });
        let tail = tail.map(|tail| tail.lines).unwrap_or_default();
        if joins && self.attempts.is_empty() && self.view.is_none() {
            return Ok(tail);
        }
        let query = LogQuery { after: Some(self.last), limit: BATCH, ..LogQuery::whole(self.run) };
        let written = parts.store.log(query).await?;
        Ok(if written.is_empty() { tail } else { written })
    }

    fn tell_line(&mut self, line: &LineView) {
        while let Some(attempt) = self.attempts.pop_front_if(|it| it.lease < line.place.lease) {
            self.tell_attempt(&attempt);
        }
        if let Some(attempt) = self.attempts.front().filter(|it| it.lease == line.place.lease) {
            let attempt = attempt.clone();
            self.tell_begun(&attempt);
        }
        self.last = line.place;
        if line.content.level >= self.least {
            let event = event("line", line).id(line.place.to_string());
            self.ready.push_back(event);
        }
    }

    fn tell_attempt(&mut self, attempt: &AttemptView) {
        self.tell_begun(attempt);
        if is_over(attempt) {
            self.told = Some((attempt.lease, true));
            self.tell("attempt", attempt);
        }
    }

    /// Tells that an attempt began, as it was told or would have been then.
    fn tell_begun(&mut self, attempt: &AttemptView) {
        if self.told.is_some_and(|(lease, _)| lease >= attempt.lease) {
            return;
        }
        self.told = Some((attempt.lease, false));
        self.progress = 0;
        let attempt = AttemptView {
            ended_at: None,
            verdict: None,
            error: None,
            backtrace: Vec::new(),
            fuel: None,
            peak_memory: 0,
            wall_us: 0,
            plugin: None,
            ..attempt.clone()
        };
        self.tell("attempt", &attempt);
    }

    fn tell_progress(&mut self, lease: i64, times: u64, progress: &Progress) {
        if times > self.progress {
            self.progress = times;
            let Progress { fraction, note } = progress;
            self.tell("progress", &json!({ "lease": lease, "fraction": fraction, "note": note }));
        }
    }

    fn tell(&mut self, name: &str, data: &impl Serialize) {
        self.ready.push_back(event(name, data));
    }
}

fn is_over(attempt: &AttemptView) -> bool {
    attempt.verdict.is_some()
}

/// An event with JSON, which has no line breaks of its own.
fn event(name: &str, data: &impl Serialize) -> Event {
    // Nothing of this has keys that are no text, and nothing else fails.
    Event::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}
