//! `horarium:task/state`: what a task keeps from one run to the next. Reads what is
//! committed, and keeps aside what is written until the attempt has succeeded.

use std::{
    collections::{BTreeMap, btree_map},
    sync::Arc,
};

use horarium_core::{
    effects::{self, Bucket, Changes, Draft, Key, Quota, Unfit, Version},
    executor::{NoState, StateSource},
    grants::{BucketAccess, StateGrant},
    name::TaskName,
    store::{EntryQuery, StoreError},
    task::TaskSpec,
};
use wasmtime::component::{HasSelf, Linker};

use crate::{bindings::horarium::task::state, state::State};

/// The most entries in a list.
const ENTRIES: usize = 1_000;

/// Bytes of keys and values after which a list ends.
const BYTES: u64 = 1 << 20;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    state::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}

/// Raised from within the guest when another run has changed what it had read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Overtaken(pub(crate) Unfit);

/// What an attempt does with its buckets.
pub(crate) struct Buckets {
    /// Whose attempt it is; nobody's where a plugin only says what it offers.
    task: Option<TaskName>,
    grant: StateGrant,
    source: Arc<dyn StateSource>,
    drafts: BTreeMap<Bucket, Draft>,
    /// Reads that it may still ask for.
    reads: u64,
    most_reads: u64,
}

impl Buckets {
    /// Those of a task.
    pub(crate) fn new(spec: &TaskSpec, source: Arc<dyn StateSource>) -> Self {
        let (task, grant) = (Some(spec.name.clone()), spec.grants.state.clone());
        let reads = spec.limits.bounds.state_reads;
        Self { task, grant, source, drafts: BTreeMap::new(), reads, most_reads: reads }
    }

    /// None at all.
    pub(crate) fn none() -> Self {
        let (grant, source) = (StateGrant::default(), Arc::new(NoState));
        Self { task: None, grant, source, drafts: BTreeMap::new(), reads: 0, most_reads: 0 }
    }

    /// What is to be recorded with the attempt's success.
    pub(crate) fn take(&mut self) -> Vec<Changes> {
        let drafts = std::mem::take(&mut self.drafts).into_values();
        drafts.map(Draft::into_changes).filter(is_something).collect()
    }

    /// Bytes that the host's memory holds for all of them.
    pub(crate) fn size(&self) -> u64 {
        self.drafts.values().map(Draft::size).fold(0, u64::saturating_add)
    }

    /// The bucket that is meant, if this may be done with it.
    fn granted(
        &self,
        meant: state::Bucket,
        access: BucketAccess,
    ) -> Result<(Bucket, Quota), state::Error> {
        let name = match meant {
            state::Bucket::Private => {
                let none = || state::Error::NotGranted("no task runs".to_owned());
                let task = self.task.clone().ok_or_else(none)?;
                return Ok((Bucket::Own(task), self.grant.quota));
            }
            state::Bucket::Shared(name) => name,
        };
        let grant = self.grant.shared.iter().find(|grant| grant.bucket.as_str() == name);
        match grant {
            Some(grant) if grant.access >= access => {
                Ok((Bucket::Shared(grant.bucket.clone()), grant.quota))
            }
            Some(_) => Err(state::Error::NotGranted(format!(
                "bucket `{name}` is granted to be read; writing takes \
                 `grants.buckets` with `access = \"read-write\"`"
            ))),
            None => Err(state::Error::NotGranted(
                "there is no grant for this bucket: `grants.buckets`".to_owned(),
            )),
        }
    }

    fn draft(&mut self, bucket: Bucket, quota: Quota) -> &mut Draft {
        match self.drafts.entry(bucket) {
            btree_map::Entry::Occupied(draft) => draft.into_mut(),
            btree_map::Entry::Vacant(free) => {
                let draft = Draft::new(free.key().clone(), quota);
                free.insert(draft)
            }
        }
    }

    /// Counts something that is asked of the store; else says why it is too much.
    pub(crate) fn ask(&mut self) -> Result<(), String> {
        match self.reads.checked_sub(1) {
            Some(left) => {
                self.reads = left;
                Ok(())
            }
            None => Err(format!(
                "it has read its state {} times, which is the limit (`limits.state_reads`)",
                self.most_reads
            )),
        }
    }
}

/// Whether an attempt has had anything to do with a bucket.
fn is_something(changes: &Changes) -> bool {
    !changes.writes.is_empty() || changes.seen != effects::Seen::Nothing
}

/// What a guest's call comes to: an answer, or an error that it hears of.
type Answer<T> = Result<T, state::Error>;

impl State {
    /// What stands under a key as the attempt sees it.
    async fn seen(
        &mut self,
        bucket: &Bucket,
        quota: Quota,
        key: &Key,
    ) -> wasmtime::Result<Answer<Option<effects::Entry>>> {
        let draft = self.buckets.draft(bucket.clone(), quota);
        if let Some(own) = draft.own(key.as_str()) {
            return Ok(Ok(own.cloned()));
        }
        if let Err(refused) = self.buckets.ask() {
            return Ok(Err(state::Error::TooMuch(refused)));
        }
        let read = self.buckets.source.entry(bucket.clone(), key.clone()).await;
        let (stand, entry) = match read {
            Ok(read) => read,
            Err(reason) => return Ok(Err(unavailable(&reason))),
        };
        let version = entry.as_ref().map(|entry| entry.version);
        let draft = self.buckets.draft(bucket.clone(), quota);
        draft.read(key, version, stand).map_err(Overtaken)?;
        Ok(self.hold_beside(0).map(|()| entry))
    }

    /// Writes under a key, for the attempt alone.
    fn write(
        &mut self,
        bucket: Bucket,
        quota: Quota,
        key: Key,
        value: Option<Vec<u8>>,
    ) -> Answer<()> {
        // Before it is there, whatever it replaces.
        let more = value.as_ref().map_or(0, |value| u64::try_from(value.len()).unwrap_or(u64::MAX));
        self.hold_beside(more)?;
        let written = self.buckets.draft(bucket, quota).write(key, value);
        self.hold_beside(0)?;
        written.map_err(|full| state::Error::TooMuch(full.to_string()))
    }

    /// Has the attempt's memory pay for what the host holds for it, and so much more.
    fn hold_beside(&mut self, more: u64) -> Answer<()> {
        if self.hold(more) {
            return Ok(());
        }
        let limit = self.memory.limit();
        Err(state::Error::TooMuch(format!(
            "what it has read and written of its state does not fit into its memory of {limit} \
             bytes beside what is there (`memory`)"
        )))
    }

    /// A list as the attempt sees it.
    async fn page(
        &mut self,
        bucket: Bucket,
        quota: Quota,
        wanted: Wanted,
    ) -> wasmtime::Result<Answer<effects::Page>> {
        let Wanted { prefix, mut after, limit } = wanted;
        loop {
            if let Err(refused) = self.buckets.ask() {
                return Ok(Err(state::Error::TooMuch(refused)));
            }
            let query = EntryQuery {
                bucket: bucket.clone(),
                prefix: prefix.clone(),
                after: after.clone(),
                limit,
                bytes: BYTES,
            };
            let (stand, committed) = match self.buckets.source.entries(query).await {
                Ok(read) => read,
                Err(reason) => return Ok(Err(unavailable(&reason))),
            };
            let draft = self.buckets.draft(bucket.clone(), quota);
            draft.listed(stand).map_err(Overtaken)?;
            let page = draft.page(&prefix, after.as_deref(), limit, &committed);
            match committed.entries.last() {
                // The attempt has deleted all of these.
                Some((last, _)) if page.entries.is_empty() && page.more => {
                    after = Some(last.to_string());
                }
                _ => return Ok(Ok(page)),
            }
        }
    }
}

/// Which entries a guest wants.
struct Wanted {
    prefix: String,
    after: Option<String>,
    limit: usize,
}

fn key(text: &str) -> Answer<Key> {
    Key::new(text).map_err(|reason| state::Error::InvalidKey(reason.to_string()))
}

/// What the store's trouble looks like is nobody's business here.
fn unavailable(_reason: &StoreError) -> state::Error {
    state::Error::Unavailable("the host can't read its store now".to_owned())
}

fn shown(entry: effects::Entry) -> state::Entry {
    state::Entry { value: entry.value, version: entry.version.0 }
}

/// Goes on with an answer, or hands the guest its error.
macro_rules! or_told {
    ($answer:expr) => {
        match $answer {
            Ok(value) => value,
            Err(error) => return Ok(Err(error)),
        }
    };
}

impl state::Host for State {
    async fn get(
        &mut self,
        bucket: state::Bucket,
        name: String,
    ) -> wasmtime::Result<Answer<Option<state::Entry>>> {
        let (bucket, quota) = or_told!(self.buckets.granted(bucket, BucketAccess::ReadOnly));
        let key = or_told!(key(&name));
        let entry = self.seen(&bucket, quota, &key).await?;
        Ok(entry.map(|entry| entry.map(shown)))
    }

    async fn set(
        &mut self,
        bucket: state::Bucket,
        name: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Answer<()>> {
        let (bucket, quota) = or_told!(self.buckets.granted(bucket, BucketAccess::ReadWrite));
        let key = or_told!(key(&name));
        Ok(self.write(bucket, quota, key, Some(value)))
    }

    async fn delete(
        &mut self,
        bucket: state::Bucket,
        name: String,
    ) -> wasmtime::Result<Answer<()>> {
        let (bucket, quota) = or_told!(self.buckets.granted(bucket, BucketAccess::ReadWrite));
        let key = or_told!(key(&name));
        Ok(self.write(bucket, quota, key, None))
    }

    async fn compare_and_set(
        &mut self,
        bucket: state::Bucket,
        name: String,
        expected: Option<u64>,
        value: Option<Vec<u8>>,
    ) -> wasmtime::Result<Answer<bool>> {
        let (bucket, quota) = or_told!(self.buckets.granted(bucket, BucketAccess::ReadWrite));
        let key = or_told!(key(&name));
        let now = or_told!(self.seen(&bucket, quota, &key).await?);
        if now.map(|entry| entry.version) != expected.map(Version) {
            return Ok(Ok(false));
        }
        Ok(self.write(bucket, quota, key, value).map(|()| true))
    }

    async fn entries(
        &mut self,
        bucket: state::Bucket,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Answer<state::Page>> {
        let (bucket, quota) = or_told!(self.buckets.granted(bucket, BucketAccess::ReadOnly));
        let limit = usize::try_from(limit).unwrap_or(ENTRIES).clamp(1, ENTRIES);
        let page = self.page(bucket, quota, Wanted { prefix, after, limit }).await?;
        let entry = |(key, entry): (Key, effects::Entry)| (key.to_string(), shown(entry));
        Ok(page.map(|page| state::Page {
            entries: page.entries.into_iter().map(entry).collect(),
            more: page.more,
        }))
    }
}
