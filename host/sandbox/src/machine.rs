//! An engine, and everything that guests are linked to.

use wasmtime::{
    Engine,
    component::{Component, Linker},
};

use crate::{
    capability,
    engine::{self, Metering, SandboxConfig},
    entry::Linked,
    error::{EngineError, LoadError},
    load,
    state::State,
};

/// Turns compiled code into what can be instantiated.
pub(crate) struct Machine {
    metering: Metering,
    engine: Engine,
    linker: Linker<State>,
}

impl Machine {
    pub(crate) fn new(config: &SandboxConfig, metering: Metering) -> Result<Self, EngineError> {
        let engine = engine::new(config, metering)?;
        let mut linker = Linker::new(&engine);
        capability::link(&mut linker)
            .map_err(|reason| EngineError::Unsupported(format!("{reason:#}")))?;
        Ok(Self { metering, engine, linker })
    }

    pub(crate) fn metering(&self) -> Metering {
        self.metering
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Takes what the compiler has made.
    pub(crate) fn load(&self, artifact: &[u8]) -> Result<Linked, LoadError> {
        #[expect(unsafe_code, reason = "wasmtime trusts compiled code blindly")]
        // SAFETY: our own compiler has made these bytes, in this process or in a
        // child that nobody else could speak for, and they have been nowhere else.
        let component = unsafe { Component::deserialize(&self.engine, artifact) };
        let component = component.map_err(|reason| LoadError::Invalid(load::shown(&reason)))?;
        self.link(&component)
    }

    pub(crate) fn link(&self, component: &Component) -> Result<Linked, LoadError> {
        Linked::new(&self.linker, component)
    }
}
