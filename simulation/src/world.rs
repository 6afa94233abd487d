//! Everything that chance decides, and everybody who looks.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use horarium_core::{
    History,
    store::{RunQuery, StoreError},
};
use horarium_store::SqliteStore;
use tokio::sync::{Notify, watch};

use crate::{faulty::Fate, ledger::Ledger};

/// Transactions between two looks at the whole history.
const BETWEEN_LOOKS: u64 = 100;

/// What is on disk, and what was seen of it.
struct Durable {
    store: SqliteStore,
    ledger: Ledger,
}

/// What all hosts of a simulation share.
pub(crate) struct World {
    dice: Mutex<Rng>,
    ledger: Mutex<Ledger>,
    /// Nothing goes wrong any more.
    calm: AtomicBool,
    /// The power may be cut.
    pub(crate) cuts: AtomicBool,
    /// What a power cut would leave, where that is not all there is.
    durable: Mutex<Option<Durable>>,
    /// Transactions so far.
    pub(crate) steps: AtomicU64,
    /// Rings when a promise is broken.
    pub(crate) broken: watch::Sender<bool>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            dice: Mutex::new(Rng::with_seed(seed)),
            ledger: Mutex::default(),
            calm: AtomicBool::new(false),
            cuts: AtomicBool::new(false),
            durable: Mutex::default(),
            steps: AtomicU64::new(0),
            broken: watch::Sender::new(false),
        }
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn durable(&self) -> MutexGuard<'_, Option<Durable>> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something is about to be committed that a power cut may take back.
    pub(crate) fn will_commit(&self, store: &SqliteStore) {
        let mut durable = self.durable();
        if durable.is_none() && self.cuts.load(Ordering::Relaxed) {
            let store = store.copy().expect("a store in memory");
            *durable = Some(Durable { store, ledger: self.ledger().clone() });
        }
    }

    /// Everything so far survives a power cut.
    pub(crate) fn settled(&self) {
        *self.durable() = None;
    }

    /// Cuts the power: what is left is there again, and what was seen of it.
    pub(crate) fn cut(&self) -> Option<SqliteStore> {
        let Durable { store, ledger } = self.durable().take()?;
        self.ledger().go_back_to(ledger);
        Some(store)
    }

    /// Lets nothing go wrong from now on.
    pub(crate) fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    /// A number below `end`.
    pub(crate) fn below(&self, end: u64) -> u64 {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).u64(..end.max(1))
    }

    /// One of so many.
    pub(crate) fn one_of(&self, count: usize) -> usize {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).usize(..count.max(1))
    }

    /// Whether what happens so many times in a thousand happens now.
    pub(crate) fn happens(&self, of_a_thousand: u64) -> bool {
        self.below(1_000) < of_a_thousand
    }

    /// A length of time up to this.
    pub(crate) fn up_to(&self, seconds: u64) -> Duration {
        Duration::from_millis(self.below(seconds * 1_000))
    }

    /// What becomes of a transaction, and how long it takes to come to it.
    pub(crate) fn fate(&self) -> (Fate, Duration) {
        if self.calm.load(Ordering::Relaxed) {
            return (Fate::Done, Duration::ZERO);
        }
        let fate = match self.below(1_000) {
            0..15 => Fate::Refused,
            15..25 => Fate::Unheard,
            25..29 => Fate::DiesBefore,
            29..33 => Fate::DiesAfter,
            _ => Fate::Done,
        };
        let wait = match self.below(100) {
            0..60 => Duration::ZERO,
            60..95 => Duration::from_micros(self.below(20_000)),
            95..99 => self.up_to(1),
            _ => self.up_to(15),
        };
        (fate, wait)
    }

    /// Whether a guest succeeds, how long it takes, and how long it takes to notice that
    /// it is to stop.
    pub(crate) fn guest(&self) -> (bool, Duration, Duration) {
        if self.calm.load(Ordering::Relaxed) {
            return (true, Duration::ZERO, Duration::ZERO);
        }
        let length = match self.below(10) {
            0..4 => Duration::ZERO,
            4..8 => self.up_to(5),
            _ => self.up_to(90),
        };
        let obeys = if self.happens(100) { self.up_to(40) } else { Duration::ZERO };
        (!self.happens(350), length, obeys)
    }

    /// Looks at the history every now and then.
    pub(crate) async fn look(&self, store: &SqliteStore) {
        if self.steps.fetch_add(1, Ordering::Relaxed).is_multiple_of(BETWEEN_LOOKS) {
            self.compare(store).await;
        }
        if self.ledger().broken.is_some() {
            self.broken.send_replace(true);
        }
    }

    /// Compares the history with what was seen.
    pub(crate) async fn compare(&self, store: &SqliteStore) {
        let query = RunQuery { limit: u32::MAX, ..RunQuery::default() };
        match store.runs(query).await {
            Ok(shown) => self.ledger().compare(&shown),
            Err(error) => self.ledger().broken = Some(error.to_string()),
        }
    }
}

/// One host, from its start to its end.
pub(crate) struct Life {
    dead: watch::Sender<bool>,
    hung: AtomicBool,
    /// Rings when it goes on. Those that wait are woken in the order in which they came,
    /// as the waiters of a `watch` are not.
    goes_on: Notify,
}

impl Life {
    pub(crate) fn new() -> Self {
        Self {
            dead: watch::Sender::new(false),
            hung: AtomicBool::new(false),
            goes_on: Notify::new(),
        }
    }

    /// The host ends here and now.
    pub(crate) async fn die<T>(&self) -> Result<T, StoreError> {
        self.dead.send_replace(true);
        std::future::pending().await
    }

    /// Completes when it is dead.
    pub(crate) async fn died(&self) {
        // The sender lives in `self`.
        let _ = self.dead.subscribe().wait_for(|dead| *dead).await;
    }

    /// Has it stand still, or go on.
    pub(crate) fn set_hung(&self, hung: bool) {
        self.hung.store(hung, Ordering::Relaxed);
        if !hung {
            self.goes_on.notify_waiters();
        }
    }

    /// Completes when it does not stand still.
    pub(crate) async fn hang(&self) {
        while self.hung.load(Ordering::Relaxed) {
            self.goes_on.notified().await;
        }
    }
}
