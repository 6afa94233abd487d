//! Where spans wait until they are sent, a number of them together.
//!
//! What is told comes from the engine's own loops and from guests, so it is put here without
//! waiting; what does not fit is lost. One task sends, one batch after the other.

use std::{sync::Arc, time::Duration};

use opentelemetry_sdk::trace::SpanData;
use tokio::{
    sync::{Mutex, mpsc, watch},
    task::JoinHandle,
    time::{Instant, timeout, timeout_at},
};

use super::losses::Losses;

/// Spans that wait to be sent; some ten megabytes.
const QUEUE: usize = 16_384;

/// Spans that are sent together, as other exporters do.
const BATCH: usize = 512;

/// How long a span waits for others.
const LINGER: Duration = Duration::from_secs(1);

/// How long the end of a host waits for the collector.
const LAST: Duration = Duration::from_secs(5);

/// Whoever takes spans.
pub(super) trait Taker: Send + 'static {
    /// Hands them over; says how many were not taken, or why none was. Comes back after a
    /// bounded time.
    fn take(&mut self, spans: Vec<SpanData>) -> impl Future<Output = Result<u64, String>> + Send;
}

/// The near end.
pub(super) struct Outlet {
    queue: mpsc::Sender<SpanData>,
    losses: Arc<Losses>,
    last: watch::Sender<bool>,
    sending: Mutex<Option<JoinHandle<()>>>,
}

impl Outlet {
    /// Begins to send.
    pub(super) fn start(taker: impl Taker, losses: Losses) -> Self {
        let (queue, spans) = mpsc::channel(QUEUE);
        let (last, ending) = watch::channel(false);
        let losses = Arc::new(losses);
        let sender = Sender { spans, taker, ending, losses: losses.clone() };
        let sending = Mutex::new(Some(tokio::spawn(sender.run())));
        Self { queue, losses, last, sending }
    }

    /// Puts a span where it waits to be sent.
    pub(super) fn put(&self, span: SpanData) {
        // Counted before it can be sent: what is sent is never ahead.
        self.losses.waits();
        if self.queue.try_send(span).is_err() {
            self.losses.overflows();
        }
    }

    /// Sends what is there, but does not wait for long.
    pub(super) async fn end(&self) {
        let Some(mut sending) = self.sending.lock().await.take() else { return };
        self.last.send_replace(true);
        if timeout(LAST, &mut sending).await.is_err() {
            sending.abort();
            self.losses.give_up();
        }
    }
}

/// The far end.
struct Sender<T> {
    spans: mpsc::Receiver<SpanData>,
    taker: T,
    ending: watch::Receiver<bool>,
    losses: Arc<Losses>,
}

impl<T: Taker> Sender<T> {
    /// Sends until the outlet ends, and then the rest.
    async fn run(mut self) {
        while !*self.ending.borrow() {
            let batch = self.gather().await;
            self.send(batch).await;
        }
        self.spans.close();
        loop {
            let mut batch = Vec::new();
            if self.spans.recv_many(&mut batch, BATCH).await == 0 {
                return;
            }
            self.send(batch).await;
        }
    }

    /// Waits for a batch that is full or has waited for long enough.
    async fn gather(&mut self) -> Vec<SpanData> {
        let mut batch = Vec::new();
        let mut until = None;
        while batch.len() < BATCH {
            let room = BATCH - batch.len();
            let more = self.spans.recv_many(&mut batch, room);
            let more = async {
                match until {
                    Some(until) => timeout_at(until, more).await.unwrap_or_default(),
                    None => more.await,
                }
            };
            let came = tokio::select! {
                biased;
                _ = self.ending.wait_for(|ending| *ending) => 0,
                came = more => came,
            };
            if came == 0 {
                break;
            }
            until.get_or_insert_with(|| Instant::now() + LINGER);
        }
        batch
    }

    async fn send(&mut self, batch: Vec<SpanData>) {
        self.losses.tell_overflow();
        let number = count(batch.len());
        if number == 0 {
            return;
        }
        match self.taker.take(batch).await {
            Ok(refused) => {
                let refused = refused.min(number);
                if refused < number {
                    self.losses.taken(number - refused);
                }
                if refused > 0 {
                    self.losses.lost(refused, "it refuses some of them");
                }
            }
            Err(reason) => self.losses.lost(number, &reason),
        }
    }
}

fn count(spans: usize) -> u64 {
    u64::try_from(spans).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex as StdMutex;

    use super::*;
    use crate::telemetry::{
        metrics::{Metrics, Reading},
        traces::spans::nothing,
    };

    /// What a collector does, and what it got.
    #[derive(Clone, Default)]
    struct Fake(Arc<StdMutex<Vec<usize>>>, Does);

    #[derive(Clone, Copy, Default)]
    enum Does {
        #[default]
        Takes,
        Refuses,
        Hangs,
    }

    impl Taker for Fake {
        async fn take(&mut self, spans: Vec<SpanData>) -> Result<u64, String> {
            match self.1 {
                Does::Takes => {
                    self.0.lock().unwrap().push(spans.len());
                    Ok(0)
                }
                Does::Refuses => Err("nobody is there".to_owned()),
                Does::Hangs => std::future::pending().await,
            }
        }
    }

    fn outlet(does: Does) -> (Outlet, Fake, Arc<Metrics>) {
        let metrics = Arc::new(Metrics::new());
        let fake = Fake(Arc::default(), does);
        let losses = Losses::new(metrics.clone(), "http://collector");
        (Outlet::start(fake.clone(), losses), fake, metrics)
    }

    fn counted(metrics: &Metrics) -> (u64, u64) {
        let text = metrics.text(&Reading::default());
        let of = |outcome: &str| {
            let name = format!("horarium_trace_spans_total{{outcome=\"{outcome}\"}} ");
            text.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap()
        };
        (of("sent"), of("lost"))
    }

    #[tokio::test(start_paused = true)]
    async fn spans_are_sent_together() {
        let (outlet, fake, metrics) = outlet(Does::Takes);
        let batches = || fake.0.lock().unwrap().clone();
        (0..3).for_each(|_| outlet.put(nothing()));
        tokio::time::sleep(LINGER / 2).await;
        outlet.put(nothing());
        assert!(batches().is_empty());
        tokio::time::sleep(LINGER).await;
        assert_eq!(batches(), [4], "the first one has waited for long enough");
        (0..=BATCH).for_each(|_| outlet.put(nothing()));
        tokio::time::sleep(LINGER / 2).await;
        assert_eq!(batches(), [4, BATCH], "a full batch waits for nobody");
        outlet.end().await;
        assert_eq!(batches(), [4, BATCH, 1]);
        assert_eq!(counted(&metrics), (5 + count(BATCH), 0));
        outlet.put(nothing());
        assert_eq!(counted(&metrics).1, 1, "what comes after the end is lost");
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_holds_up_nobody() {
        let (outlet, _, metrics) = outlet(Does::Hangs);
        let begun = Instant::now();
        // Those that it has in its hands.
        outlet.put(nothing());
        tokio::time::sleep(LINGER * 2).await;
        (0..QUEUE + 7).for_each(|_| outlet.put(nothing()));
        assert_eq!(counted(&metrics), (0, 7));
        assert_eq!(begun.elapsed(), LINGER * 2);
        outlet.end().await;
        assert_eq!(begun.elapsed(), LINGER * 2 + LAST, "nor does an end wait for long");
        assert_eq!(counted(&metrics), (0, 7 + 1 + count(QUEUE)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_taken_is_counted() {
        let (outlet, _, metrics) = outlet(Does::Refuses);
        (0..BATCH * 2).for_each(|_| outlet.put(nothing()));
        outlet.end().await;
        assert_eq!(counted(&metrics), (0, count(BATCH) * 2));
    }
}
