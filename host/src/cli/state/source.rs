//! Where what tasks keep is read.

use std::io;

use anyhow::{Context, Result, bail};
use horarium_core::{
    Buckets, History,
    effects::{Bucket, Key},
    redact::Redactor,
    run::RunId,
    store::{BucketQuery, EntryQuery, RecordQuery, Records},
};
use horarium_store::SqliteHistory;

use super::super::Common;
use crate::{
    api::socket,
    client::{Client, Exported},
    config::Config,
    keeping::{BYTES, BucketInfo, CheckpointInfo, ENTRIES, EntryInfo, Holders, KeyInfo, redactors},
    output,
};

/// Where it is read. A host is asked where one serves: it knows which configuration counts,
/// and with it the secrets that are not to be shown.
pub(in crate::cli) enum Kept {
    /// The history on this machine.
    Here(Here),
    /// A host.
    Host(Client),
}

/// A history that no host serves.
pub(in crate::cli) struct Here {
    history: SqliteHistory,
    /// None where it can't be read: it may want what only its host has.
    config: Option<Box<Config>>,
}

/// Buckets that are read at a time.
const PAGE: u32 = 500;

impl Kept {
    pub(in crate::cli) async fn find(common: &Common) -> Result<Self> {
        if let Some(client) = common.elsewhere().await? {
            return Ok(Self::Host(client));
        }
        let data_dir = common.data_dir()?;
        let asked = socket::connect(&data_dir).await.map_err(|reason| reason.kind());
        match asked {
            Err(io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
                Ok(Self::Here(Here::open(common)?))
            }
            _ => Client::connect(&data_dir).await.map(Self::Host),
        }
    }

    /// Buckets that hold anything.
    pub(super) async fn buckets(&mut self) -> Result<Vec<BucketInfo>> {
        match self {
            Self::Here(here) => {
                let all = here.buckets().await?;
                Ok(all.into_iter().map(|(_, info)| info).collect())
            }
            Self::Host(host) => host.buckets(u32::MAX).await,
        }
    }

    /// One bucket.
    pub(super) async fn bucket(&mut self, bucket: &Bucket) -> Result<BucketInfo> {
        match self {
            Self::Here(here) => here.bucket(bucket).await,
            Self::Host(host) => host.bucket(bucket).await,
        }
    }

    /// Entries of a bucket.
    pub(super) async fn keys(
        &mut self,
        bucket: &Bucket,
        prefix: &str,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<KeyInfo>> {
        match self {
            Self::Here(here) => {
                here.bucket(bucket).await?;
                let (limit, bytes) = (usize::try_from(limit).unwrap_or(usize::MAX), u64::MAX);
                let (bucket, prefix) = (bucket.clone(), prefix.to_owned());
                let entries = EntryQuery { bucket, prefix, after, limit, bytes };
                let query = RecordQuery { entries, values: false };
                let (_, read) = here.history.records(query).await?;
                Ok(read.records.iter().map(KeyInfo::from).collect())
            }
            Self::Host(host) => host.keys(bucket, prefix, after, limit).await,
        }
    }

    /// An entry with its value.
    pub(super) async fn entry(&mut self, bucket: &Bucket, key: &Key) -> Result<EntryInfo> {
        match self {
            Self::Here(here) => here.entry(bucket, key).await,
            Self::Host(host) => host.entry(bucket, key.as_str()).await,
        }
    }

    /// What was saved for a run's next attempt.
    pub(in crate::cli) async fn checkpoint(&mut self, run: RunId) -> Result<CheckpointInfo> {
        match self {
            Self::Here(here) => here.checkpoint(run).await,
            Self::Host(host) => host.checkpoint(run).await,
        }
    }

    /// All entries of a bucket, one after the other.
    pub(super) async fn export(&mut self, bucket: &Bucket, prefix: &str) -> Result<Entries<'_>> {
        match self {
            Self::Here(here) => {
                here.bucket(bucket).await?;
                Ok(here.entries(bucket.clone(), prefix.to_owned()))
            }
            Self::Host(host) => Ok(Entries::Host(host.export(bucket, prefix).await?)),
        }
    }
}

impl Here {
    pub(in crate::cli) fn open(common: &Common) -> Result<Self> {
        Ok(Self { history: common.history()?, config: common.config().ok().map(Box::new) })
    }

    /// Says so where secrets are not known.
    fn note_unknown(&self) {
        if self.config.is_none() {
            output::error_line(
                "note: the configuration can't be read, so that nobody knows which secrets are \
                 not to be shown (`horarium check` says why)",
            );
        }
    }

    fn holders(&self, bucket: &Bucket) -> Option<Holders> {
        self.config.as_ref().map(|config| Holders::of(config, bucket))
    }

    fn redactors(&self, bucket: &Bucket) -> Vec<Redactor> {
        self.config.as_ref().map(|config| redactors(config, bucket)).unwrap_or_default()
    }

    /// All buckets that hold anything.
    pub(in crate::cli) async fn buckets(&self) -> Result<Vec<(Bucket, BucketInfo)>> {
        let mut all = Vec::new();
        loop {
            let after = all.last().map(|(bucket, _): &(Bucket, BucketInfo)| bucket.clone());
            let page = self.history.buckets(BucketQuery { after, limit: PAGE }).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page.into_iter().map(|view| {
                let holders = self.holders(&view.bucket);
                let info = BucketInfo::of(&view.bucket, view.stand, holders.as_ref());
                (view.bucket, info)
            }));
        }
    }

    async fn bucket(&self, bucket: &Bucket) -> Result<BucketInfo> {
        let (bucket, prefix) = (bucket.clone(), String::new());
        let entries = EntryQuery { bucket, prefix, after: None, limit: 0, bytes: 0 };
        let bucket = entries.bucket.clone();
        let (stand, _) = self.history.records(RecordQuery { entries, values: false }).await?;
        let holders = self.holders(&bucket);
        let nobody = holders.as_ref().is_none_or(|holders| holders.tasks.is_empty());
        if stand.holds.keys == 0 && nobody {
            bail!(
                "nothing is kept in {}; `horarium state list` says what there is",
                bucket.address()
            );
        }
        Ok(BucketInfo::of(&bucket, stand, holders.as_ref()))
    }

    async fn entry(&self, bucket: &Bucket, key: &Key) -> Result<EntryInfo> {
        self.bucket(bucket).await?;
        let (of, prefix) = (bucket.clone(), key.to_string());
        let entries = EntryQuery { bucket: of, prefix, after: None, limit: 1, bytes: u64::MAX };
        let (_, read) = self.history.records(RecordQuery { entries, values: true }).await?;
        let Some(record) = read.records.iter().find(|record| record.key == *key) else {
            bail!(
                "there is no key {:?} in {bucket}; `horarium state list {}` lists them",
                key.as_str(),
                bucket.address()
            );
        };
        self.note_unknown();
        Ok(EntryInfo::of(bucket, record, &self.redactors(bucket)))
    }

    async fn checkpoint(&self, run: RunId) -> Result<CheckpointInfo> {
        let view = self.history.run(run).await?;
        let task = view.with_context(|| format!("there is no run {run}"))?.task;
        let found = self.history.checkpoint(run).await?;
        let found = found.with_context(|| format!("there is no checkpoint of run {run}"))?;
        self.note_unknown();
        Ok(CheckpointInfo::of(run, &found, &self.redactors(&Bucket::Own(task))))
    }

    /// All entries of a bucket, one after the other.
    pub(in crate::cli) fn entries(&self, bucket: Bucket, prefix: String) -> Entries<'_> {
        let redactors = self.redactors(&bucket);
        let rest = Rest { records: Records { more: true, ..Records::default() }, after: None };
        Entries::Here { here: self, bucket, prefix, redactors, rest }
    }
}

/// Entries that are read some at a time.
pub(in crate::cli) enum Entries<'k> {
    Here { here: &'k Here, bucket: Bucket, prefix: String, redactors: Vec<Redactor>, rest: Rest },
    Host(Exported),
}

/// What was read and not told yet, last one first, and where to go on.
pub(in crate::cli) struct Rest {
    records: Records,
    after: Option<String>,
}

impl Entries<'_> {
    /// The next one; none where that was all.
    pub(in crate::cli) async fn next(&mut self) -> Result<Option<EntryInfo>> {
        let (here, bucket, prefix, redactors, rest) = match self {
            Self::Here { here, bucket, prefix, redactors, rest } => {
                (here, bucket, prefix, redactors, rest)
            }
            Self::Host(exported) => return exported.next().await,
        };
        if rest.records.records.is_empty() && rest.records.more {
            let entries = EntryQuery {
                bucket: bucket.clone(),
                prefix: prefix.clone(),
                after: rest.after.take(),
                limit: ENTRIES,
                bytes: BYTES,
            };
            let query = RecordQuery { entries, values: true };
            rest.records = here.history.records(query).await?.1;
            rest.after = rest.records.records.last().map(|record| record.key.to_string());
            rest.records.records.reverse();
        }
        let next = rest.records.records.pop();
        Ok(next.map(|record| EntryInfo::of(bucket, &record, redactors)))
    }
}
