//! Everything that a task usually needs: `use horarium_sdk::prelude::*;`.

pub use crate::progress;
pub use crate::{Context, TaskError, Trigger, args, output, task};
pub use ::anyhow::{self, Context as _, Result, anyhow, bail, ensure};
pub use ::log;
