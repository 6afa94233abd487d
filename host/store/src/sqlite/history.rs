//! Reading beside the writer: a few connections that only read.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use horarium_core::{
    Buckets,
    checkpoint::Checkpoint,
    effects::{Bucket, Entry, Key, Page, Stand},
    name::TaskName,
    run::RunId,
    store::{
        AlertQuery, AlertView, AttemptView, BucketQuery, BucketView, EntryQuery, FailingTask,
        History, LineView, LogQuery, MarkQuery, Recent, RecordQuery, Records, RunMark, RunQuery,
        RunView, Scope, Statistics, StoreError, TaskQuery, TaskView, Waiting, WholeRun,
    },
};
use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    buckets, care, checkpoints,
    error::translate,
    failing, keeping, log, marks, open, outbox, pause,
    prune::{self, Counted},
    readers::Readers,
    schema, shared, statistics, views,
};

/// The history in a database, to be read while a host may write to it.
#[derive(Clone)]
pub struct SqliteHistory(Arc<Shared>);

struct Shared {
    place: Arc<Place>,
    readers: Readers,
}

/// Which history.
struct Place {
    path: PathBuf,
    instance: String,
}

impl SqliteHistory {
    /// Opens the history in a data directory.
    ///
    /// # Errors
    /// Where there is none, or it can't be read.
    pub fn open(data_dir: &Path) -> Result<Self, StoreError> {
        Self::open_file(data_dir.join(open::DATABASE))
    }

    /// Opens a history in a file of any name: a copy that [`backup`](Self::backup) made.
    ///
    /// # Errors
    /// Where there is none, or it can't be read.
    pub fn open_file(path: PathBuf) -> Result<Self, StoreError> {
        let connection = shared::open(&path)?;
        let instance = schema::instance(&connection).map_err(|error| translate(&path, &error))?;
        let place = Arc::new(Place { path, instance });
        Ok(Self(Arc::new(Shared { place, readers: Readers::new() })))
    }

    /// Copies the history as it is at this moment into a new file, which is whole or
    /// not there.
    ///
    /// # Errors
    /// Where the file exists, or can't be written.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let (place, to) = (self.0.place.clone(), to.to_owned());
        let copied = tokio::task::spawn_blocking(move || care::backup(&place.path, &to)).await;
        copied.unwrap_or_else(|panic| Err(self.0.place.unusable(panic.to_string())))
    }

    /// Reads everything, and says what is wrong: nothing, where it is sound.
    ///
    /// # Errors
    /// Where it can't even be read.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        self.read(|connection, _| care::check(connection)).await
    }

    /// Alerts, newest first, with how far each has come.
    ///
    /// # Errors
    /// Where they can't be read.
    pub async fn alerts(&self, query: AlertQuery) -> Result<Vec<AlertView>, StoreError> {
        self.read(move |connection, _| outbox::alerts(connection, &query)).await
    }

    /// How many runs there are, and which one is the newest of them.
    pub(super) async fn count(&self) -> Result<Counted, StoreError> {
        self.read(|connection, _| prune::count(connection)).await
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection, &str) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let place = self.0.place.clone();
        let look = move |connection: &mut Option<Connection>| {
            // Nobody may wait for it any more.
            let _ = reply.send(place.look(connection, look));
        };
        let asked = self.0.readers.ask(Box::new(look));
        asked
            .map_err(|reason| self.0.place.unusable(format!("no thread to read with: {reason}")))?;
        let ended = |_| self.0.place.unusable("its reader has ended".to_owned());
        answer.await.map_err(ended)?
    }
}

impl Place {
    fn look<T>(
        &self,
        kept: &mut Option<Connection>,
        look: impl FnOnce(&Connection, &str) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        // One with which something went wrong is not used again.
        let connection = kept.take().map_or_else(|| shared::open(&self.path), Ok)?;
        let looked = self.look_once(&connection, look);
        let answer = looked.map_err(|error| translate(&self.path, &error))?;
        *kept = Some(connection);
        Ok(answer)
    }

    /// All that is looked up together is as it was at one moment, and the locks for it are
    /// taken once.
    fn look_once<T>(
        &self,
        connection: &Connection,
        look: impl FnOnce(&Connection, &str) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        // Not as a `Transaction`, which has both words understood anew each time.
        connection.prepare_cached("BEGIN")?.execute([])?;
        let answer = look(connection, &self.instance)?;
        connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(answer)
    }

    fn unusable(&self, reason: String) -> StoreError {
        StoreError::Unusable { place: self.path.display().to_string(), reason }
    }
}

impl Buckets for SqliteHistory {
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
        self.read(|connection, _| pause::all_since(connection)).await
    }
}
