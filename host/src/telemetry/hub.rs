//! Where followers wait for news. Where there are none, nothing is made for them.
//!
//! Who follows a run is only woken: its lines are read from the history and from what the
//! attempt under way has said since, so that nobody is too slow and nothing is kept twice.
//! Who follows the host gets each event, of which a bounded number is kept; who is too slow
//! for that is told how many were missed.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use horarium_core::{name::TaskName, run::RunId};
use horarium_engine::Event;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};

use super::story;

/// The most who follow at once, runs and host together.
pub(crate) const FOLLOWERS: usize = 256;

/// Events that are kept for those who are slower than they come.
const KEPT: usize = 1024;

/// Who follows what.
pub(crate) struct Hub {
    feed: broadcast::Sender<Arc<Told>>,
    runs: Mutex<HashMap<RunId, watch::Sender<Beat>>>,
    /// How many runs are followed, for those who need not look which.
    followed: AtomicUsize,
    places: Arc<Semaphore>,
    closed: watch::Sender<bool>,
}

/// An event on its way to those who follow the host.
#[derive(Debug)]
pub(crate) struct Told {
    /// Its name.
    pub(crate) name: String,
    /// The task it is about, where it is about one.
    pub(crate) task: Option<TaskName>,
    /// All of it, as JSON.
    pub(crate) json: String,
}

/// How often something was heard of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Beat {
    /// That it got to another state.
    pub(crate) stage: u64,
    /// That it said something.
    pub(crate) said: u64,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Self {
            feed: broadcast::Sender::new(KEPT),
            runs: Mutex::default(),
            followed: AtomicUsize::new(0),
            places: Arc::new(Semaphore::new(FOLLOWERS)),
            closed: watch::Sender::new(false),
        }
    }

    /// Hears of an event.
    pub(crate) fn hear(&self, event: &Event) {
        if self.followed.load(Ordering::SeqCst) > 0
            && let Some((Some(run), _)) = story::subject(event)
            && let Some(beats) = self.runs().get(&run)
        {
            beats.send_modify(|beat| match event {
                Event::Log { .. } | Event::Progress { .. } => beat.said += 1,
                _ => beat.stage += 1,
            });
        }
        // Of a run's log there is a stream of its own.
        if self.feed.receiver_count() > 0 && !matches!(event, Event::Log { .. }) {
            let task = story::subject(event).map(|(_, task)| task.clone());
            self.tell(task, story::json(event));
        }
    }

    fn tell(&self, task: Option<TaskName>, mut told: Value) {
        told["at"] = json!(Timestamp::now());
        let name = told["event"].as_str().unwrap_or_default().to_owned();
        // The last one may have left meanwhile.
        let _ = self.feed.send(Arc::new(Told { name, task, json: told.to_string() }));
    }

    /// Follows a run; none where as many follow something as may.
    pub(crate) fn follow(self: &Arc<Self>, run: RunId) -> Option<Following> {
        let place = self.place()?;
        let mut runs = self.runs();
        let beats = runs.entry(run).or_default().subscribe();
        self.followed.store(runs.len(), Ordering::SeqCst);
        drop(runs);
        Some(Following { hub: self.clone(), run, beats, closed: self.closed.subscribe(), place })
    }

    /// Follows the host; none where as many follow something as may.
    pub(crate) fn listen(&self) -> Option<Listening> {
        let place = self.place()?;
        Some(Listening { told: self.feed.subscribe(), closed: self.closed.subscribe(), place })
    }

    /// How many follow something.
    pub(crate) fn followers(&self) -> usize {
        FOLLOWERS - self.places.available_permits()
    }

    /// Nothing follows any more.
    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }

    fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<RunId, watch::Sender<Beat>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who follows a run.
pub(crate) struct Following {
    hub: Arc<Hub>,
    run: RunId,
    beats: watch::Receiver<Beat>,
    closed: watch::Receiver<bool>,
    #[expect(dead_code, reason = "kept for as long as it is followed")]
    place: OwnedSemaphorePermit,
}

impl Following {
    /// What was heard so far.
    pub(crate) fn beat(&mut self) -> Beat {
        *self.beats.borrow_and_update()
    }

    /// Waits for news; says whether any will come still.
    pub(crate) async fn news(&mut self) -> bool {
        tokio::select! {
            news = self.beats.changed() => news.is_ok(),
            // Its sender lives in the hub.
            _ = self.closed.wait_for(|closed| *closed) => false,
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut runs = self.hub.runs();
        // This one is still among them.
        if runs.get(&self.run).is_some_and(|beats| beats.receiver_count() <= 1) {
            runs.remove(&self.run);
        }
        self.hub.followed.store(runs.len(), Ordering::SeqCst);
    }
}

/// Somebody who follows the host.
pub(crate) struct Listening {
    told: broadcast::Receiver<Arc<Told>>,
    closed: watch::Receiver<bool>,
    #[expect(dead_code, reason = "kept for as long as it is followed")]
    place: OwnedSemaphorePermit,
}

/// What comes to somebody who follows the host.
#[derive(Debug)]
pub(crate) enum News {
    /// An event.
    Told(Arc<Told>),
    /// So many events came faster than they were taken.
    Missed(u64),
}

impl Listening {
    /// Waits for what comes next; none where nothing will.
    pub(crate) async fn next(&mut self) -> Option<News> {
        tokio::select! {
            told = self.told.recv() => match told {
                Ok(told) => Some(News::Told(told)),
                Err(broadcast::error::RecvError::Lagged(missed)) => Some(News::Missed(missed)),
                Err(broadcast::error::RecvError::Closed) => None,
            },
            _ = self.closed.wait_for(|closed| *closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use horarium_core::{
        attempt::{Lease, Progress},
        log::{Level, LogLine},
        run::{Fire, Trigger},
        store::CancelledRun,
    };
    use tokio::time::timeout;

    use super::*;

    fn lease(run: i64) -> Lease {
        Lease { run: RunId(run), number: 1 }
    }

    fn progress(run: i64) -> Event {
        let progress = Progress { fraction: Some(0.5), note: None };
        Event::Progress { lease: lease(run), task: "a".parse().unwrap(), progress }
    }

    fn line(run: i64) -> Event {
        let line = LogLine::of_host(Timestamp::UNIX_EPOCH, Level::Info, "said");
        Event::Log { lease: lease(run), task: "a".parse().unwrap(), line }
    }

    #[tokio::test(start_paused = true)]
    async fn a_follower_hears_of_its_run_alone() {
        let hub = Arc::new(Hub::new());
        hub.hear(&line(1));
        let mut following = hub.follow(RunId(1)).unwrap();
        assert_eq!(following.beat(), Beat::default());
        hub.hear(&line(2));
        assert!(timeout(Duration::from_secs(1), following.news()).await.is_err());
        hub.hear(&line(1));
        let fire = Fire {
            task: "a".parse().unwrap(),
            trigger: Trigger::Manual,
            scheduled_for: Timestamp::UNIX_EPOCH,
        };
        let created_at = Timestamp::UNIX_EPOCH;
        hub.hear(&Event::Cancelled(CancelledRun { run: RunId(1), fire, created_at }));
        assert!(following.news().await);
        assert_eq!(following.beat(), Beat { stage: 1, said: 1 });
        let other = hub.follow(RunId(1)).unwrap();
        drop(following);
        assert_eq!(hub.runs().len(), 1);
        drop(other);
        assert_eq!((hub.runs().len(), hub.followed.load(Ordering::SeqCst)), (0, 0));
    }

    #[tokio::test]
    async fn who_is_too_slow_is_told() {
        let hub = Hub::new();
        let mut listening = hub.listen().unwrap();
        for run in 0..=i64::try_from(KEPT).unwrap() {
            hub.hear(&line(run));
            hub.hear(&progress(run));
        }
        assert!(matches!(listening.next().await, Some(News::Missed(1))));
        match listening.next().await {
            Some(News::Told(told)) => {
                assert_eq!(told.name, "progress");
                let json: Value = told.json.parse().unwrap();
                assert_eq!((&json["run"], &json["task"]), (&json!(1), &json!("a")));
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn so_many_follow_and_no_more_until_the_end() {
        let hub = Arc::new(Hub::new());
        let mut all: Vec<_> = (0..FOLLOWERS).map(|_| hub.listen().unwrap()).collect();
        assert!(hub.listen().is_none() && hub.follow(RunId(1)).is_none());
        all.pop();
        let mut last = hub.follow(RunId(1)).unwrap();
        assert_eq!(hub.followers(), FOLLOWERS);
        hub.close();
        assert!(!last.news().await);
        assert!(all[0].next().await.is_none());
    }
}
