//! What came of trying.

use std::io;

use horarium_sdk::prelude::*;

/// What came of trying something.
#[output]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tried<T> {
    Got(T),
    /// The error, in its own words.
    Refused(String),
}

impl<T> From<io::Result<T>> for Tried<T> {
    fn from(result: io::Result<T>) -> Self {
        match result {
            Ok(got) => Self::Got(got),
            Err(error) => Self::Refused(error.to_string()),
        }
    }
}
