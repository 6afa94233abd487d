//! Brings alerts to where they go.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use horarium_core::{
    History, Outbox,
    alert::{Alert, AlertId, Delivery, Tried},
    name::ChannelName,
    retry::{self, RetryPolicy},
    run::RunId,
    store::{Started, StoreError},
    time,
};
use horarium_engine::{Asked, Control};
use horarium_store::SqliteStore;
use jiff::Timestamp;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    channel::{Channel, Way},
    email,
    message::Message,
    webhook,
};
use crate::config::Config;

/// How long somebody may take to accept a message.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked for new alerts, where anybody wants to hear of any.
const LOOK: Duration = Duration::from_millis(500);

/// The same where nobody does: what nobody wanted to hear then is not told later.
const SELDOM: Duration = Duration::from_secs(10);

/// The longest that somebody who brings alerts waits for news: a store may fail.
const LONGEST: Duration = Duration::from_secs(10);

/// Alerts that are routed in one transaction.
const ROUTED: u32 = 1_000;

/// Deliveries to one channel at once.
const AT_ONCE: u32 = 4;

/// When it is tried again.
const PACE: RetryPolicy = RetryPolicy {
    max_attempts: u32::MAX,
    delay: Duration::from_secs(1),
    factor: 2.0,
    max_delay: Duration::from_secs(600),
    jitter: 0.1,
};

/// Why a message did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undelivered {
    pub(crate) error: String,
    /// How long whoever it is for wants to be left alone.
    pub(super) after: Option<Duration>,
    /// Whether it makes no sense to try again.
    pub(super) for_good: bool,
}

impl Undelivered {
    /// It may arrive another time.
    pub(super) fn now(error: String) -> Self {
        Self { error, after: None, for_good: false }
    }

    /// It will never.
    pub(super) fn for_good(error: String) -> Self {
        Self { error, after: None, for_good: true }
    }

    /// What follows from it, after so many tries of which this was the last one.
    fn then(self, tries: u32, chance: f64, now: Timestamp, give_up_at: Timestamp) -> Tried {
        let Self { error, after, for_good } = self;
        let pause = PACE.wait(tries, chance).max(after.unwrap_or_default());
        let due_at = time::add(now, pause);
        match for_good || due_at > give_up_at {
            true => Tried::GivenUp { error },
            false => Tried::Again { error, due_at },
        }
    }
}

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
        Self { post: Arc::new(Post { store, control, told }), config, news }
    }

    /// Works until it is dropped. What is on its way then goes out again.
    pub(crate) async fn work(mut self) {
        let mut channels = Vec::new();
        // One for each channel: none waits for another one that does not answer.
        let mut couriers = JoinSet::new();
        loop {
            let config = self.config.borrow_and_update().clone();
            if channels != config.channels || couriers.is_empty() {
                channels.clone_from(&config.channels);
                couriers = JoinSet::new();
                for channel in &channels {
                    let courier = self.post.clone().bring(channel.clone(), self.news.subscribe());
                    couriers.spawn(courier);
                }
                let known = channels.iter().map(|channel| channel.name.clone()).collect();
                // What fails here is told by the engine, which asks the same store.
                let _ = self.post.store.abandon(known, Timestamp::now()).await;
            }
            if self.post.route(&channels).await.unwrap_or_default() {
                self.news.send_replace(());
            }
            let wait = if channels.is_empty() { SELDOM } else { LOOK };
            if let Ok(Err(_)) = timeout(wait, self.config.changed()).await {
                // Nobody changes it any more: the host ends.
                sleep(wait).await;
            }
        }
    }
}

impl Post {
    /// Decides where alerts go about which that is open. Says whether there were any.
    async fn route(&self, channels: &[Channel]) -> Result<bool, StoreError> {
        let mut any = false;
        loop {
            let alerts = self.store.unrouted(ROUTED).await?;
            let Some(last) = alerts.last().map(|alert| alert.alert) else { return Ok(any) };
            let mut routes: Vec<(AlertId, ChannelName)> = Vec::new();
            for alert in &alerts {
                let wanted = channels.iter().filter(|channel| channel.wants(alert));
                routes.extend(wanted.map(|channel| (alert.alert, channel.name.clone())));
            }
            self.store.route(last, routes, time::to_stored_precision(Timestamp::now())).await?;
            alerts.iter().for_each(|alert| self.told.raised(alert));
            any = true;
        }
    }

    /// Brings to a channel what is due there, and waits for more.
    async fn bring(self: Arc<Self>, channel: Channel, mut news: watch::Receiver<()>) {
        loop {
            news.mark_unchanged();
            let next = self.bring_all(&channel).await.unwrap_or_default();
            let wait = next.map_or(LONGEST, |at| time::between(Timestamp::now(), at).min(LONGEST));
            // Who rings outlives who hears it.
            let _ = timeout(wait, news.changed()).await;
        }
    }

    /// Tries what is due at a channel. Says when there is more.
    async fn bring_all(&self, channel: &Channel) -> Result<Option<Timestamp>, StoreError> {
        loop {
            let due = self.store.due(channel.name.clone(), Timestamp::now(), AT_ONCE).await?;
            if due.deliveries.is_empty() {
                return Ok(due.next);
            }
            let tries = due.deliveries.into_iter().map(|delivery| self.deliver(channel, delivery));
            for tried in join_all(tries).await {
                tried?;
            }
        }
    }

    /// Tries once, and writes down how that went.
    async fn deliver(&self, channel: &Channel, delivery: Delivery) -> Result<(), StoreError> {
        let alert = &delivery.alert;
        let run = match alert.run {
            Some(run) => self.store.run(run).await?,
            None => None,
        };
        let message = Message::of(self.store.instance(), alert, run);
        let tried = match send(&channel.way, &message, &self.control).await {
            Ok(()) => Tried::Delivered,
            Err(undelivered) => {
                let give_up_at = time::add(delivery.since, channel.give_up);
                let tries = delivery.tries.saturating_add(1);
                let chance = retry::chance(RunId(alert.alert.0), tries);
                undelivered.then(tries, chance, Timestamp::now(), give_up_at)
            }
        };
        self.told.tried(&delivery, &tried);
        let (alert, channel) = (alert.alert, delivery.channel.clone());
        self.store.tried(alert, channel, tried, time::to_stored_precision(Timestamp::now())).await
    }
}

/// Sends a message once.
pub(crate) async fn send(
    way: &Way,
    message: &Message,
    control: &Control,
) -> Result<(), Undelivered> {
    match way {
        Way::Webhook(webhook) => webhook::post(webhook, message, Timestamp::now()).await,
        Way::Email(email) => email::send(email, message).await,
        Way::Task(task) => {
            let args = serde_json::to_string(message)
                .map_err(|reason| Undelivered::for_good(reason.to_string()))?;
            let key = Some(message.id.clone());
            let asked = Asked { args: Some(args), key, ..Asked::now(task.clone()) };
            match control.trigger(asked).await {
                Some(Ok(Started::New(_) | Started::Known(_))) => Ok(()),
                Some(Ok(Started::Refused(refusal))) => {
                    Err(Undelivered::now(format!("task {task} was not started: {refusal}")))
                }
                Some(Err(error)) => Err(Undelivered::now(error.to_string())),
                None => Err(Undelivered::now("the host is ending".to_owned())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn who_does_not_answer_is_asked_less_and_less_often_and_in_the_end_no_more() {
        let failed = || Undelivered::now("no".to_owned());
        let due = |tries| match failed().then(tries, 0.5, at(1_000), at(90_000)) {
            Tried::Again { due_at, .. } => due_at.as_second() - 1_000,
            other => panic!("{other:?}"),
        };
        let waits = [1, 2, 3, 10, 11, 1_000, u32::MAX].map(due);
        assert_eq!(waits, [1, 2, 4, 512, 600, 600, 600]);
        let last = failed().then(10, 0.5, at(89_500), at(90_000));
        assert_eq!(last, Tried::GivenUp { error: "no".to_owned() });
    }

    #[test]
    fn who_says_when_is_left_alone_until_then() {
        let after = Some(Duration::from_secs(3_600));
        let busy = Undelivered { after, ..Undelivered::now("busy".to_owned()) };
        let expected = Tried::Again { error: "busy".to_owned(), due_at: at(3_600) };
        assert_eq!(busy.clone().then(1, 0.5, at(0), at(4_000)), expected);
        // But no longer than anybody waits for it.
        assert!(matches!(busy.then(1, 0.5, at(0), at(3_000)), Tried::GivenUp { .. }));
        let gone = Undelivered::for_good("gone".to_owned());
        assert!(matches!(gone.then(1, 0.5, at(0), at(3_000)), Tried::GivenUp { .. }));
    }
}
