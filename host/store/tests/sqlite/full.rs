//! A disk without room, on a file system of a few megabytes.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::Command,
};

use horarium_core::{
    History, Store,
    attempt::Lease,
    log::{Level, LogLine},
    run::RunState,
    store::{Finish, LogQuery, NewFire, StoreError},
    verdict::Verdict,
};
use horarium_store::SqliteStore;
use tempfile::{TempDir, tempdir};

use crate::{
    given::{at, end, run, runs, success, tasks},
    group::{many_running, together},
};

/// More than one commit finds room for in a log of its size, and fits SQLite's cache.
const LARGE: usize = 1_500_000;

/// More than SQLite's cache: it is written before the commit.
const LARGER: usize = 5_000_000;

/// A small file system, gone with the value.
struct Disk(TempDir);

impl Disk {
    /// None where this user may not mount one.
    fn mount() -> Option<Self> {
        let place = tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(place.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(place)),
            Ok(output) => skip(&String::from_utf8_lossy(&output.stderr)),
            Err(reason) => skip(&reason.to_string()),
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            let zeros = vec![0; size];
            let full = loop {
                if let Err(reason) = filler.write_all(&zeros) {
                    break reason;
                }
            };
            assert_eq!(full.kind(), ErrorKind::StorageFull);
        }
    }

    fn free(&self) {
        // Emptied first: a program that another test is just starting may still have it open,
        // and what is removed only keeps its room until then.
        fs::write(self.filler(), "").unwrap();
        fs::remove_file(self.filler()).unwrap();
    }
}

fn skip<T>(reason: &str) -> Option<T> {
    eprintln!("skipped: no file system to fill: {}", reason.trim());
    None
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: what a failed test has left open must not keep it.
        let unmounted = Command::new("umount").arg("-l").arg(self.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

fn large_end(lease: Lease, size: usize) -> Finish {
    let output = Some("x".repeat(size));
    Finish {
        log: vec![LogLine::of_host(at(11), Level::Info, "done")],
        follow_up: Some(NewFire::at(at(60))),
        ..end(lease, 11, Verdict::Succeeded { output })
    }
}

async fn nothing_is_half_written(size: usize) {
    let Some(disk) = Disk::mount() else { return };
    let data = disk.path().join("data");
    let store = SqliteStore::open(&data).unwrap();
    let lease = many_running(&store, 1).await[0];
    let before = runs(&store).await;
    disk.fill();
    for _ in 0..3 {
        let full = store.finish(large_end(lease, size)).await.unwrap_err();
        assert!(matches!(full, StoreError::Full { .. }), "{full}");
        assert_eq!(runs(&store).await, before);
        let attempts = store.attempts(lease.run).await.unwrap();
        assert_eq!((attempts.len(), attempts[0].ended_at), (1, None));
        let log = LogQuery::whole(lease.run);
        assert_eq!(store.log(log).await.unwrap(), []);
    }
    disk.free();
    let ended = store.finish(large_end(lease, size)).await;
    assert!(ended.unwrap().is_recorded());
    let output = run(&store, lease.run).await.output.unwrap();
    assert_eq!(output.len(), size);
    assert_eq!(runs(&store).await.len(), 2, "with the follow-up");
    store.close().await;
}

#[tokio::test]
async fn a_commit_that_finds_no_room_leaves_nothing_half_written() {
    nothing_is_half_written(LARGE).await;
}

#[tokio::test]
async fn a_statement_that_finds_no_room_leaves_nothing_half_written() {
    nothing_is_half_written(LARGER).await;
}

async fn all_hear_the_truth(size: usize) {
    let Some(disk) = Disk::mount() else { return };
    let data = disk.path().join("data");
    let store = SqliteStore::open(&data).unwrap();
    let leases = many_running(&store, 40).await;
    disk.fill();
    let large = leases[20];
    let ends = leases.iter().map(|lease| match *lease {
        lease if lease == large => large_end(lease, size),
        lease => end(lease, 11, success()),
    });
    for (id, answer) in together(&store, &data, ends.collect()).await {
        let state = run(&store, id).await.state;
        let ended_at = store.attempts(id).await.unwrap()[0].ended_at;
        match answer {
            Ok(answer) => {
                assert_ne!(id, large.run);
                assert!(answer.is_recorded());
                assert!(state.is_ended());
                assert_eq!(ended_at, Some(at(11)));
            }
            Err(error) => {
                assert!(matches!(error, StoreError::Full { .. }), "{error}");
                assert_eq!((state, ended_at), (RunState::Running, None));
            }
        }
    }
    disk.free();
    for over in store.expired(at(99)).await.unwrap() {
        let again = store.finish(end(over.lease, 99, success())).await;
        assert!(again.unwrap().is_recorded());
    }
    assert!(runs(&store).await.iter().all(|run| run.state.is_ended()));
    store.close().await;
}

#[tokio::test]
async fn a_group_whose_commit_finds_no_room_hears_the_truth() {
    all_hear_the_truth(LARGE).await;
}

#[tokio::test]
async fn a_group_in_which_a_statement_finds_no_room_hears_the_truth() {
    all_hear_the_truth(LARGER).await;
}

#[tokio::test]
async fn a_new_database_needs_room() {
    let Some(disk) = Disk::mount() else { return };
    disk.fill();
    let data = disk.path().join("data");
    let full = SqliteStore::open(&data).err().unwrap();
    assert!(matches!(full, StoreError::Full { .. }), "{full}");
    disk.free();
    let store = SqliteStore::open(&data).unwrap();
    tasks(&store, &["a"]).await;
    store.close().await;
}
