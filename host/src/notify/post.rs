//! Brings alerts to where they go.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use horarium_core::{
    History, Outbox,
    alert::{Alert, AlertId, Delivery, Tried},
    limits::show_duration,
    name::{ChannelName, TaskName},
    retry,
    run::RunId,
    store::{AlertQuery, DeliveryView, RecordedFire, Started, StoreError},
    time,
};
use horarium_engine::{Asked, Control};
use horarium_store::SqliteStore;
use jiff::Timestamp;
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};

use super::{
    channel::{Channel, Way},
    email,
    message::Message,
    outcome::{PACE, Sent, Undelivered},
    webhook,
};
use crate::config::Config;

/// How long somebody may take to accept a message.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked for new alerts, where anybody wants to hear of any.
const LOOK: Duration = Duration::from_millis(500);

/// The same where nobody does: what nobody wanted to hear then is not told later.
const SELDOM: Duration = Duration::from_secs(10);

/// How often it is looked whether a run is over that somebody waits for.
const GLANCE: Duration = Duration::from_millis(50);

/// The longest that somebody who brings alerts waits for news: a store may fail.
const LONGEST: Duration = Duration::from_secs(10);

/// The longest pause of a channel where nothing arrives.
const CHANNEL_PAUSE: Duration = Duration::from_secs(60);

/// Alerts of what is wrong that a new channel hears of.
const OPEN: u32 = 1_000;

/// Alerts that are routed in one transaction.
const ROUTED: u32 = 1_000;

/// Deliveries to one channel at once.
const AT_ONCE: u32 = 4;

/// Hears what becomes of alerts.
pub(crate) trait Told: Send + Sync + 'static {
    /// There is a new alert.
    fn raised(&self, alert: &Alert);

    /// A delivery was tried.
    fn tried(&self, delivery: &Delivery, tried: &Tried);
}

/// Where alerts are brought from.
pub(crate) struct Office {
    post: Arc<Post>,
    config: watch::Receiver<Arc<Config>>,
    /// Rings when there is something to bring.
    news: watch::Sender<()>,
    /// One for each channel: none waits for another one that does not answer.
    couriers: JoinSet<()>,
    /// What each of them works for.
    channels: HashMap<ChannelName, (Arc<Round>, AbortHandle)>,
    /// What waits for channels that are no more is given up.
    tidy: bool,
    /// Channels that are new have heard of what had been wrong before.
    told: bool,
}

/// A channel, and the tasks that bring alerts to people themselves.
#[derive(PartialEq)]
struct Round {
    channel: Channel,
    handlers: Vec<TaskName>,
}

/// What everybody needs who brings them.
struct Post {
    store: SqliteStore,
    control: Control,
    told: Arc<dyn Told>,
}

impl Office {
    pub(crate) fn new(
        store: SqliteStore,
        control: Control,
        config: watch::Receiver<Arc<Config>>,
        told: Arc<dyn Told>,
    ) -> Self {
        let (news, _) = watch::channel(());
        Self {
            post: Arc::new(Post { store, control, told }),
            config,
            news,
            couriers: JoinSet::new(),
            channels: HashMap::new(),
            tidy: false,
            told: false,
        }
    }

    /// Works until it is dropped. What is on its way then goes out again.
    pub(crate) async fn work(mut self) {
        loop {
            let config = self.config.borrow_and_update().clone();
            self.employ(&config.channels);
            if !self.told {
                self.told = self.tell_of_what_is_wrong().await.is_ok();
            }
            // What fails here is told by the engine, which asks the same store.
            if !self.tidy {
                let known = self.channels.keys().cloned().collect();
                self.tidy = self.post.store.abandon(known, Timestamp::now()).await.is_ok();
            }
            let rounds: Vec<_> = self.channels.values().map(|(round, _)| round.clone()).collect();
            if self.post.route(&rounds).await.unwrap_or_default() {
                self.news.send_replace(());
            }
            let wait = if rounds.is_empty() { SELDOM } else { LOOK };
            tokio::select! {
                () = sleep(wait) => {}
                changed = self.config.changed() => if changed.is_err() {
                    // Nobody changes it any more: the host ends.
                    sleep(wait).await;
                },
                // By itself none ends but by a fault; another one takes its place.
                Some(_) = self.couriers.join_next() => {}
            }
        }
    }

    /// Has a courier for each of these channels. One whose channel is what it was goes on.
    fn employ(&mut self, channels: &[Channel]) {
        let handlers: Vec<_> = channels.iter().filter_map(|it| it.way.handler().cloned()).collect();
        let before = std::mem::take(&mut self.channels);
        let mut before: HashMap<_, _> = before.into_iter().collect();
        for channel in channels {
            let round = Round { channel: channel.clone(), handlers: handlers.clone() };
            let name = channel.name.clone();
            let kept = before.remove(&name).filter(|(old, courier)| {
                let same = **old == round && !courier.is_finished();
                if !same {
                    courier.abort();
                }
                same
            });
            let employed = kept.unwrap_or_else(|| {
                self.told = false;
                let round = Arc::new(round);
                let work = self.post.clone().bring(round.clone(), self.news.subscribe());
                (round, self.couriers.spawn(work))
            });
            self.channels.insert(name, employed);
        }
        for (_, courier) in before.into_values() {
            courier.abort();
            self.tidy = false;
        }
    }
}

impl Office {
    /// Has alerts of what is wrong now go to channels that want them and were not there, or
    /// did not, when that began.
    async fn tell_of_what_is_wrong(&self) -> Result<(), StoreError> {
        let query = AlertQuery { open: true, limit: OPEN, ..AlertQuery::default() };
        let open = self.post.store.alerts(query).await?;
        let rounds = self.channels.values().map(|(round, _)| round);
        let routes: Vec<_> = rounds
            .flat_map(|round| {
                let wanted = open.iter().filter(|it| {
                    // Where it was decided about, there is a delivery to each that wanted it.
                    let is_known = |it: &DeliveryView| it.channel == round.channel.name;
                    round.channel.wants(&it.alert, &round.handlers)
                        && !it.deliveries.iter().any(is_known)
                });
                wanted.map(|it| (it.alert.alert, round.channel.name.clone()))
            })
            .collect();
        if !routes.is_empty() {
            let now = time::to_stored_precision(Timestamp::now());
            // Of later alerts nothing is decided by this.
            self.post.store.route(AlertId(0), routes, now).await?;
            self.news.send_replace(());
        }
        Ok(())
    }
}

impl Post {
    /// Decides where alerts go about which that is open. Says whether there were any.
    async fn route(&self, rounds: &[Arc<Round>]) -> Result<bool, StoreError> {
        let mut any = false;
        loop {
            let alerts = self.store.unrouted(ROUTED).await?;
            let Some(last) = alerts.last().map(|alert| alert.alert) else { return Ok(any) };
            let mut routes: Vec<(AlertId, ChannelName)> = Vec::new();
            for alert in &alerts {
                let wanted = rounds.iter().filter(|it| it.channel.wants(alert, &it.handlers));
                routes.extend(wanted.map(|it| (alert.alert, it.channel.name.clone())));
            }
            self.store.route(last, routes, time::to_stored_precision(Timestamp::now())).await?;
            alerts.iter().for_each(|alert| self.told.raised(alert));
            any = true;
        }
    }

    /// Brings to a channel what is due there, and waits for more. Where nothing arrives, it
    /// is the channel that is tried less and less often, by one alert at a time.
    async fn bring(self: Arc<Self>, round: Arc<Round>, mut news: watch::Receiver<()>) {
        let mut failures = 0;
        loop {
            news.mark_unchanged();
            let brought = self.bring_some(&round.channel, failures).await;
            failures = match &brought {
                Ok(Brought { tried: 0, .. }) | Err(_) => failures,
                Ok(Brought { arrived: 0, .. }) => failures.saturating_add(1),
                Ok(_) => 0,
            };
            let pause = match (failures, brought) {
                // There may be more of it.
                (0, Ok(Brought { tried: 1.., .. })) => continue,
                (0, brought) => {
                    let wait = brought.map_or(LONGEST, |brought| brought.wait(Timestamp::now()));
                    // Who rings outlives who hears it.
                    let _ = timeout(wait, news.changed()).await;
                    continue;
                }
                (failures, _) => PACE.wait(failures, 0.5).min(CHANNEL_PAUSE),
            };
            sleep(pause).await;
        }
    }

    /// Tries some of what is due at a channel.
    async fn bring_some(&self, channel: &Channel, failures: u32) -> Result<Brought, StoreError> {
        let limit = if failures == 0 { AT_ONCE } else { 1 };
        let due = self.store.due(channel.name.clone(), Timestamp::now(), limit).await?;
        let tried = due.deliveries.len();
        let tries = due.deliveries.into_iter().map(|delivery| self.deliver(channel, delivery));
        let mut arrived = 0;
        for outcome in join_all(tries).await {
            arrived += usize::from(outcome?);
        }
        Ok(Brought { tried, arrived, next: due.next, handed: due.handed })
    }

    /// Tries once, unless it is too late, and writes down how that went. Says whether the
    /// channel is as it should be.
    async fn deliver(&self, channel: &Channel, delivery: Delivery) -> Result<bool, StoreError> {
        let give_up_at = time::add(delivery.since, channel.give_up);
        let went = match delivery.run {
            Some(run) => self.brought_by(run).await?,
            None if Timestamp::now() > give_up_at => {
                Err(Undelivered::for_good("it could not be brought in time".to_owned()))
            }
            None => self.send(channel, &delivery).await?,
        };
        let (tried, is_well) = match went {
            Ok(sent) => (sent.into(), true),
            Err(undelivered) => {
                let tries = delivery.tries.saturating_add(1);
                let chance = retry::chance(RunId(delivery.alert.alert.0), tries);
                let is_well = undelivered.for_good;
                (undelivered.then(tries, chance, Timestamp::now(), give_up_at), is_well)
            }
        };
        self.told.tried(&delivery, &tried);
        self.record(&delivery, &tried).await;
        Ok(is_well)
    }

    /// Sends an alert once.
    async fn send(&self, channel: &Channel, delivery: &Delivery) -> Result<Went, StoreError> {
        let run = match delivery.alert.run {
            Some(run) => self.store.run(run).await?,
            None => None,
        };
        let message = Message::of(self.store.instance(), &delivery.alert, run);
        Ok(send(&channel.way, &message, delivery.tries, &self.control).await)
    }

    /// How the run ended that was to bring an alert.
    async fn brought_by(&self, run: RunId) -> Result<Went, StoreError> {
        let view = self.store.run(run).await?;
        let undelivered = match &view {
            Some(view) => Undelivered::of(view),
            None => Some(Undelivered::for_good(format!("run {run} is gone from the history"))),
        };
        Ok(undelivered.map_or(Ok(Sent::Arrived), Err))
    }

    /// Until it is written: what is not known to have arrived would be sent again.
    async fn record(&self, delivery: &Delivery, tried: &Tried) {
        loop {
            let (alert, channel) = (delivery.alert.alert, delivery.channel.clone());
            let now = time::to_stored_precision(Timestamp::now());
            match self.store.tried(alert, channel, tried.clone(), now).await {
                Ok(()) => return,
                Err(_) => sleep(SELDOM).await,
            }
        }
    }
}

/// What a courier has done.
struct Brought {
    tried: usize,
    /// Those of them after which the channel may be tried at once.
    arrived: usize,
    /// When there is more.
    next: Option<Timestamp>,
    /// Whether runs bring some, of which nobody tells that they are over.
    handed: bool,
}

impl Brought {
    /// How long to wait before there may be more, unless somebody rings.
    fn wait(&self, now: Timestamp) -> Duration {
        let longest = if self.handed { LOOK } else { LONGEST };
        self.next.map_or(longest, |at| time::between(now, at).min(longest))
    }
}

/// How a try to send a message went.
type Went = Result<Sent, Undelivered>;

/// Sends a message once, after so many tries.
async fn send(way: &Way, message: &Message, tries: u32, control: &Control) -> Went {
    let arrived = |()| Sent::Arrived;
    match way {
        Way::Webhook(webhook) => {
            webhook::post(webhook, message, Timestamp::now()).await.map(arrived)
        }
        Way::Email(email) => email::send(email, message).await.map(arrived),
        Way::Task(task) => {
            let args = serde_json::to_string(message)
                .map_err(|reason| Undelivered::for_good(reason.to_string()))?;
            let key = Some(run_key(&message.id, tries));
            let asked = Asked { args: Some(args), key, queued: true, ..Asked::now(task.clone()) };
            match control.trigger(asked).await {
                Some(Ok(Started::New(RecordedFire { run, .. }) | Started::Known(run))) => {
                    Ok(Sent::Handed(run))
                }
                Some(Ok(Started::Refused(refusal))) => {
                    Err(Undelivered::now(format!("task {task} was not started: {refusal}")))
                }
                Some(Err(error)) => Err(Undelivered::now(error.to_string())),
                None => Err(Undelivered::now("the host is ending".to_owned())),
            }
        }
    }
}

/// The key of the run that brings a message: each try has one, however often it is begun.
fn run_key(message: &str, tries: u32) -> String {
    match tries {
        0 => message.to_owned(),
        tries => format!("{message}-{}", tries.saturating_add(1)),
    }
}

/// Sends a message once, and waits until it has arrived.
///
/// # Errors
/// Where it does not, or not for as long as anybody waits for it.
pub(crate) async fn deliver(
    way: &Way,
    message: &Message,
    control: &Control,
    history: &impl History,
) -> Result<(), Undelivered> {
    let Sent::Handed(run) = send(way, message, 0, control).await? else { return Ok(()) };
    let over = async {
        loop {
            match history.run(run).await {
                Ok(Some(view)) if view.state.is_ended() => {
                    return Undelivered::of(&view).map_or(Ok(()), Err);
                }
                Ok(_) => sleep(GLANCE).await,
                Err(error) => return Err(Undelivered::now(error.to_string())),
            }
        }
    };
    timeout(PATIENCE, over).await.unwrap_or_else(|_| {
        let error = format!(
            "run {run} has it, and is not over after {}: `horarium runs {run}` shows it",
            show_duration(PATIENCE)
        );
        Err(Undelivered::now(error))
    })
}
