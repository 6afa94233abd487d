//! What a task keeps from one run to the next: keys and values, in buckets.
//!
//! What is written is kept aside, and becomes real together with the attempt's success:
//! the host records both at once. An attempt that fails or is stopped leaves nothing
//! behind, so that a cursor never moves past work that was not done. Where another run
//! has changed meanwhile what this one had read, the host takes neither, and tries the
//! run again without counting the attempt.
//!
//! ```
//! use horarium_sdk::prelude::*;
//!
//! /// Copies what has come since the last time.
//! #[task]
//! fn copy(context: &Context) -> Result<()> {
//!     let state = context.state();
//!     let cursor: u64 = state.get("cursor")?.unwrap_or_default();
//!     let newest = cursor + 10; // … copy what lies between …
//!     state.set("cursor", &newest)?;
//!     Ok(())
//! }
//!
//! # fn main() {
//! // In a test, the state is the context's own.
//! let context = Context::for_test("copy").build();
//! copy(&context).unwrap();
//! copy(&context).unwrap();
//! assert_eq!(context.state().get("cursor").unwrap(), Some(20_u64));
//! # }
//! ```
//!
//! Values are JSON, so that people can read them; [`State::get_bytes`] and
//! [`State::set_bytes`] leave that to you.

mod entries;
#[cfg(not(target_family = "wasm"))]
mod memory;

pub use self::entries::Entries;

#[cfg(not(target_family = "wasm"))]
pub(crate) use self::memory::Source;
#[cfg(target_family = "wasm")]
pub(crate) use crate::component::state::Source;

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

/// A bucket of keys and values. Made by [`Context::state`](crate::Context::state) and
/// [`Context::bucket`](crate::Context::bucket).
#[derive(Debug, Clone, Copy)]
pub struct State<'c> {
    pub(crate) source: &'c Source,
    /// The name of a bucket that tasks share; none for the task's own.
    pub(crate) bucket: Option<&'c str>,
}

/// Tells whether what stands under a key has changed: another one after each change. That
/// of what this attempt has written itself is another one again once it is real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(pub(crate) u64);

/// Why something can't be read or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum StateError {
    /// The task has no grant for this bucket. Says which one it takes.
    NotGranted(String),
    /// That is no key: it is empty, has more than 512 bytes or a control character.
    InvalidKey(String),
    /// More would be kept, or done, than may be. Says what.
    TooMuch(String),
    /// It can't be read now.
    Unavailable(String),
    /// The value is not what was expected, or can't be written as JSON.
    Value {
        /// Its key.
        key: String,
        /// What does not fit.
        reason: serde_json::Error,
    },
}

impl fmt::Display for StateError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotGranted(reason)
            | Self::InvalidKey(reason)
            | Self::TooMuch(reason)
            | Self::Unavailable(reason) => out.write_str(reason),
            Self::Value { key, .. } => write!(out, "the value of {key:?} in the state"),
        }
    }
}

impl std::error::Error for StateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Value { reason, .. } => Some(reason),
            _ => None,
        }
    }
}

/// What stands under a key, as bytes.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) value: Vec<u8>,
    pub(crate) version: Version,
}

impl<'c> State<'c> {
    /// What stands under a key; none where nothing does.
    ///
    /// # Errors
    /// Where it can't be read, or is no `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StateError> {
        Ok(self.get_versioned(key)?.map(|(value, _)| value))
    }

    /// The same, with its version.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn get_versioned<T: DeserializeOwned>(
        &self,
        key: &str,
    ) -> Result<Option<(T, Version)>, StateError> {
        let found = self.source.get(self.bucket, key)?;
        found.map(|found| Ok((decode(key, &found.value)?, found.version))).transpose()
    }

    /// What stands under a key, whatever it is.
    ///
    /// # Errors
    /// Where it can't be read.
    pub fn get_bytes(&self, key: &str) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.source.get(self.bucket, key)?.map(|found| found.value))
    }

    /// Writes a value.
    ///
    /// # Errors
    /// Where it can't be written, or there would be too much.
    pub fn set<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<(), StateError> {
        self.set_bytes(key, &encode(key, value)?)
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn set_bytes(&self, key: &str, value: &[u8]) -> Result<(), StateError> {
        self.source.set(self.bucket, key, value)
    }

    /// Takes a key away, if it is there.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn delete(&self, key: &str) -> Result<(), StateError> {
        self.source.delete(self.bucket, key)
    }

    /// Writes a value if the key's version is what is expected (none: there is no such key).
    /// Says whether it did.
    ///
    /// Between runs there is no need for it: the host sees by itself that another one has
    /// changed what this one had read.
    ///
    /// # Errors
    /// As [`get`](Self::get) and [`set`](Self::set).
    pub fn compare_and_set<T: Serialize + ?Sized>(
        &self,
        key: &str,
        expected: Option<Version>,
        value: &T,
    ) -> Result<bool, StateError> {
        let value = encode(key, value)?;
        self.source.compare_and_set(self.bucket, key, expected, &value)
    }

    /// All entries whose keys begin with `prefix`, in the order of their keys. Who lists
    /// entries has read the whole bucket: any change of it by another run is in the way.
    #[must_use]
    pub fn entries<T: DeserializeOwned>(&self, prefix: impl Into<String>) -> Entries<'c, T> {
        Entries::new(*self, prefix.into())
    }
}

fn encode<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<Vec<u8>, StateError> {
    serde_json::to_vec(value).map_err(|reason| StateError::Value { key: key.to_owned(), reason })
}

fn decode<T: DeserializeOwned>(key: &str, value: &[u8]) -> Result<T, StateError> {
    serde_json::from_slice(value)
        .map_err(|reason| StateError::Value { key: key.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Context;

    #[test]
    fn values_are_what_they_were() {
        let context = Context::for_test("a").build();
        let state = context.state();
        assert_eq!(state.get::<u32>("n").unwrap(), None);
        state.set("n", &7_u32).unwrap();
        assert_eq!(state.get::<u32>("n").unwrap(), Some(7));
        assert_eq!(state.get_bytes("n").unwrap().unwrap(), b"7");
        assert_eq!(context.bucket("shared").get::<u32>("n").unwrap(), None);
        state.delete("n").unwrap();
        assert_eq!(state.get::<u32>("n").unwrap(), None);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let context = Context::for_test("a").build();
        context.state().set("name", "seven").unwrap();
        let error = context.state().get::<u32>("name").unwrap_err();
        assert_eq!(error.to_string(), "the value of \"name\" in the state");
        assert!(std::error::Error::source(&error).is_some());
        for key in ["", "a\nb", &"k".repeat(513)] {
            let refused = context.state().set(key, &1);
            assert!(matches!(refused, Err(StateError::InvalidKey(_))), "{key:?}");
        }
    }

    #[test]
    fn one_of_two_that_expect_the_same_writes() {
        let context = Context::for_test("a").build();
        let state = context.state();
        assert!(state.compare_and_set("n", None, &1).unwrap());
        assert!(!state.compare_and_set("n", None, &2).unwrap());
        let (_, version) = state.get_versioned::<u32>("n").unwrap().unwrap();
        assert!(state.compare_and_set("n", Some(version), &2).unwrap());
        assert!(!state.compare_and_set("n", Some(version), &3).unwrap());
        assert_eq!(state.get::<u32>("n").unwrap(), Some(2));
    }

    #[test]
    fn entries_come_in_order() {
        let context = Context::for_test("a").build();
        let state = context.state();
        for number in (0..2_500_u32).rev() {
            state.set(&format!("n/{number:05}"), &number).unwrap();
        }
        state.set("other", &0).unwrap();
        let all: Result<Vec<_>, _> = state.entries::<u32>("n/").collect();
        let all = all.unwrap();
        assert!(all.iter().map(|(_, number)| *number).eq(0..2_500));
        assert_eq!(all[0].0, "n/00000");
    }
}
