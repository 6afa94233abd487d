//! What the attempts of a run hand on to each other, so that long work goes on where it had
//! stopped.
//!
//! A checkpoint is the opposite of [state](crate::state): it is no part of the outcome. The
//! host keeps it for good as soon as it is saved, whatever comes of the attempt, and hands
//! it to the next attempt of the same run. Once the run has succeeded, it is gone; where
//! it has failed for good, a run that repeats it finds it.
//!
//! ```
//! use horarium_sdk::prelude::*;
//!
//! /// Imports a thousand files, the first ones not again.
//! #[task(max_attempts = 5)]
//! fn import(context: &Context) -> Result<u32> {
//!     let mut done: u32 = context.last_checkpoint()?.unwrap_or_default();
//!     while done < 1_000 {
//!         done += 100; // … import a hundred of them …
//!         context.checkpoint(&done)?;
//!     }
//!     Ok(done)
//! }
//!
//! # fn main() {
//! // In a test, an earlier attempt may have left something.
//! let context = Context::for_test("import").attempt(2).left(&900).build();
//! assert_eq!(import(&context).unwrap(), 1_000);
//! assert_eq!(context.last_checkpoint().unwrap(), Some(1_000));
//! # }
//! ```
//!
//! What is done between two checkpoints may be done twice: save after it is done, and let
//! it be harmless. The host bounds how long a checkpoint may be (`limits.checkpoint`), and
//! has whoever saves too often wait (`limits.checkpoint_rate`).

#[cfg(not(target_family = "wasm"))]
mod memory;

#[cfg(not(target_family = "wasm"))]
pub(crate) use self::memory::Saved;
#[cfg(target_family = "wasm")]
pub(crate) use crate::component::checkpoint::Saved;

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

/// Why a checkpoint can't be saved or read.
#[derive(Debug)]
#[non_exhaustive]
pub enum CheckpointError {
    /// More would be kept, or done, than may be. Says what.
    TooMuch(String),
    /// It can't be kept or read now.
    Unavailable(String),
    /// It is not what was expected, or can't be written as JSON.
    Value(serde_json::Error),
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMuch(reason) | Self::Unavailable(reason) => out.write_str(reason),
            Self::Value(_) => out.write_str("the run's checkpoint"),
        }
    }
}

impl std::error::Error for CheckpointError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Value(reason) => Some(reason),
            Self::TooMuch(_) | Self::Unavailable(_) => None,
        }
    }
}

pub(crate) fn save<T: Serialize + ?Sized>(
    saved: &Saved,
    checkpoint: &T,
) -> Result<(), CheckpointError> {
    saved.save(&serde_json::to_vec(checkpoint).map_err(CheckpointError::Value)?)
}

pub(crate) fn load<T: DeserializeOwned>(saved: &Saved) -> Result<Option<T>, CheckpointError> {
    let found = saved.load()?;
    let decoded = found.map(|value| serde_json::from_slice(&value)).transpose();
    decoded.map_err(CheckpointError::Value)
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use crate::Context;

    #[test]
    fn the_last_one_counts() {
        let context = Context::for_test("a").build();
        assert_eq!(context.last_checkpoint::<u32>().unwrap(), None);
        context.checkpoint(&1).unwrap();
        context.checkpoint(&2).unwrap();
        assert_eq!(context.last_checkpoint().unwrap(), Some(2));
    }

    #[test]
    fn what_is_something_else_is_an_error_with_its_reason() {
        let context = Context::for_test("a").left("half").build();
        let error = context.last_checkpoint::<u32>().unwrap_err();
        assert_eq!(error.to_string(), "the run's checkpoint");
        assert!(error.source().is_some());
    }
}
