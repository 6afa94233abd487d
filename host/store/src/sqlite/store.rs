//! The store of a single host.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use horarium_core::{
    Store,
    attempt::Lease,
    log::LogLine,
    run::RunId,
    store::{
        AttemptView, Claim, Claims, ExpiredLease, Finish, Finished, History, LogQuery,
        RecordedFire, Registration, RunQuery, RunView, StoreError, TaskFires, TaskState, TaskView,
    },
};
use jiff::Timestamp;
use rusqlite::Connection;

use super::{
    claim,
    error::translate,
    finish, fires,
    history::SqliteHistory,
    leases, log, open, schema, tasks, views,
    writer::{self, Writer},
};

/// A database that one host holds.
#[derive(Clone)]
pub struct SqliteStore {
    backend: Backend,
    instance: Arc<str>,
}

#[derive(Clone)]
enum Backend {
    /// A file: one thread writes, others read.
    File { writer: Writer, history: SqliteHistory },
    /// In memory, for tests: everything happens at once, where it is asked for,
    /// so that a test's clock never runs ahead of a thread.
    Memory(Arc<Mutex<Connection>>),
}

impl SqliteStore {
    /// Opens the store in a data directory, which is created where it is missing.
    ///
    /// # Errors
    /// Where another host uses it, or where it can't be written or makes no sense.
    pub fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let held = open::exclusive(data_dir)?;
        let instance = instance(&held.connection, &held.path)?;
        let history = SqliteHistory::open(data_dir)?;
        let writer = Writer::start(held.connection, held.path, held.lock)?;
        Ok(Self { backend: Backend::File { writer, history }, instance })
    }

    /// A store that is gone with the value.
    ///
    /// # Errors
    /// Where SQLite can't even do that.
    pub fn in_memory() -> Result<Self, StoreError> {
        let connection = open::in_memory()?;
        let instance = instance(&connection, Path::new(":memory:"))?;
        Ok(Self { backend: Backend::Memory(Arc::new(Mutex::new(connection))), instance })
    }

    /// Waits until everything is written and the data directory is free again,
    /// which is after the last clone of this store was dropped.
    pub async fn close(self) {
        if let Backend::File { writer, history } = self.backend {
            drop(history);
            writer.closed().await;
        }
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.backend {
            Backend::File { writer, .. } => writer.call(work).await,
            Backend::Memory(connection) => {
                let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                writer::commit_one(&connection, work)
                    .map_err(|error| translate(Path::new(":memory:"), &error))
            }
        }
    }

    fn look<T>(
        &self,
        connection: &Mutex<Connection>,
        look: impl FnOnce(&Connection, &str) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        look(&connection, &self.instance).map_err(|error| translate(Path::new(":memory:"), &error))
    }
}

fn instance(connection: &Connection, path: &Path) -> Result<Arc<str>, StoreError> {
    schema::instance(connection).map(Into::into).map_err(|error| translate(path, &error))
}

impl History for SqliteStore {
    async fn runs(&self, query: RunQuery) -> Result<Vec<RunView>, StoreError> {
        match &self.backend {
            Backend::File { history, .. } => history.runs(query).await,
            Backend::Memory(connection) => self
                .look(connection, |connection, instance| views::runs(connection, instance, &query)),
        }
    }

    async fn run(&self, run: RunId) -> Result<Option<RunView>, StoreError> {
        match &self.backend {
            Backend::File { history, .. } => history.run(run).await,
            Backend::Memory(connection) => {
                self.look(connection, |connection, instance| views::run(connection, instance, run))
            }
        }
    }

    async fn attempts(&self, run: RunId) -> Result<Vec<AttemptView>, StoreError> {
        match &self.backend {
            Backend::File { history, .. } => history.attempts(run).await,
            Backend::Memory(connection) => {
                self.look(connection, |connection, _| views::attempts(connection, run))
            }
        }
    }

    async fn log(&self, query: LogQuery) -> Result<Vec<LogLine>, StoreError> {
        match &self.backend {
            Backend::File { history, .. } => history.log(query).await,
            Backend::Memory(connection) => {
                self.look(connection, |connection, _| log::read(connection, query))
            }
        }
    }

    async fn tasks(&self) -> Result<Vec<TaskView>, StoreError> {
        match &self.backend {
            Backend::File { history, .. } => history.tasks().await,
            Backend::Memory(connection) => self.look(connection, views::tasks),
        }
    }
}

impl Store for SqliteStore {
    async fn register(
        &self,
        registrations: Vec<Registration>,
        now: Timestamp,
    ) -> Result<Vec<TaskState>, StoreError> {
        self.write(move |connection| tasks::register(connection, &registrations, now)).await
    }

    async fn record_fires(
        &self,
        fires: Vec<TaskFires>,
        now: Timestamp,
    ) -> Result<Vec<RecordedFire>, StoreError> {
        self.write(move |connection| fires::record(connection, fires, now)).await
    }

    async fn claim(&self, claim: Claim) -> Result<Claims, StoreError> {
        let instance = self.instance.clone();
        self.write(move |connection| claim::claim(connection, &instance, &claim)).await
    }

    async fn renew(&self, leases: Vec<Lease>, until: Timestamp) -> Result<Vec<Lease>, StoreError> {
        self.write(move |connection| leases::renew(connection, leases, until)).await
    }

    async fn append_log(&self, lease: Lease, lines: Vec<LogLine>) -> Result<(), StoreError> {
        self.write(move |connection| log::append_if_held(connection, lease, &lines)).await
    }

    async fn finish(&self, finish: Finish) -> Result<Finished, StoreError> {
        self.write(move |connection| finish::finish(connection, &finish)).await
    }

    async fn expired(&self, now: Timestamp) -> Result<Vec<ExpiredLease>, StoreError> {
        self.write(move |connection| leases::expired(connection, now)).await
    }
}
