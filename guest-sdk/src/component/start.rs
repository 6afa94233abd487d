//! The host's side of [`start`](crate::start).

use std::time::{SystemTime, UNIX_EPOCH};

use super::{bindings::horarium::task::tasks as host, convert::micros};
use crate::start::{Moment, StartError};

/// Where the host keeps what is to be started.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Book;

impl Book {
    pub(crate) fn start(
        &self,
        task: &str,
        args: Option<String>,
        key: Option<String>,
        moment: Moment,
    ) -> Result<(), StartError> {
        let moment = match moment {
            Moment::Now => host::Moment::Now,
            Moment::After(length) => host::Moment::After(micros(length)),
            Moment::At(instant) => host::Moment::At(since_epoch(instant)),
        };
        let task = task.to_owned();
        Ok(host::start(&host::Request { task, args, key, moment })?)
    }
}

/// What lies before 1970 has passed.
fn since_epoch(instant: SystemTime) -> i64 {
    let since = instant.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_micros().try_into().unwrap_or(i64::MAX)
}

impl From<host::Error> for StartError {
    fn from(error: host::Error) -> Self {
        match error {
            host::Error::NotGranted(reason) => Self::NotGranted(reason),
            host::Error::Invalid(reason) => Self::Invalid(reason),
            host::Error::Refused(reason) => Self::Refused(reason),
            host::Error::TooMuch(reason) => Self::TooMuch(reason),
            host::Error::Unavailable(reason) => Self::Unavailable(reason),
        }
    }
}
