//! State outside of a plugin: a test's own, which lives as long as its context.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Found, StateError, Version};

/// As many entries come at once as a host hands out.
const PAGE: usize = 1_000;

/// The most bytes in a key.
const LONGEST: usize = 512;

/// The buckets of a test.
#[derive(Debug, Clone, Default)]
pub(crate) struct Source(Arc<Mutex<Buckets>>);

#[derive(Debug, Default)]
struct Buckets {
    changes: u64,
    entries: BTreeMap<Option<String>, Bucket>,
}

type Bucket = BTreeMap<String, (Vec<u8>, Version)>;

impl Source {
    pub(crate) fn get(&self, bucket: Option<&str>, key: &str) -> Result<Option<Found>, StateError> {
        check(key)?;
        let buckets = self.buckets();
        let entry = buckets.entries.get(&bucket.map(str::to_owned)).and_then(|it| it.get(key));
        Ok(entry.map(|(value, version)| Found { value: value.clone(), version: *version }))
    }

    pub(crate) fn set(
        &self,
        bucket: Option<&str>,
        key: &str,
        value: &[u8],
    ) -> Result<(), StateError> {
        check(key)?;
        let mut buckets = self.buckets();
        buckets.changes += 1;
        let entry = (value.to_vec(), Version(buckets.changes));
        let bucket = buckets.entries.entry(bucket.map(str::to_owned)).or_default();
        bucket.insert(key.to_owned(), entry);
        Ok(())
    }

    pub(crate) fn delete(&self, bucket: Option<&str>, key: &str) -> Result<(), StateError> {
        check(key)?;
        if let Some(bucket) = self.buckets().entries.get_mut(&bucket.map(str::to_owned)) {
            bucket.remove(key);
        }
        Ok(())
    }

    pub(crate) fn compare_and_set(
        &self,
        bucket: Option<&str>,
        key: &str,
        expected: Option<Version>,
        value: &[u8],
    ) -> Result<bool, StateError> {
        if self.get(bucket, key)?.map(|found| found.version) != expected {
            return Ok(false);
        }
        self.set(bucket, key, value).map(|()| true)
    }

    pub(crate) fn entries(
        &self,
        bucket: Option<&str>,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<(Vec<(String, Found)>, bool), StateError> {
        let buckets = self.buckets();
        let all = buckets.entries.get(&bucket.map(str::to_owned)).into_iter().flatten();
        let mut wanted = all
            .filter(|(key, _)| key.starts_with(prefix))
            .filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
        let found = |(key, (value, version)): (&String, &(Vec<u8>, Version))| {
            (key.clone(), Found { value: value.clone(), version: *version })
        };
        let page = wanted.by_ref().take(PAGE).map(found).collect();
        Ok((page, wanted.next().is_some()))
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check(key: &str) -> Result<(), StateError> {
    let reason = match key.chars().find(|character| character.is_control()) {
        _ if key.is_empty() => "a key can't be empty".to_owned(),
        _ if key.len() > LONGEST => {
            format!("a key has at most {LONGEST} bytes, this one has {}", key.len())
        }
        Some(control) => format!("a key has no control characters, this one has {control:?}"),
        None => return Ok(()),
    };
    Err(StateError::InvalidKey(reason))
}
