//! The one writer: a thread that commits what has gathered while the last commit ran.
//!
//! Every job is a savepoint of its own, so that one which fails takes nothing
//! with it, and hears of its success only after the commit that holds it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use horarium_core::store::StoreError;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use super::error::translate;

/// Jobs that wait for the writer; beyond, callers wait to hand theirs over.
const QUEUE: usize = 4096;

/// Jobs in one commit.
const GROUP: usize = 1024;

/// A piece of work, and whoever waits for it.
trait Job: Send {
    /// Does the work. Whether it went well stays inside until the commit.
    fn work(&mut self, connection: &Connection) -> Result<(), rusqlite::Error>;

    /// Tells how it went: as the work itself did, or by this error of the commit.
    fn tell(self: Box<Self>, commit: Result<(), StoreError>);
}

struct Call<T, F> {
    work: Option<F>,
    done: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
    place: Arc<PathBuf>,
}

impl<T, F> Job for Call<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> rusqlite::Result<T> + Send,
{
    fn work(&mut self, connection: &Connection) -> Result<(), rusqlite::Error> {
        let Some(work) = self.work.take() else {
            return Ok(());
        };
        match work(connection) {
            Ok(value) => {
                self.done = Some(Ok(value));
                Ok(())
            }
            Err(error) => {
                self.done = Some(Err(translate(&self.place, &error)));
                Err(error)
            }
        }
    }

    fn tell(self: Box<Self>, commit: Result<(), StoreError>) {
        let answer = match (commit, self.done) {
            (Ok(()), Some(done)) => done,
            (Err(error), _) => Err(error),
            (Ok(()), None) => Err(closed(&self.place)),
        };
        // Whoever asked may have gone; the work is done all the same.
        let _ = self.reply.send(answer);
    }
}

/// The way to the writer. The thread ends when the last one is gone.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
    /// Nothing is ever sent here: the thread drops its end as the last thing it does.
    ended: watch::Receiver<()>,
    place: Arc<PathBuf>,
}

impl Writer {
    /// Starts the thread. `held` is kept for as long as it runs.
    pub(super) fn start<H: Send + 'static>(
        connection: Connection,
        place: PathBuf,
        held: H,
    ) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (alive, ended) = watch::channel(());
        let place = Arc::new(place);
        let thread_place = place.clone();
        thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                run(&connection, queue, &thread_place);
                // In this order: nobody else may open the database before it is closed.
                drop(connection);
                drop(held);
                drop(alive);
            })
            .map_err(|reason| StoreError::Unusable {
                place: place.display().to_string(),
                reason: format!("no thread to write with: {reason}"),
            })?;
        Ok(Self { jobs, ended, place })
    }

    /// Has `work` done and committed.
    pub(super) async fn call<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let call = Call { work: Some(work), done: None, reply, place: self.place.clone() };
        self.jobs.send(Box::new(call)).await.map_err(|_| closed(&self.place))?;
        answer.await.map_err(|_| closed(&self.place))?
    }

    /// Waits until the database is closed, which is after the last writer was dropped.
    pub(super) async fn closed(self) {
        let Self { jobs, mut ended, .. } = self;
        drop(jobs);
        while ended.changed().await.is_ok() {}
    }
}

fn run(connection: &Connection, mut queue: mpsc::Receiver<Box<dyn Job>>, place: &Path) {
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP {
            match queue.try_recv() {
                Ok(job) => group.push(job),
                Err(_) => break,
            }
        }
        let commit = commit(connection, &mut group).map_err(|error| translate(place, &error));
        for job in group {
            job.tell(commit.clone());
        }
    }
}

/// Does all jobs in one transaction.
pub(super) fn commit_one<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let result = work(connection).and_then(|value| {
        connection.execute_batch("COMMIT")?;
        Ok(value)
    });
    if result.is_err() {
        roll_back(connection);
    }
    result
}

fn commit(connection: &Connection, group: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let result = group
        .iter_mut()
        .try_for_each(|job| separately(connection, job.as_mut()))
        .and_then(|()| connection.execute_batch("COMMIT"));
    if result.is_err() {
        roll_back(connection);
    }
    result
}

/// Does one job in its own savepoint. An error is one that concerns all.
fn separately(connection: &Connection, job: &mut dyn Job) -> rusqlite::Result<()> {
    connection.prepare_cached("SAVEPOINT job")?.execute([])?;
    match job.work(connection) {
        Ok(()) => {}
        // A full disk and the like end the whole transaction.
        Err(error) if connection.is_autocommit() => return Err(error),
        Err(_) => {
            connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
        }
    }
    connection.prepare_cached("RELEASE job")?.execute([])?;
    Ok(())
}

fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        // It can only fail where there is nothing to roll back.
        let _ = connection.execute_batch("ROLLBACK");
    }
}

fn closed(place: &Path) -> StoreError {
    StoreError::Unusable {
        place: place.display().to_string(),
        reason: "its writer has ended".to_owned(),
    }
}
