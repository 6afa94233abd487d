//! What a component offers to call: its functions, found by their types alone. No
//! guest code runs for that.

use std::collections::{HashMap, HashSet};

use horarium_core::{
    function::{FunctionKind, TaskFunction},
    json::Json,
    text,
};
use wasmtime::component::{Component, ComponentExportIndex};

use super::{
    command,
    find::{Found, find},
    schema,
    signature::{self, Signature},
};
use crate::{error::LoadError, restart::Decider};

/// Functions that one plugin may have.
pub(crate) const FUNCTIONS: usize = 256;

/// The longest name of an exported function or resource, in bytes.
pub(crate) const NAME: usize = 256;

/// The task function that a program as a whole is.
const RUN: &str = "run";

/// Everything that can be called, and why the rest can't.
pub(crate) struct Exports {
    pub(crate) callable: Vec<Export>,
    pub(crate) others: Vec<Uncallable>,
}

/// A function that can be called.
pub(crate) struct Export {
    pub(crate) index: ComponentExportIndex,
    pub(crate) kind: Kind,
    name: String,
    alias: Option<String>,
}

/// How a function is called.
pub(crate) enum Kind {
    /// As the program that the component is.
    Program,
    /// By its type.
    Function(Signature),
}

/// An exported function that can't be a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncallable {
    /// Its name, as it would be in a configuration.
    pub name: String,
    /// Why not.
    pub reason: String,
}

impl Exports {
    /// Finds what a component has.
    ///
    /// # Errors
    /// Where it has more than any plugin may have, or nothing that can be called.
    pub(crate) fn of(component: &Component) -> Result<Self, LoadError> {
        let (found, resources) = find(component)?;
        let aliases = aliases(&found);
        let mut whole = signature::WHOLE;
        let mut exports = Self { callable: Vec::new(), others: Vec::new() };
        for found in found.into_iter().filter(|found| !found.is_of(Decider::EXPORT)) {
            let name = found.full_name();
            let alias = found.alias().filter(|alias| aliases.get(alias) == Some(&1));
            let index = found.index;
            if found.is_command() {
                let name = RUN.to_owned();
                exports.callable.push(Export { index, kind: Kind::Program, name, alias: None });
                continue;
            }
            match found.signature(&name, &resources, &mut whole) {
                Ok(signature) => {
                    let kind = Kind::Function(signature);
                    exports.callable.push(Export { index, kind, name, alias });
                }
                Err(reason) => {
                    let (name, reason) = (shown(&name), shown(&reason));
                    exports.others.push(Uncallable { name, reason });
                }
            }
        }
        exports.without_doubles().some()
    }

    /// A program's own name goes before that of a function that has the same.
    fn without_doubles(mut self) -> Self {
        self.callable.sort_by_key(|export| !export.is_program());
        let mut names = HashSet::new();
        self.callable.retain(|export| {
            let is_new = names.insert(export.name.clone());
            if !is_new {
                let reason = format!("the program as a whole is called `{RUN}`");
                self.others.push(Uncallable { name: export.name.clone(), reason });
            }
            is_new
        });
        self
    }

    fn some(self) -> Result<Self, LoadError> {
        if !self.callable.is_empty() {
            return Ok(self);
        }
        let reasons = self.others.iter().take(3);
        let reasons: Vec<_> =
            reasons.map(|other| format!("not `{}`: {}", other.name, other.reason)).collect();
        Err(LoadError::NothingToCall(match reasons.as_slice() {
            [] => "it exports no function".to_owned(),
            some => some.join("; "),
        }))
    }

    /// The function of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Export> {
        self.callable
            .iter()
            .find(|export| export.name == name || export.alias.as_deref() == Some(name))
    }

    /// Its task functions.
    pub(crate) fn functions(&self) -> Vec<TaskFunction> {
        self.callable.iter().map(Export::describe).collect()
    }
}

impl Export {
    pub(crate) fn is_program(&self) -> bool {
        matches!(self.kind, Kind::Program)
    }

    fn describe(&self) -> TaskFunction {
        let (kind, summary, args_schema) = match &self.kind {
            Kind::Program => {
                let summary = "The program as a whole.".to_owned();
                (FunctionKind::Command, summary, Some(command::args_schema().into()))
            }
            Kind::Function(signature) => (
                FunctionKind::Export,
                signature.to_string(),
                schema::of(&signature.params).map(Json::from),
            ),
        };
        let (name, alias) = (self.name.clone(), self.alias.clone());
        TaskFunction { name, alias, kind, summary, args_schema, defaults: None, decides: false }
    }
}

/// How many functions each alias stands for.
fn aliases(found: &[Found]) -> HashMap<String, usize> {
    let mut aliases = HashMap::new();
    for alias in found.iter().filter_map(Found::alias) {
        *aliases.entry(alias).or_insert(0) += 1;
    }
    aliases
}

/// A component's own words, of any length, made fit to be shown.
fn shown(words: &str) -> String {
    text::shown(words, 2 * NAME)
}
