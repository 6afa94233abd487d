//! The host's side of [`state`](crate::state).

use super::bindings::horarium::task::state as host;
use crate::state::{Found, StateError, Version};

/// The most entries that are asked for at once.
const PAGE: u32 = 1_000;

/// The buckets of the attempt's task.
#[derive(Debug, Clone, Default)]
pub(crate) struct Source;

impl Source {
    pub(crate) fn get(&self, bucket: Option<&str>, key: &str) -> Result<Option<Found>, StateError> {
        Ok(host::get(&named(bucket), key)?.map(Into::into))
    }

    pub(crate) fn set(
        &self,
        bucket: Option<&str>,
        key: &str,
        value: &[u8],
    ) -> Result<(), StateError> {
        Ok(host::set(&named(bucket), key, value)?)
    }

    pub(crate) fn delete(&self, bucket: Option<&str>, key: &str) -> Result<(), StateError> {
        Ok(host::delete(&named(bucket), key)?)
    }

    pub(crate) fn compare_and_set(
        &self,
        bucket: Option<&str>,
        key: &str,
        expected: Option<Version>,
        value: &[u8],
    ) -> Result<bool, StateError> {
        let expected = expected.map(|version| version.0);
        Ok(host::compare_and_set(&named(bucket), key, expected, Some(value))?)
    }

    pub(crate) fn entries(
        &self,
        bucket: Option<&str>,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<(Vec<(String, Found)>, bool), StateError> {
        let page = host::entries(&named(bucket), prefix, after, PAGE)?;
        let entries = page.entries.into_iter().map(|(key, entry)| (key, entry.into()));
        Ok((entries.collect(), page.more))
    }
}

fn named(bucket: Option<&str>) -> host::Bucket {
    bucket.map_or(host::Bucket::Private, |name| host::Bucket::Shared(name.to_owned()))
}

impl From<host::Entry> for Found {
    fn from(entry: host::Entry) -> Self {
        Self { value: entry.value, version: Version(entry.version) }
    }
}

impl From<host::Error> for StateError {
    fn from(error: host::Error) -> Self {
        match error {
            host::Error::NotGranted(reason) => Self::NotGranted(reason),
            host::Error::InvalidKey(reason) => Self::InvalidKey(reason),
            host::Error::TooMuch(reason) => Self::TooMuch(reason),
            host::Error::Unavailable(reason) => Self::Unavailable(reason),
        }
    }
}
