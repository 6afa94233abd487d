//! A plugin that is ready to run.

use std::sync::Arc;

use horarium_core::{digest::Digest, function::TaskFunction, text};
use tokio::sync::OnceCell;

use crate::{
    engine::Metering,
    entry::{Linked, Uncallable},
    error::LoadError,
    loader::Loader,
    restart::Decider,
    source::Source,
};

/// One version of a plugin: compiled, linked, with its functions.
pub struct Plugin {
    digest: Digest,
    functions: Vec<TaskFunction>,
    decider: Option<Decider>,
    metered: Linked,
    /// Made when it is needed first, and not tried again where that is futile.
    unmetered: OnceCell<Result<Linked, Arc<LoadError>>>,
    source: Source,
    loader: Arc<Loader>,
}

impl Plugin {
    pub(crate) fn new(
        loader: Arc<Loader>,
        digest: Digest,
        source: Source,
        metered: Linked,
        functions: Vec<TaskFunction>,
        decider: Option<Decider>,
    ) -> Self {
        Self { digest, functions, decider, metered, unmetered: OnceCell::new(), source, loader }
    }

    /// What decides what follows a failed attempt of this function.
    pub(crate) fn decider(&self, function: &str) -> Option<&Decider> {
        self.decider.as_ref().filter(|_| self.function(function).is_some_and(|it| it.decides))
    }

    /// Whether its code for this engine is there.
    pub(crate) fn has(&self, metering: Metering) -> bool {
        match metering {
            Metering::Metered => true,
            Metering::Unmetered => self.unmetered.initialized(),
        }
    }

    /// Its code for one of the two engines. That without fuel accounting is compiled
    /// by whoever asks first; all who ask meanwhile wait for the same result.
    pub(crate) async fn code(&self, metering: Metering) -> Result<&Linked, Arc<LoadError>> {
        let make = async || match self.loader.unmetered(self.digest, &self.source).await {
            Err(reason) if !reason.is_final() => Err(Arc::new(reason)),
            made => Ok(made.map_err(Arc::new)),
        };
        match metering {
            Metering::Metered => Ok(&self.metered),
            Metering::Unmetered => {
                self.unmetered.get_or_try_init(make).await?.as_ref().map_err(Arc::clone)
            }
        }
    }

    /// The SHA-256 of the file that it was loaded from.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Its task functions, in the order in which it names them.
    #[must_use]
    pub fn functions(&self) -> &[TaskFunction] {
        &self.functions
    }

    /// The function of this name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&TaskFunction> {
        self.functions.iter().find(|function| function.is_called(name))
    }

    /// What it exports and no task can call, with the reasons.
    #[must_use]
    pub fn uncallable(&self) -> &[Uncallable] {
        self.metered.uncallable()
    }

    /// The interfaces that it wants of the host.
    #[must_use]
    pub fn imports(&self) -> Vec<String> {
        let ty = self.metered.component().component_type();
        ty.imports(self.metered.engine()).map(|(name, _)| text::escape(name)).collect()
    }

    /// The interfaces that it offers.
    #[must_use]
    pub fn exports(&self) -> Vec<String> {
        let ty = self.metered.component().component_type();
        ty.exports(self.metered.engine()).map(|(name, _)| text::escape(name)).collect()
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("digest", &self.digest)
            .field("functions", &self.functions)
            .finish_non_exhaustive()
    }
}

/// A plugin may run many attempts at once, and outlive its file.
pub(crate) type SharedPlugin = Arc<Plugin>;
