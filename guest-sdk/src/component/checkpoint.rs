//! The host's side of [`checkpoint`](crate::checkpoint).

use super::bindings::horarium::task::checkpoint as host;
use crate::checkpoint::CheckpointError;

/// Where the host keeps what is saved.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Saved;

impl Saved {
    pub(crate) fn load(&self) -> Result<Option<Vec<u8>>, CheckpointError> {
        Ok(host::load()?)
    }

    pub(crate) fn save(&self, value: &[u8]) -> Result<(), CheckpointError> {
        Ok(host::save(value)?)
    }
}

impl From<host::Error> for CheckpointError {
    fn from(error: host::Error) -> Self {
        match error {
            host::Error::TooMuch(reason) => Self::TooMuch(reason),
            host::Error::Unavailable(reason) => Self::Unavailable(reason),
        }
    }
}
