//! The one writer: a thread that commits what has gathered while the last commit ran.
//!
//! A job that fails takes nothing with it, and each one hears of its success only after
//! the commit that holds it, and after that is as durable as was asked for.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use horarium_core::store::StoreError;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use super::{error::translate, sync::Syncer, watch::StoreWatch};

/// Jobs that wait for the writer; beyond, callers wait to hand theirs over.
const QUEUE: usize = 4096;

/// Jobs in one commit.
const GROUP: usize = 1024;

/// A commit of so many jobs was one under load, and more of them are on their way.
const BUSY: usize = 4;

/// How long the writer then lets them gather. A page that all of them touch is written
/// once for a commit; those who ask one at a time never wait for it.
const GATHER: Duration = Duration::from_micros(200);

/// When a caller hears of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Once it is committed, which the end of this process does not undo: for what a power
    /// cut may take back, since it is then found to be missing and done again.
    Committed,
    /// Once it is as durable as the store is.
    Durable,
}

/// A piece of work, and whoever waits for it.
pub(super) trait Job: Send {
    /// Does the work. Whether it went well stays inside until the commit.
    fn work(&mut self, connection: &Connection) -> Result<(), rusqlite::Error>;

    /// When to tell.
    fn when(&self) -> When;

    /// Tells how it went: as the work itself did, or by this error of the commit.
    fn tell(self: Box<Self>, commit: Result<(), StoreError>);
}

struct Call<T, F> {
    work: F,
    done: Option<Result<T, StoreError>>,
    when: When,
    reply: oneshot::Sender<Result<T, StoreError>>,
    place: Arc<PathBuf>,
}

impl<T, F> Job for Call<T, F>
where
    T: Send,
    F: Fn(&Connection) -> rusqlite::Result<T> + Send,
{
    fn work(&mut self, connection: &Connection) -> Result<(), rusqlite::Error> {
        match (self.work)(connection) {
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

    fn when(&self) -> When {
        self.when
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
    /// Starts the thread. Commits are durable as they are where there is no `syncer`.
    /// `held` is kept for as long as it runs.
    pub(super) fn start<H: Send + 'static>(
        connection: Connection,
        syncer: Option<Syncer>,
        place: PathBuf,
        held: H,
        watch: Arc<dyn StoreWatch>,
    ) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (alive, ended) = watch::channel(());
        let place = Arc::new(place);
        let thread_place = place.clone();
        thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                run(&connection, queue, syncer.as_ref(), &thread_place, watch.as_ref());
                if let Some(syncer) = syncer {
                    syncer.end();
                }
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

    /// Has `work` done and committed. It is done again where its first commit failed
    /// because of another job.
    pub(super) async fn call<T, F>(&self, when: When, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let call = Call { work, done: None, when, reply, place: self.place.clone() };
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

fn run(
    connection: &Connection,
    mut queue: mpsc::Receiver<Box<dyn Job>>,
    syncer: Option<&Syncer>,
    place: &Path,
    watch: &dyn StoreWatch,
) {
    let mut busy = false;
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        if busy {
            thread::sleep(GATHER);
        }
        while group.len() < GROUP {
            match queue.try_recv() {
                Ok(job) => group.push(job),
                Err(_) => break,
            }
        }
        busy = group.len() >= BUSY;
        if let Some(failed) = syncer.and_then(Syncer::failed) {
            tell_all(group, &Err(failed));
            continue;
        }
        let begun = Instant::now();
        let commit = commit(connection, &mut group).map_err(|error| translate(place, &error));
        if commit.is_ok() {
            watch.committed(group.len(), begun.elapsed());
        }
        match syncer {
            Some(syncer) if commit.is_ok() => {
                let told: Vec<_> =
                    group.extract_if(.., |job| job.when() == When::Committed).collect();
                tell_all(told, &commit);
                // Even where nobody waits for it: the disk had better not lag behind.
                syncer.sync(group);
            }
            _ => tell_all(group, &commit),
        }
    }
}

/// Tells all of these how their commit went.
pub(super) fn tell_all(jobs: Vec<Box<dyn Job>>, commit: &Result<(), StoreError>) {
    for job in jobs {
        job.tell(commit.clone());
    }
}

/// Does some work in one transaction.
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

/// Does all jobs in one transaction. Nearly always all of them can be done; where one
/// can't, they are done again, apart from each other.
fn commit(connection: &Connection, group: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    let mut all_done = true;
    let together = commit_one(connection, |connection| {
        group.iter_mut().try_for_each(|job| {
            let done = job.work(connection);
            all_done = done.is_ok();
            done
        })
    });
    if all_done {
        return together;
    }
    commit_one(connection, |connection| {
        group.iter_mut().try_for_each(|job| apart(connection, job.as_mut()))
    })
}

/// Does one job in its own savepoint. An error is one that concerns all.
fn apart(connection: &Connection, job: &mut dyn Job) -> rusqlite::Result<()> {
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
