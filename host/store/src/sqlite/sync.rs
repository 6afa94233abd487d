//! Makes durable what was committed.
//!
//! SQLite's own `synchronous=FULL` syncs the write-ahead log within each commit, and the
//! writer waits for the disk meanwhile. Here the writer commits into the log and goes on
//! with what came next; beside it, this thread syncs the log, which is what makes all
//! commits before it survive a power cut, and only then are their callers told. What
//! SQLite syncs for the database to stay sound, before and after it copies the log into
//! it, it still syncs by itself.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
    sync::{Arc, OnceLock, mpsc},
    thread::{self, JoinHandle},
    time::Instant,
};

use horarium_core::store::StoreError;

use super::{
    lock::refused,
    watch::StoreWatch,
    writer::{Job, tell_all},
};

/// A thread that syncs a log and tells whom it concerns.
pub(super) struct Syncer {
    /// Without a bound of its own: each job has a caller who waits, and these are bounded.
    groups: mpsc::Sender<Vec<Box<dyn Job>>>,
    thread: JoinHandle<()>,
    failed: Arc<OnceLock<StoreError>>,
}

impl Syncer {
    /// Begins to sync the log of the database at `path`, which is there.
    pub(super) fn start(path: &Path, watch: Arc<dyn StoreWatch>) -> Result<Self, StoreError> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let log = Path::new(&log).to_owned();
        let file =
            OpenOptions::new().write(true).open(&log).map_err(|reason| refused(&log, &reason))?;
        sync_names(path).map_err(|reason| refused(path, &reason))?;
        let failed = Arc::new(OnceLock::new());
        let (groups, committed) = mpsc::channel();
        let seen = failed.clone();
        let thread = thread::Builder::new()
            .name("sync".to_owned())
            .spawn(move || run(&file, &committed, &log, &seen, watch.as_ref()))
            .map_err(|reason| StoreError::Unusable {
                place: path.display().to_string(),
                reason: format!("no thread to sync with: {reason}"),
            })?;
        Ok(Self { groups, thread, failed })
    }

    /// Why nothing can be made durable any more. After a sync that failed the system may
    /// call a later one a success and have forgotten what the first one was about: only
    /// a new start, which reads what is there, can tell.
    pub(super) fn failed(&self) -> Option<StoreError> {
        self.failed.get().cloned()
    }

    /// Tells these jobs' callers once what was committed is durable.
    pub(super) fn sync(&self, committed: Vec<Box<dyn Job>>) {
        // The thread ends after this value does.
        let _ = self.groups.send(committed);
    }

    /// Waits until everybody is told.
    pub(super) fn end(self) {
        let Self { groups, thread, .. } = self;
        drop(groups);
        // A panic there is reported by its thread.
        let _ = thread.join();
    }
}

/// Sees to it that the database's files have their names after a power cut.
fn sync_names(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn run(
    file: &File,
    committed: &mpsc::Receiver<Vec<Box<dyn Job>>>,
    log: &Path,
    failed: &OnceLock<StoreError>,
    watch: &dyn StoreWatch,
) {
    while let Ok(mut jobs) = committed.recv() {
        committed.try_iter().for_each(|more| jobs.extend(more));
        let begun = Instant::now();
        let synced = if failed.get().is_none() { file.sync_data() } else { Ok(()) };
        watch.synced(begun.elapsed());
        if let Err(reason) = synced {
            let _ = failed.set(StoreError::Unusable {
                place: log.display().to_string(),
                reason: format!(
                    "it can't be synced ({reason}); what was written last may be lost; \
                     look at the disk, then start again"
                ),
            });
        }
        tell_all(jobs, &failed.get().cloned().map_or(Ok(()), Err));
    }
}
