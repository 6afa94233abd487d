//! The store of a single host.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use horarium_core::{
    Buckets, Editing, Outbox, Store,
    alert::{Alert, AlertId, Tried},
    attempt::Lease,
    chain::Chains,
    checkpoint::{Checkpoint, CheckpointView},
    effects::{Bucket, Changes, Entry, Key, Page, Stand},
    log::LogLine,
    name::{ChannelName, TaskName},
    retention::Retention,
    run::RunId,
    store::{
        AlertQuery, AlertView, AttemptView, Backfill, Backfilled, BucketQuery, BucketView,
        Cancelled, Claim, Claims, Due, Durability, Edited, EntryQuery, ExpiredLease, FailingTask,
        Finish, Finished, History, LineView, LogQuery, MarkQuery, Pruned, Recent, RecordQuery,
        RecordedFire, Records, Registration, RunMark, RunQuery, RunView, Scope, Start, Started,
        Statistics, StoreError, TaskFires, TaskQuery, TaskState, TaskView, Waiting, WholeRun,
    },
};
use jiff::Timestamp;
use rusqlite::{Connection, backup::Backup};

use super::{
    buckets, cancel, checkpoints, claim, clear, effects,
    error::translate,
    failing, finish, fires,
    history::SqliteHistory,
    keeping, leases, log, marks, open, outbox, pause,
    prune::{self, Pass},
    queue, schema, statistics, tasks, views,
    watch::StoreWatch,
    writer::{self, When, Writer},
};

/// All pages of a database, in SQLite's words.
const EVERYTHING: i32 = -1;

/// A database that one host holds.
#[derive(Clone)]
pub struct SqliteStore {
    backend: Backend,
    instance: Arc<str>,
    pass: Arc<Mutex<Pass>>,
    /// Of the tasks that were registered.
    chains: Arc<RwLock<Chains>>,
}

#[derive(Clone)]
enum Backend {
    /// A file: one thread writes, others read.
    // Dropped in this order: the writer's connection is the last one to be closed.
    File { history: SqliteHistory, writer: Writer },
    /// In memory, for tests: everything happens at once, where it is asked for,
    /// so that a test's clock never runs ahead of a thread.
    Memory(Arc<Mutex<Connection>>),
}

impl SqliteStore {
    /// Opens the store in a data directory, which is created where it is missing; what
    /// it acknowledges survives a power cut.
    ///
    /// # Errors
    /// Where another host uses it, or where it can't be written or makes no sense.
    pub fn open(data_dir: &Path) -> Result<Self, StoreError> {
        Self::open_as(data_dir, Durability::Full)
    }

    /// The same, as durable as is asked for.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_as(data_dir: &Path, durability: Durability) -> Result<Self, StoreError> {
        Self::open_watched(data_dir, durability, Arc::new(()))
    }

    /// The same, and somebody hears of each write.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_watched(
        data_dir: &Path,
        durability: Durability,
        watch: Arc<dyn StoreWatch>,
    ) -> Result<Self, StoreError> {
        let held = open::exclusive(data_dir, durability, watch.clone())?;
        let instance = instance(&held.connection, &held.path)?;
        let history = SqliteHistory::open(data_dir)?;
        let writer = Writer::start(held.connection, held.syncer, held.path, held.lock, watch)?;
        Ok(Self::new(Backend::File { writer, history }, instance))
    }

    /// A store that is gone with the value.
    ///
    /// # Errors
    /// Where SQLite can't even do that.
    pub fn in_memory() -> Result<Self, StoreError> {
        let connection = open::in_memory()?;
        let instance = instance(&connection, Path::new(":memory:"))?;
        Ok(Self::new(Backend::Memory(Arc::new(Mutex::new(connection))), instance))
    }

    /// A store in memory as it is now, for whoever wants to go back to that: as a power cut
    /// does, in a simulation.
    ///
    /// # Errors
    /// Where it is not in memory.
    pub fn copy(&self) -> Result<Self, StoreError> {
        let Backend::Memory(connection) = &self.backend else {
            let place = "a database on disk".to_owned();
            return Err(StoreError::Unusable { place, reason: "it is not in memory".to_owned() });
        };
        let mut copy = open::in_memory()?;
        let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        Backup::new(&connection, &mut copy)
            .and_then(|backup| backup.step(EVERYTHING))
            .map_err(|error| translate(Path::new(":memory:"), &error))?;
        Ok(Self::new(Backend::Memory(Arc::new(Mutex::new(copy))), self.instance.clone()))
    }

    fn new(backend: Backend, instance: Arc<str>) -> Self {
        Self { backend, instance, pass: Arc::default(), chains: Arc::default() }
    }

    /// Waits until everything is written and the data directory is free again,
    /// which is after the last clone of this store was dropped.
    pub async fn close(self) {
        if let Backend::File { writer, history } = self.backend {
            drop(history);
            writer.closed().await;
        }
    }

    /// The history's own name, part of every run's key.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Writes what nobody reads, to see whether it is kept.
    ///
    /// # Errors
    /// Where nothing can be written.
    pub async fn probe(&self) -> Result<(), StoreError> {
        self.write(schema::probe).await
    }

    fn pass(&self) -> MutexGuard<'_, Pass> {
        self.pass.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.write_until(When::Durable, work).await
    }

    async fn write_until<T: Send + 'static>(
        &self,
        when: When,
        work: impl Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.backend {
            Backend::File { writer, .. } => writer.call(when, work).await,
            Backend::Memory(connection) => {
                let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                writer::commit_one(&connection, work)
                    .map_err(|error| translate(Path::new(":memory:"), &error))
            }
        }
    }

    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection, &str) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.backend {
            Backend::File { history, .. } => history.read(look).await,
            Backend::Memory(connection) => {
                let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                look(&connection, &self.instance)
                    .map_err(|error| translate(Path::new(":memory:"), &error))
            }
        }
    }
}

fn read(chains: &RwLock<Chains>) -> RwLockReadGuard<'_, Chains> {
    chains.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(chains: &RwLock<Chains>) -> RwLockWriteGuard<'_, Chains> {
    chains.write().unwrap_or_else(PoisonError::into_inner)
}

/// Has these tasks run after those that they say, or after none.
fn follow(chains: &mut Chains, tasks: &[Registration]) {
    for Registration { task, follower, .. } in tasks {
        match follower {
            Some(follower) => chains.set(follower.clone()),
            None => chains.remove(task),
        }
    }
}

fn instance(connection: &Connection, path: &Path) -> Result<Arc<str>, StoreError> {
    schema::instance(connection).map(Into::into).map_err(|error| translate(path, &error))
}

impl History for SqliteStore {
    async fn runs(&self, query: RunQuery) -> Result<Vec<RunView>, StoreError> {
        self.read(move |connection, instance| views::runs(connection, instance, &query)).await
    }

    async fn run(&self, run: RunId) -> Result<Option<RunView>, StoreError> {
        self.read(move |connection, instance| views::run(connection, instance, run)).await
    }

    async fn attempts(&self, run: RunId) -> Result<Vec<AttemptView>, StoreError> {
        self.read(move |connection, _| views::attempts(connection, run)).await
    }

    async fn whole_run(&self, run: RunId) -> Result<Option<WholeRun>, StoreError> {
        self.read(move |connection, instance| views::whole_run(connection, instance, run)).await
    }

    async fn log(&self, query: LogQuery) -> Result<Vec<LineView>, StoreError> {
        self.read(move |connection, _| log::read(connection, query)).await
    }

    async fn checkpoint(&self, run: RunId) -> Result<Option<Checkpoint>, StoreError> {
        self.read(move |connection, _| checkpoints::load(connection, run)).await
    }

    async fn tasks(&self, query: TaskQuery) -> Result<Vec<TaskView>, StoreError> {
        self.read(move |connection, instance| views::tasks(connection, instance, &query)).await
    }

    async fn task(&self, task: TaskName) -> Result<Option<TaskView>, StoreError> {
        self.read(move |connection, instance| views::task(connection, instance, &task)).await
    }

    async fn failing(&self, limit: u32) -> Result<Vec<FailingTask>, StoreError> {
        self.read(move |connection, instance| failing::failing(connection, instance, limit)).await
    }

    async fn marks(&self, query: MarkQuery) -> Result<Vec<Vec<RunMark>>, StoreError> {
        self.read(move |connection, _| marks::marks(connection, &query)).await
    }

    async fn statistics(&self, task: Option<TaskName>) -> Result<Statistics, StoreError> {
        self.read(move |connection, _| statistics::read(connection, task.as_ref())).await
    }

    async fn waiting(&self) -> Result<Waiting, StoreError> {
        self.read(|connection, _| statistics::waiting(connection)).await
    }

    async fn recent(&self, task: TaskName, limit: u32) -> Result<Vec<Recent>, StoreError> {
        self.read(move |connection, _| statistics::recent(connection, &task, limit)).await
    }

    async fn is_paused(&self, scope: Scope) -> Result<bool, StoreError> {
        self.read(move |connection, _| pause::is_paused(connection, &scope)).await
    }

    async fn paused(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |connection, _| pause::all_since(connection)).await
    }
}

impl Outbox for SqliteStore {
    async fn alerts(&self, query: AlertQuery) -> Result<Vec<AlertView>, StoreError> {
        self.read(move |connection, _| outbox::alerts(connection, &query)).await
    }

    async fn unrouted(&self, limit: u32) -> Result<Vec<Alert>, StoreError> {
        self.read(move |connection, _| outbox::unrouted(connection, limit)).await
    }

    async fn route(
        &self,
        up_to: AlertId,
        routes: Vec<(AlertId, ChannelName)>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| outbox::route(connection, up_to, &routes, now)).await
    }

    async fn due(
        &self,
        channel: ChannelName,
        now: Timestamp,
        limit: u32,
    ) -> Result<Due, StoreError> {
        self.read(move |connection, _| outbox::due(connection, &channel, now, limit)).await
    }

    async fn abandon(&self, known: Vec<ChannelName>, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| outbox::abandon(connection, &known, now)).await
    }

    async fn tried(
        &self,
        alert: AlertId,
        channel: ChannelName,
        tried: Tried,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| outbox::tried(connection, alert, &channel, &tried, now)).await
    }
}

impl Buckets for SqliteStore {
    async fn entry(&self, bucket: Bucket, key: Key) -> Result<(Stand, Option<Entry>), StoreError> {
        self.read(move |connection, _| buckets::entry(connection, &bucket, &key)).await
    }

    async fn entries(&self, query: EntryQuery) -> Result<(Stand, Page), StoreError> {
        self.read(move |connection, _| buckets::entries(connection, &query)).await
    }

    async fn buckets(&self, query: BucketQuery) -> Result<Vec<BucketView>, StoreError> {
        self.read(move |connection, _| keeping::buckets(connection, &query)).await
    }

    async fn records(&self, query: RecordQuery) -> Result<(Stand, Records), StoreError> {
        self.read(move |connection, _| keeping::records(connection, &query)).await
    }
}

impl Editing for SqliteStore {
    async fn edit(&self, changes: Changes, now: Timestamp) -> Result<Edited, StoreError> {
        self.write(move |connection| effects::edit(connection, &changes, now)).await
    }

    async fn clear(&self, bucket: Bucket) -> Result<Stand, StoreError> {
        self.write(move |connection| clear::clear(connection, &bucket)).await
    }

    async fn sweep(&self) -> Result<bool, StoreError> {
        self.write(clear::sweep).await
    }
}

impl Store for SqliteStore {
    async fn register(
        &self,
        registrations: Vec<Registration>,
        now: Timestamp,
    ) -> Result<Vec<TaskState>, StoreError> {
        let chains = self.chains.clone();
        self.write(move |connection| {
            let states = tasks::register(connection, &registrations, now)?;
            let mut chains = write(&chains);
            chains.clear();
            follow(&mut chains, &registrations);
            Ok(states)
        })
        .await
    }

    async fn amend(
        &self,
        registrations: Vec<Registration>,
        removed: Vec<TaskName>,
        now: Timestamp,
    ) -> Result<Vec<TaskState>, StoreError> {
        let chains = self.chains.clone();
        self.write(move |connection| {
            let states = tasks::amend(connection, &registrations, &removed, now)?;
            let mut chains = write(&chains);
            removed.iter().for_each(|task| chains.remove(task));
            follow(&mut chains, &registrations);
            Ok(states)
        })
        .await
    }

    async fn record_fires(
        &self,
        fires: Vec<TaskFires>,
        now: Timestamp,
    ) -> Result<Vec<RecordedFire>, StoreError> {
        self.write_until(When::Committed, move |connection| fires::record(connection, &fires, now))
            .await
    }

    async fn start(&self, start: Start, now: Timestamp) -> Result<Started, StoreError> {
        self.write(move |connection| fires::start(connection, &start, now)).await
    }

    async fn backfill(&self, wanted: Backfill, now: Timestamp) -> Result<Backfilled, StoreError> {
        self.write(move |connection| fires::backfill(connection, &wanted, now)).await
    }

    async fn cancel(&self, run: RunId, now: Timestamp) -> Result<Cancelled, StoreError> {
        let chains = self.chains.clone();
        self.write(move |connection| cancel::cancel(connection, &read(&chains), run, now)).await
    }

    async fn pause(&self, scope: Scope, now: Timestamp) -> Result<bool, StoreError> {
        self.write(move |connection| pause::pause(connection, &scope, now)).await
    }

    async fn resume(&self, scope: Scope, now: Timestamp) -> Result<bool, StoreError> {
        self.write(move |connection| pause::resume(connection, &scope, now)).await
    }

    async fn claim(&self, claim: Claim) -> Result<Claims, StoreError> {
        let (instance, chains) = (self.instance.clone(), self.chains.clone());
        self.write_until(When::Committed, move |connection| {
            claim::claim(connection, &instance, &read(&chains), &claim)
        })
        .await
    }

    async fn set_back(&self, by: Duration, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| queue::set_back(connection, by, now)).await
    }

    async fn settle(&self) -> Result<(), StoreError> {
        self.write(|_| Ok(())).await
    }

    async fn renew(&self, leases: Vec<Lease>, until: Timestamp) -> Result<Vec<Lease>, StoreError> {
        self.write(move |connection| leases::renew(connection, &leases, until)).await
    }

    async fn append_log(&self, lease: Lease, lines: Vec<LogLine>) -> Result<(), StoreError> {
        self.write(move |connection| log::append_if_held(connection, lease, &lines)).await
    }

    async fn save_checkpoint(
        &self,
        lease: Lease,
        value: Vec<u8>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| checkpoints::save(connection, lease, &value, now)).await
    }

    async fn forget_checkpoint(&self, run: RunId) -> Result<Option<CheckpointView>, StoreError> {
        self.write(move |connection| {
            let before = checkpoints::view(connection, run)?;
            checkpoints::forget(connection, run)?;
            Ok(before)
        })
        .await
    }

    async fn finish(&self, finish: Finish) -> Result<Finished, StoreError> {
        let chains = self.chains.clone();
        self.write(move |connection| finish::finish(connection, &read(&chains), &finish)).await
    }

    async fn prune(&self, retention: Retention, now: Timestamp) -> Result<Pruned, StoreError> {
        let mut before = self.pass().clone();
        if let Backend::File { history, .. } = &self.backend
            && before.must_count(retention)
        {
            before.is_counted(history.count().await?);
        }
        let work = move |connection: &Connection| {
            let mut pass = before.clone();
            let pruned = prune::prune(connection, &mut pass, retention, now)?;
            Ok((pruned, pass))
        };
        // What was not committed was not forgotten.
        let (pruned, pass) = self.write(work).await?;
        *self.pass() = pass;
        Ok(pruned)
    }

    async fn expired(&self, now: Timestamp) -> Result<Vec<ExpiredLease>, StoreError> {
        self.write(move |connection| leases::expired(connection, now)).await
    }
}
