//! How full a bucket is.

use horarium_core::{
    Buckets,
    effects::{Bucket, Stand},
    name::TaskName,
    store::{EntryQuery, RecordQuery},
};

use super::{super::refused::Refused, place};
use crate::{
    api::Parts,
    keeping::Holders,
    output,
    ui::{
        gauge::{Gauge, Meter},
        words::number,
    },
};

/// The most shared buckets that a task's page tells of.
const SHARED: usize = 20;

/// How full a bucket is, in words and as a bar.
pub(in crate::ui) struct Fill {
    pub(in crate::ui) href: String,
    pub(in crate::ui) name: String,
    /// Whether tasks share it.
    pub(in crate::ui) shared: bool,
    pub(in crate::ui) keys: String,
    pub(in crate::ui) bytes: String,
    /// None where nothing says how much it may hold.
    pub(in crate::ui) meter: Option<Meter>,
    /// How many tasks have it.
    pub(in crate::ui) tasks: usize,
}

impl Fill {
    pub(in crate::ui) fn of(bucket: &Bucket, stand: Stand, holders: &Holders) -> Self {
        let holds = stand.holds;
        let gauges = holders.quota.map(|quota| {
            let keys = Gauge::new(holds.keys, quota.keys, number);
            (keys, Gauge::new(holds.bytes, quota.bytes, output::bytes))
        });
        let (keys, bytes) = match &gauges {
            Some((keys, bytes)) => (keys.of.clone(), bytes.of.clone()),
            None => (number(holds.keys), output::bytes(holds.bytes)),
        };
        Self {
            href: place(bucket),
            name: bucket.name().to_owned(),
            shared: matches!(bucket, Bucket::Shared(_)),
            keys,
            bytes,
            meter: gauges.map(|(_, bytes)| bytes.meter("Bytes")),
            tasks: holders.tasks.len(),
        }
    }
}

/// What a task keeps: its own, and what it shares.
pub(in crate::ui) async fn of_task(parts: &Parts, task: &TaskName) -> Result<Vec<Fill>, Refused> {
    let config = parts.config.borrow().clone();
    let shared = config.draft(task).into_iter().flat_map(|draft| &draft.grants.state.shared);
    let shared = shared.take(SHARED).map(|grant| Bucket::Shared(grant.bucket.clone()));
    let mut fills = Vec::new();
    for bucket in std::iter::once(Bucket::Own(task.clone())).chain(shared) {
        let (of, prefix) = (bucket.clone(), String::new());
        let entries = EntryQuery { bucket: of, prefix, after: None, limit: 0, bytes: 0 };
        let (stand, _) = parts.store.records(RecordQuery { entries, values: false }).await?;
        let holders = Holders::of(&config, &bucket);
        if stand.holds.keys > 0 || !holders.tasks.is_empty() {
            fills.push(Fill::of(&bucket, stand, &holders));
        }
    }
    Ok(fills)
}
