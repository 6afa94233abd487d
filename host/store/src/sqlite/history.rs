//! Reading beside the writer: a few connections that only read.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use horarium_core::{
    log::LogLine,
    run::RunId,
    store::{AttemptView, History, LogQuery, RunQuery, RunView, StoreError, TaskView},
};
use rusqlite::Connection;

use super::{error::translate, log, open, schema, views};

/// The history in a database, to be read while a host may write to it.
#[derive(Clone)]
pub struct SqliteHistory(Arc<Shared>);

struct Shared {
    path: PathBuf,
    instance: String,
    /// Connections that nobody uses just now.
    idle: Mutex<Vec<Connection>>,
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
        Ok(Self(Arc::new(Shared { path, instance, idle: Mutex::new(vec![connection]) })))
    }

    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection, &str) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = self.0.clone();
        let answer = tokio::task::spawn_blocking(move || shared.look(look)).await;
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

    async fn log(&self, query: LogQuery) -> Result<Vec<LogLine>, StoreError> {
        self.read(move |connection, _| log::read(connection, query)).await
    }

    async fn tasks(&self) -> Result<Vec<TaskView>, StoreError> {
        self.read(views::tasks).await
    }
}
