//! Checkpoints: what an attempt leaves to the next one of its run.
//!
//! A checkpoint is no part of the outcome. It is durable as soon as it is saved, whatever
//! comes of the attempt, and it goes once the run has succeeded.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What was saved last for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// By which attempt.
    pub attempt: u32,
    /// When.
    pub at: Timestamp,
    /// Whatever that attempt wanted the next one to know.
    pub value: Vec<u8>,
}

/// The same without its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckpointView {
    /// The attempt that has saved it, counted from 1.
    pub attempt: u32,
    /// When.
    pub at: Timestamp,
    /// How many bytes it has.
    pub bytes: u64,
}

impl From<&Checkpoint> for CheckpointView {
    fn from(checkpoint: &Checkpoint) -> Self {
        let Checkpoint { attempt, at, ref value } = *checkpoint;
        Self { attempt, at, bytes: u64::try_from(value.len()).unwrap_or(u64::MAX) }
    }
}
