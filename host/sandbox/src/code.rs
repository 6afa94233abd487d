//! A plugin's compiled code, linked for one engine.

use wasmtime::{
    Engine, Store,
    component::{Component, InstancePre},
};

use crate::{
    bindings::{Plugin as Bindings, PluginPre},
    error::LoadError,
    load,
    state::State,
};

/// Ready to be instantiated, any number of times at once.
pub(crate) struct Code {
    pre: PluginPre<State>,
}

impl Code {
    pub(crate) fn new(pre: InstancePre<State>) -> Result<Self, LoadError> {
        let pre = PluginPre::new(pre).map_err(|reason| LoadError::Invalid(load::shown(&reason)))?;
        Ok(Self { pre })
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.pre.engine()
    }

    pub(crate) async fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Bindings> {
        self.pre.instantiate_async(store).await
    }

    pub(crate) fn component(&self) -> &Component {
        self.pre.instance_pre().component()
    }
}
