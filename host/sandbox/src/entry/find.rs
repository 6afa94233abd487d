//! Looks for exported functions, and for the resources that they may speak of.

use wasmtime::component::{
    Component, ComponentExportIndex,
    types::{ComponentFunc, ComponentItem, Type},
};

use super::{
    exports::{FUNCTIONS, NAME},
    signature::{Resources, Signature},
};
use crate::error::LoadError;

/// Resources whose names are known. Each one that a signature has is looked up.
const RESOURCES: usize = 256;

/// The interface of programs, of any version that this host runs, and its function.
const COMMAND: (&str, &str) = ("wasi:cli/run@0.2.", "run");

/// What the names of constructors begin with.
const CONSTRUCTOR: &str = "[constructor]";

/// An exported function as it is found.
pub(super) struct Found {
    pub(super) index: ComponentExportIndex,
    interface: Option<String>,
    name: String,
    func: ComponentFunc,
}

/// Every exported function, and the resources that they may speak of.
///
/// # Errors
/// Where there are more functions than any plugin may have.
pub(super) fn find(component: &Component) -> Result<(Vec<Found>, Resources), LoadError> {
    let engine = component.engine();
    let ty = component.component_type();
    let mut finder = Finder { component, found: Vec::new(), resources: Resources::default() };
    for (interface, import) in ty.imports(engine) {
        if let ComponentItem::ComponentInstance(instance) = import.ty {
            // Named only: nobody here can make one of theirs.
            for (name, item) in instance.exports(engine) {
                finder.resource(Some(interface), name, &item.ty);
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
        self.resource(None, name, &item);
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

    fn resource(&mut self, interface: Option<&str>, name: &str, item: &ComponentItem) {
        let ComponentItem::Resource(resource) = item else { return };
        let length = name.len() + interface.map_or(0, str::len);
        // Of thousands, some have to do without a name.
        if self.resources.names.len() == RESOURCES || length > NAME {
            return;
        }
        let name = match interface {
            Some(interface) => format!("{interface}.{name}"),
            None => name.to_owned(),
        };
        self.resources.names.push((*resource, name));
    }
}

impl Found {
    /// `ns:pkg/interface@version.function`, or the function alone where it has no
    /// interface. What belongs to a resource has the resource's name before it; a
    /// constructor is called as its resource.
    pub(super) fn full_name(&self) -> String {
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

    /// The full name without the version.
    pub(super) fn alias(&self) -> Option<String> {
        let (interface, _version) = self.interface.as_ref()?.split_once('@')?;
        Some(format!("{interface}.{}", self.own_name()))
    }

    /// Whether it is one of this interface's.
    pub(super) fn is_of(&self, interface: &str) -> bool {
        self.interface.as_deref() == Some(interface)
    }

    /// Whether this is how the program as a whole is run.
    pub(super) fn is_command(&self) -> bool {
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

    /// # Errors
    /// Where it can't be called; the text says why.
    pub(super) fn signature(
        &self,
        name: &str,
        resources: &Resources,
        whole: &mut usize,
    ) -> Result<Signature, String> {
        if name.len() > NAME {
            return Err(format!("its name is longer than {NAME} bytes"));
        }
        Signature::of(&self.func, resources, whole).map_err(|reason| reason.to_string())
    }
}
