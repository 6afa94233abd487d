//! What is started outside of a plugin: a test's own list, which lives as long as its
//! context.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Moment, StartError};
use crate::test_context::Started;

/// The runs that a test has started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book(Arc<Mutex<Vec<Started>>>);

impl Book {
    pub(crate) fn start(
        &self,
        task: &str,
        args: Option<String>,
        key: Option<String>,
        moment: Moment,
    ) -> Result<(), StartError> {
        let args = args.as_deref().map(serde_json::from_str).transpose();
        let args = args.map_err(StartError::Arguments)?;
        self.started().push(Started { task: task.to_owned(), args, key, moment });
        Ok(())
    }

    pub(crate) fn list(&self) -> Vec<Started> {
        self.started().clone()
    }

    fn started(&self) -> MutexGuard<'_, Vec<Started>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
