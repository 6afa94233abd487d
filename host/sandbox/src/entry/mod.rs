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
    component::{Component, InstancePre, Linker},
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
    bindings::{PluginPre, horarium::task::types::Context},
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
        match self {
            Self::Guest(pre) => pre.instance_pre().component(),
            Self::Exports { pre, .. } => pre.component(),
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

    /// Runs a task's function once, in an instance of its own.
    pub(crate) async fn run(
        &self,
        store: &mut Store<State>,
        spec: &TaskSpec,
        context: &Context,
    ) -> wasmtime::Result<Answer> {
        let (pre, exports) = match self {
            Self::Guest(pre) => return guest::run(pre, store, context, &spec.args).await,
            Self::Exports { pre, exports } => (pre, exports),
        };
        let Some(export) = exports.get(&spec.function) else {
            let message = format!("it has no task function `{}`", spec.function);
            return Ok(Err(Failure { kind: FailureKind::Permanent, message }));
        };
        match &export.kind {
            Kind::Program => command::run(pre, export.index, store).await,
            Kind::Function(signature) => {
                let limits = &spec.limits;
                let call = Call { index: export.index, signature, args: &spec.args, limits };
                call.run(pre, store).await
            }
        }
    }
}
