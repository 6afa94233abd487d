//! Reading beside the writer: a few connections that only read.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::available_parallelism,
};

use horarium_core::{
    name::TaskName,
    run::RunId,
    store::{
        AttemptView, FailingTask, History, LineView, LogQuery, MarkQuery, Recent, RunMark,
        RunQuery, RunView, Scope, Statistics, StoreError, TaskQuery, TaskView,
    },
};
use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{
    care,
    error::translate,
    failing, log, marks, open, pause,
    prune::{self, Counted},
    schema, statistics, views,
};

/// Readers beside those that there are processors for: some wait for a disk.
const SPARE: usize = 2;

/// The history in a database, to be read while a host may write to it.
#[derive(Clone)]
pub struct SqliteHistory(Arc<Shared>);

struct Shared {
    path: PathBuf,
    instance: String,
    /// Connections that nobody uses just now.
    idle: Mutex<Vec<Connection>>,
    /// Who may read at once: each has a connection with a cache and a thread of its own, and
    /// more than there are processors only wait for each other.
    readers: Arc<Semaphore>,
}

impl SqliteHistory {
    /// Opens the history in a data directory.
    ///
    /// # Errors
    /// Where there is none, or it can't be read.
    pub fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let path = data_dir.join(open::DATABASE);
        let connection = open::shared(&path)?;
        let instance = schema::instance(&connection).map_err(|error| translate(&path, &error))?;
        let readers = available_parallelism().map_or(1, usize::from) + SPARE;
        Ok(Self(Arc::new(Shared {
            path,
            instance,
            idle: Mutex::new(vec![connection]),
            readers: Arc::new(Semaphore::new(readers)),
        })))
    }

    /// Copies the history as it is at this moment into a new file, which is whole or
    /// not there.
    ///
    /// # Errors
    /// Where the file exists, or can't be written.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let (shared, to) = (self.0.clone(), to.to_owned());
        self.apart(move || care::backup(&shared.path, &to)).await
    }

    /// Reads everything, and says what is wrong: nothing, where it is sound.
    ///
    /// # Errors
    /// Where it can't even be read.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.read(|connection, _| care::check(connection)).await
    }

    /// How many runs there are, and which one is the newest of them.
    pub(super) async fn count(&self) -> Result<Counted, StoreError> {
        self.read(|connection, _| prune::count(connection)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection, &str) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = self.0.clone();
        // Kept until it is read, whether or not somebody still waits for that.
        let turn = shared.readers.clone().acquire_owned().await;
        let look = move || {
            let answer = shared.look(look);
            drop(turn);
            answer
        };
        self.apart(look).await
    }

    /// Does something that takes a while where nobody waits for it.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let answer = tokio::task::spawn_blocking(work).await;
        answer.unwrap_or_else(|panic| {
            Err(StoreError::Unusable {
                place: self.0.path.display().to_string(),
                reason: panic.to_string(),
            })
        })
    }
}

impl Shared {
    fn look<T>(
        &self,
        look: impl FnOnce(&Connection, &str) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = idle.map_or_else(|| open::shared(&self.path), Ok)?;
        let answer =
            look(&connection, &self.instance).map_err(|error| translate(&self.path, &error))?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(answer)
    }
}

impl History for SqliteHistory {
    async fn runs(&self, query: RunQuery) -> Result<Vec<RunView>, StoreError> {
        self.read(move |connection, instance| views::runs(connection, instance, &query)).await
    }

    async fn run(&self, run: RunId) -> Result<Option<RunView>, StoreError> {
        self.read(move |connection, instance| views::run(connection, instance, run)).await
    }

    async fn attempts(&self, run: RunId) -> Result<Vec<AttemptView>, StoreError> {
        self.read(move |connection, _| views::attempts(connection, run)).await
    }

    async fn log(&self, query: LogQuery) -> Result<Vec<LineView>, StoreError> {
        self.read(move |connection, _| log::read(connection, query)).await
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

    async fn recent(&self, task: TaskName, limit: u32) -> Result<Vec<Recent>, StoreError> {
        self.read(move |connection, _| statistics::recent(connection, &task, limit)).await
    }

    async fn is_paused(&self, scope: Scope) -> Result<bool, StoreError> {
        self.read(move |connection, _| pause::is_paused(connection, &scope)).await
    }

    async fn paused(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|connection, _| pause::all_since(connection)).await
    }
}
