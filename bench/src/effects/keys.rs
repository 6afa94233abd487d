//! A million keys in one task's state.

use std::time::Instant;

use anyhow::{Result, ensure};
use horarium_core::{
    Buckets, Editing, Store,
    effects::{Bucket, Changes, Key, Quota, Seen},
    overlap::Overlap,
    schedule::Schedule,
    store::{Edited, EntryQuery, Registration},
};
use horarium_store::SqliteStore;
use jiff::Timestamp;

use crate::{
    figure::{Figure, percentile},
    setup,
};

const KEYS: u32 = 1_000_000;

/// Bytes of each value.
const BYTES: usize = 100;

/// Keys that are written at once while the bucket is filled.
const BATCH: u32 = 10_000;

/// Reads, and pages of lists, that are measured.
const READS: u32 = 2_000;
const LISTS: u32 = 200;

/// Entries of a page.
const PAGE: usize = 1_000;

pub(super) async fn measure() -> Result<()> {
    let data = setup::directory()?;
    let bucket = Bucket::Own("hoard".parse()?);
    let store = SqliteStore::open(data.path())?;
    fill(&store, &bucket).await?;
    store.close().await;

    let begun = Instant::now();
    let store = SqliteStore::open(data.path())?;
    let opened = begun.elapsed().as_secs_f64() * 1e3;
    let about = format!("to open a database with {KEYS} keys of {BYTES} bytes in one task's state");
    Figure::lower("effects.open_ms", (opened, "ms"), None, &about).print()?;

    let mut reads = Vec::new();
    for read in 0..READS {
        let number = scattered(read);
        let begun = Instant::now();
        let (_, entry) = store.entry(bucket.clone(), key(number)?).await?;
        reads.push(begun.elapsed().as_secs_f64() * 1e6);
        ensure!(entry.is_some_and(|entry| entry.value.len() == BYTES), "key {number} is not there");
    }
    let mut lists = Vec::new();
    for list in 0..LISTS {
        // A thousand keys begin with the same.
        let prefix = format!("key/{:03}", scattered(list) / 1_000);
        let (after, limit, bytes) = (None, PAGE, 1 << 20);
        let query = EntryQuery { bucket: bucket.clone(), prefix, after, limit, bytes };
        let begun = Instant::now();
        let (_, page) = store.entries(query).await?;
        lists.push(begun.elapsed().as_secs_f64() * 1e6);
        ensure!(page.entries.len() == PAGE && !page.more, "a list is not whole");
    }
    for (name, values, what) in [
        ("effects.read", reads, "to read one of them, anywhere".to_owned()),
        ("effects.list", lists, format!("to list the {PAGE} of them that begin with a prefix")),
    ] {
        for (share, words) in [(50, "p50"), (99, "p99")] {
            let value = percentile(values.clone(), share);
            let about = format!("{what}; {words} of {}", values.len());
            Figure::lower(&format!("{name}_{words}_us"), (value, "µs"), None, &about).print()?;
        }
    }
    store.close().await;
    Ok(())
}

fn key(number: u32) -> Result<Key> {
    Ok(Key::new(&format!("key/{number:06}"))?)
}

/// Numbers that lie anywhere, always the same.
fn scattered(number: u32) -> u32 {
    // A factor that is prime to the number of keys.
    number.wrapping_mul(7_919).wrapping_mul(104_729) % KEYS
}

async fn fill(store: &SqliteStore, bucket: &Bucket) -> Result<()> {
    let now = Timestamp::now();
    let Bucket::Own(task) = bucket.clone() else { unreachable!("it is a task's own") };
    let registration = Registration {
        task,
        schedule: Schedule::Manual,
        overlap: Overlap::Skip,
        deadman: None,
        follower: None,
    };
    store.register(vec![registration], now).await?;
    for batch in 0..KEYS / BATCH {
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        let writes = numbers.map(|number| Ok((key(number)?, Some(vec![b'x'; BYTES]))));
        let writes = writes.collect::<Result<Vec<_>>>()?;
        let (quota, seen) = (Quota::MOST, Seen::Nothing);
        let changes = Changes { bucket: bucket.clone(), quota, seen, writes };
        let edited = store.edit(changes, now).await?;
        ensure!(matches!(edited, Edited::Made(_)), "the bucket can't be filled: {edited:?}");
    }
    Ok(())
}
