//! What a component offers to call: its functions, found by their types alone. No
//! guest code runs for that.

use std::collections::{HashMap, HashSet};

use horarium_core::{
    function::{FunctionKind, TaskFunction},
    text,
};
use wasmtime::component::{
    Component, ComponentExportIndex,
    types::{ComponentFunc, ComponentItem, Type},
};

use super::{
    schema,
    shape::{Resources, Signature},
};
use crate::error::LoadError;

/// Functions that one plugin may have.
pub(crate) const FUNCTIONS: usize = 256;

/// Resources whose names are known. Each one that a signature has is looked up.
const RESOURCES: usize = 256;

/// The longest name of an exported function or resource, in bytes.
const NAME: usize = 256;

/// The interface of programs, of any version that this host runs, and its function.
const COMMAND: (&str, &str) = ("wasi:cli/run@0.2.", "run");

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
    /// The shape of a call; none for a program.
    pub(crate) signature: Option<Signature>,
    name: String,
    alias: Option<String>,
}

/// An exported function that can't be a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncallable {
    /// Its name, as it would be in a configuration.
    pub name: String,
    /// Why not.
    pub reason: String,
}

/// An exported function as it is found.
struct Found {
    interface: Option<String>,
    name: String,
    func: ComponentFunc,
    index: ComponentExportIndex,
}

impl Exports {
    /// Finds what a component has.
    ///
    /// # Errors
    /// Where it has more than any plugin may have, or nothing that can be called.
    pub(crate) fn of(component: &Component) -> Result<Self, LoadError> {
        let (found, resources) = find(component)?;
        let aliases = aliases(&found);
        let mut exports = Self { callable: Vec::new(), others: Vec::new() };
        for found in found {
            let name = found.full_name();
            let alias = found.alias().filter(|alias| aliases.get(alias) == Some(&1));
            let index = found.index;
            if found.is_command() {
                let name = RUN.to_owned();
                exports.callable.push(Export { index, signature: None, name, alias: None });
                continue;
            }
            match found.signature(&name, &resources) {
                Ok(signature) => {
                    let signature = Some(signature);
                    exports.callable.push(Export { index, signature, name, alias });
                }
                Err(reason) => exports.others.push(Uncallable { name: shown(&name), reason }),
            }
        }
        exports.without_doubles().some()
    }

    /// A program's own name goes before that of a function that has the same.
    fn without_doubles(mut self) -> Self {
        self.callable.sort_by_key(|export| export.signature.is_some());
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
    fn describe(&self) -> TaskFunction {
        let described = TaskFunction {
            name: self.name.clone(),
            alias: self.alias.clone(),
            kind: FunctionKind::Command,
            summary: "The program as a whole.".to_owned(),
            args_schema: Some(super::command::args_schema()),
            defaults: None,
        };
        match &self.signature {
            None => described,
            Some(signature) => TaskFunction {
                kind: FunctionKind::Export,
                summary: signature.to_string(),
                args_schema: schema::of(&signature.params),
                ..described
            },
        }
    }
}

/// Every exported function, and the resources that they may speak of.
fn find(component: &Component) -> Result<(Vec<Found>, Resources), LoadError> {
    let engine = component.engine();
    let ty = component.component_type();
    let mut finder = Finder { component, found: Vec::new(), resources: Resources::default() };
    for (interface, import) in ty.imports(engine) {
        if let ComponentItem::ComponentInstance(instance) = import.ty {
            // Named only: nobody here can make one of theirs.
            for (name, item) in instance.exports(engine) {
                finder.resource(&format!("{interface}.{name}"), &item.ty);
            }
        }
    }
    for (name, export) in ty.exports(engine) {
        match export.ty {
            ComponentItem::ComponentInstance(instance) => {
                let within = component.get_export_index(None, name);
                for (function, item) in instance.exports(engine) {
                    finder.item(Some((name, within.as_ref())), function, item.ty)?;
                }
            }
            item => finder.item(None, name, item)?,
        }
    }
    Ok((finder.found, finder.resources))
}

struct Finder<'a> {
    component: &'a Component,
    found: Vec<Found>,
    resources: Resources,
}

impl Finder<'_> {
    fn item(
        &mut self,
        interface: Option<(&str, Option<&ComponentExportIndex>)>,
        name: &str,
        item: ComponentItem,
    ) -> Result<(), LoadError> {
        self.resource(name, &item);
        let ComponentItem::ComponentFunc(func) = item else { return Ok(()) };
        let within = interface.and_then(|(_, index)| index);
        let Some(index) = self.component.get_export_index(within, name) else { return Ok(()) };
        if self.found.len() == FUNCTIONS {
            return Err(LoadError::TooManyExports { limit: FUNCTIONS });
        }
        if name.starts_with(CONSTRUCTOR) {
            self.resources.constructed_by(&func, index);
        }
        let interface = interface.map(|(name, _)| name.to_owned());
        self.found.push(Found { interface, name: name.to_owned(), func, index });
        Ok(())
    }

    fn resource(&mut self, name: &str, item: &ComponentItem) {
        // Of thousands, some have to do without a name.
        let is_named = self.resources.names.len() < RESOURCES && name.len() <= NAME;
        if let (ComponentItem::Resource(resource), true) = (item, is_named) {
            self.resources.names.push((*resource, name.to_owned()));
        }
    }
}

const CONSTRUCTOR: &str = "[constructor]";

impl Found {
    /// `ns:pkg/interface@version.function`, or the function alone where it has no
    /// interface. What belongs to a resource has the resource's name before it; a
    /// constructor is called as its resource.
    fn full_name(&self) -> String {
        match &self.interface {
            Some(interface) => format!("{interface}.{}", self.own_name()),
            None => self.own_name().to_owned(),
        }
    }

    /// Without `[method]`, `[static]` and `[constructor]`.
    fn own_name(&self) -> &str {
        match self.name.strip_prefix('[').and_then(|name| name.split_once(']')) {
            Some((_, name)) => name,
            None => &self.name,
        }
    }

    fn alias(&self) -> Option<String> {
        let (interface, _version) = self.interface.as_ref()?.split_once('@')?;
        Some(format!("{interface}.{}", self.own_name()))
    }

    fn is_command(&self) -> bool {
        let (interface, function) = COMMAND;
        let named = self.interface.as_ref().is_some_and(|name| name.starts_with(interface))
            && self.name == function;
        let mut results = self.func.results();
        let only = results.next().filter(|_| results.next().is_none());
        let fits = self.func.params().len() == 0
            && !self.func.async_()
            && matches!(only, Some(Type::Result(ty)) if ty.ok().is_none() && ty.err().is_none());
        named && fits
    }

    fn signature(&self, name: &str, resources: &Resources) -> Result<Signature, String> {
        if name.len() > NAME {
            return Err(format!("its name is longer than {NAME} bytes"));
        }
        Signature::of(&self.func, resources).map_err(|reason| reason.to_string())
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

/// A name of any length, made fit to be shown.
fn shown(name: &str) -> String {
    text::escape(text::beginning(name, NAME))
}
