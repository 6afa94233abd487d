//! How plugins are called. A component that exports `horarium:task/guest` says by
//! itself what it offers, and that alone counts. Any other one offers what its types
//! tell: a program to run, functions to call.

mod arguments;
mod call;
mod command;
mod exports;
mod find;
pub(crate) mod guest;
mod number;
mod output;
mod schema;
mod shape;
mod signature;
#[cfg(test)]
mod tests;
mod wit;

use horarium_core::{
    function::TaskFunction,
    task::TaskSpec,
    verdict::{Failure, FailureKind},
};
use wasmtime::{
    Engine, Store,
    component::{Component, Instance, InstancePre, Linker},
};

pub use self::exports::Uncallable;
use self::{
    call::Call,
    exports::{Export, Exports, Kind},
};
pub(crate) use self::{
    command::{ExitCode, Program},
    exports::FUNCTIONS,
};
use crate::{
    bindings::{Plugin, PluginPre, horarium::task::types::Context},
    error::LoadError,
    imports, load,
    state::State,
};

/// What a call that ran to its end came to: its output, JSON, or a failure.
pub(crate) type Answer = Result<Option<String>, Failure>;

/// The export that makes a component a plugin of the SDK's kind: the contract, and
/// its version.
const GUEST: (&str, &str) = ("horarium:task/guest@", "0.1.0");

/// Everything that belongs to one compilation of a component: it is made from that
/// and a linker alone, and nothing else knows an index into it.
pub(crate) enum Linked {
    /// It speaks the contract.
    Guest(PluginPre<State>),
    /// It is what it is.
    Exports {
        /// Ready to be instantiated.
        pre: InstancePre<State>,
        /// What can be called.
        exports: Exports,
    },
}

impl Linked {
    /// # Errors
    /// Where it offers nothing, or wants what the host does not have.
    pub(crate) fn new(linker: &Linker<State>, component: &Component) -> Result<Self, LoadError> {
        let link = || {
            let pre = linker.instantiate_pre(component);
            pre.map_err(|reason| imports::refusal(linker.engine(), component, &reason))
        };
        let (contract, version) = GUEST;
        let ours = format!("{contract}{version}");
        if component.get_export_index(None, &ours).is_some() {
            let pre = PluginPre::new(link()?);
            return pre.map(Self::Guest).map_err(|reason| LoadError::Invalid(load::shown(&reason)));
        }
        let ty = component.component_type();
        let mut names = ty.exports(component.engine()).map(|(name, _)| name);
        if let Some(other) = names.find(|name| name.starts_with(contract)) {
            let found = load::shown_text(other);
            return Err(LoadError::OtherContract { found, ours });
        }
        let exports = Exports::of(component)?;
        Ok(Self::Exports { pre: link()?, exports })
    }

    pub(crate) fn component(&self) -> &Component {
        self.instance_pre().component()
    }

    /// What instances are made from.
    pub(crate) fn instance_pre(&self) -> &InstancePre<State> {
        match self {
            Self::Guest(pre) => pre.instance_pre(),
            Self::Exports { pre, .. } => pre,
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.component().engine()
    }

    /// Its task functions as far as its types tell; none where it has to be asked.
    pub(crate) fn functions(&self) -> Option<Vec<TaskFunction>> {
        match self {
            Self::Guest(_) => None,
            Self::Exports { exports, .. } => Some(exports.functions()),
        }
    }

    /// What it exports and nobody can call.
    pub(crate) fn uncallable(&self) -> &[Uncallable] {
        match self {
            Self::Guest(_) => &[],
            Self::Exports { exports, .. } => &exports.others,
        }
    }

    /// What a task's function is started with, where it is a program.
    ///
    /// # Errors
    /// Where the arguments are not those of a program.
    pub(crate) fn program(&self, spec: &TaskSpec, context: &Context) -> Result<Program, String> {
        match self {
            Self::Exports { exports, .. }
                if exports.get(&spec.function).is_some_and(Export::is_program) =>
            {
                Program::new(spec, context)
            }
            _ => Ok(Program::default()),
        }
    }

    /// Whether an instance may serve several runs of this function. A program is made
    /// to run once.
    pub(crate) fn is_lasting(&self, function: &str) -> bool {
        match self {
            Self::Guest(_) => true,
            Self::Exports { exports, .. } => {
                exports.get(function).is_some_and(|export| !export.is_program())
            }
        }
    }

    /// Makes an instance.
    pub(crate) async fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Made> {
        let made = match self {
            Self::Guest(pre) => Made::Guest(pre.instantiate_async(&mut *store).await?),
            Self::Exports { pre, .. } => Made::Exports(pre.instantiate_async(&mut *store).await?),
        };
        store.data_mut().called = true;
        Ok(made)
    }

    /// Calls a task's function in an instance of this component.
    pub(crate) async fn call(
        &self,
        made: &Made,
        store: &mut Store<State>,
        spec: &TaskSpec,
        context: &Context,
    ) -> wasmtime::Result<Answer> {
        let (exports, instance) = match (self, made) {
            (_, Made::Guest(guest)) => return guest::run(guest, store, context, &spec.args).await,
            (Self::Exports { exports, .. }, Made::Exports(instance)) => (exports, *instance),
            (Self::Guest(_), Made::Exports(_)) => {
                return Err(wasmtime::Error::msg("the instance is another component's"));
            }
        };
        let Some(export) = exports.get(&spec.function) else {
            let message = format!("it has no task function `{}`", spec.function);
            return Ok(Err(Failure { kind: FailureKind::Permanent, message }));
        };
        match &export.kind {
            Kind::Program => command::run(instance, export.index, store).await,
            Kind::Function(signature) => {
                let limits = &spec.limits;
                let call = Call { index: export.index, signature, args: &spec.args, limits };
                call.run(instance, store).await
            }
        }
    }
}

/// An instance of a component, of the same kind as its [`Linked`].
pub(crate) enum Made {
    Guest(Plugin),
    Exports(Instance),
}
