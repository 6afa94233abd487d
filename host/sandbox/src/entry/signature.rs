//! From a function's type to shapes, within bounds: the types are a plugin's.

use wasmtime::component::{
    ComponentExportIndex, ResourceType,
    types::{ComponentFunc, Type},
};

use super::shape::{Case, Constructor, Field, Integer, Resource, Shape};

/// How much one signature may say: every type, field and case costs [`WORD`], and
/// every name its length as well. Types can refer to each other so that a few of
/// them, written out, fill the world. A word becomes at most seven nodes of a schema,
/// of which a configuration is checked against at most 10,000.
const BUDGET: usize = 16 << 10;

/// How much all signatures of a plugin may say together.
pub(super) const WHOLE: usize = 16 * BUDGET;

/// See [`BUDGET`].
const WORD: usize = 16;

/// How deep types may lie within each other. Each level is at most two of JSON's,
/// of which its reader takes 128.
const DEPTH: usize = 32;

/// A function's type.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    pub(crate) params: Vec<Field>,
    pub(crate) result: Option<Shape>,
}

/// Why a function can't be called with JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unspeakable {
    #[error("it is asynchronous, which this host does not run")]
    Async,
    #[error("its type has a {0}, which JSON can't express")]
    Type(&'static str),
    #[error("it takes the resource `{0}`, which this component has no constructor for")]
    NoConstructor(String),
    #[error("it takes the resource `{0}`, whose constructor takes one itself")]
    Circle(String),
    #[error("its type is too long to be checked")]
    TooLong,
    #[error("its type is nested too deep to be checked")]
    TooDeep,
}

/// The resources that a component speaks of.
#[derive(Default)]
pub(crate) struct Resources {
    pub(crate) names: Vec<(ResourceType, String)>,
    pub(crate) constructors: Vec<(ResourceType, ComponentFunc, ComponentExportIndex)>,
}

impl Resources {
    /// Takes note of a constructor.
    pub(crate) fn constructed_by(&mut self, func: &ComponentFunc, index: ComponentExportIndex) {
        let made = match func.results().next() {
            Some(Type::Own(made)) => Some(made),
            Some(Type::Result(result)) => match result.ok() {
                Some(Type::Own(made)) => Some(made),
                _ => None,
            },
            _ => None,
        };
        self.constructors.extend(made.map(|made| (made, func.clone(), index)));
    }

    fn name(&self, resource: ResourceType) -> &str {
        let known = self.names.iter().find(|(ty, _)| *ty == resource);
        known.map_or("resource", |(_, name)| name)
    }
}

impl Signature {
    /// # Errors
    /// Where the function can't be called with JSON, or has no result that JSON
    /// could hold.
    pub(super) fn of(
        func: &ComponentFunc,
        resources: &Resources,
        whole: &mut usize,
    ) -> Result<Self, Unspeakable> {
        let most = BUDGET.min(*whole);
        let mut reader = Reader { resources, left: most, depth: 0, making: Vec::new() };
        let signature = reader.signature(func);
        *whole -= most - reader.left;
        signature
    }
}

/// What becomes of the values of a type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Given,
    Returned,
}

struct Reader<'a> {
    resources: &'a Resources,
    left: usize,
    depth: usize,
    /// Resources whose constructors are being looked at.
    making: Vec<ResourceType>,
}

impl Reader<'_> {
    fn signature(&mut self, func: &ComponentFunc) -> Result<Signature, Unspeakable> {
        if func.async_() {
            return Err(Unspeakable::Async);
        }
        let params = self.params(func)?;
        // The component model has room for several; nobody has ever had them.
        let result = func.results().next().map(|ty| self.shape(&ty, Way::Returned)).transpose()?;
        Ok(Signature { params, result })
    }

    fn params(&mut self, func: &ComponentFunc) -> Result<Vec<Field>, Unspeakable> {
        func.params().map(|(name, ty)| self.field(name, &ty, Way::Given)).collect()
    }

    fn shape(&mut self, ty: &Type, way: Way) -> Result<Shape, Unspeakable> {
        self.spend(0)?;
        if self.depth == DEPTH {
            return Err(Unspeakable::TooDeep);
        }
        self.depth += 1;
        let shape = self.deeper(ty, way);
        self.depth -= 1;
        shape
    }

    fn deeper(&mut self, ty: &Type, way: Way) -> Result<Shape, Unspeakable> {
        Ok(match ty {
            Type::Bool => Shape::Bool,
            Type::S8 => Shape::Integer(Integer::S8),
            Type::U8 => Shape::Integer(Integer::U8),
            Type::S16 => Shape::Integer(Integer::S16),
            Type::U16 => Shape::Integer(Integer::U16),
            Type::S32 => Shape::Integer(Integer::S32),
            Type::U32 => Shape::Integer(Integer::U32),
            Type::S64 => Shape::Integer(Integer::S64),
            Type::U64 => Shape::Integer(Integer::U64),
            Type::Float32 => Shape::Float32,
            Type::Float64 => Shape::Float64,
            Type::Char => Shape::Char,
            Type::String => Shape::String,
            Type::List(list) => Shape::List(Box::new(self.shape(&list.ty(), way)?)),
            Type::Tuple(tuple) => {
                let types = tuple.types().map(|ty| self.shape(&ty, way));
                Shape::Tuple(types.collect::<Result<_, _>>()?)
            }
            Type::Record(record) => {
                let fields = record.fields().map(|field| self.field(field.name, &field.ty, way));
                Shape::Record(fields.collect::<Result<_, _>>()?)
            }
            Type::Variant(variant) => {
                let cases = variant.cases().map(|case| self.case(case.name, case.ty, way));
                Shape::Variant(cases.collect::<Result<_, _>>()?)
            }
            Type::Enum(names) => Shape::Enum(self.names(names.names())?),
            Type::Option(option) => Shape::Option(Box::new(self.shape(&option.ty(), way)?)),
            Type::Result(result) => {
                let mut side =
                    |ty: Option<Type>| ty.map(|ty| self.shape(&ty, way).map(Box::new)).transpose();
                Shape::Result { ok: side(result.ok())?, err: side(result.err())? }
            }
            Type::Flags(flags) => Shape::Flags(self.names(flags.names())?),
            Type::Own(resource) => Shape::Resource(self.resource(*resource, false, way)?),
            Type::Borrow(resource) => Shape::Resource(self.resource(*resource, true, way)?),
            // The engine refuses components with these; they need features that are off.
            Type::Map(_) => return Err(Unspeakable::Type("map")),
            Type::FixedLengthList(_) => return Err(Unspeakable::Type("list of fixed length")),
            Type::Future(_) => return Err(Unspeakable::Type("future")),
            Type::Stream(_) => return Err(Unspeakable::Type("stream")),
            Type::ErrorContext => return Err(Unspeakable::Type("error context")),
        })
    }

    fn field(&mut self, name: &str, ty: &Type, way: Way) -> Result<Field, Unspeakable> {
        Ok(Field { name: self.name(name)?, shape: self.shape(ty, way)? })
    }

    fn case(&mut self, name: &str, ty: Option<Type>, way: Way) -> Result<Case, Unspeakable> {
        let shape = ty.map(|ty| self.shape(&ty, way)).transpose()?;
        Ok(Case { name: self.name(name)?, shape })
    }

    fn resource(
        &mut self,
        ty: ResourceType,
        borrowed: bool,
        way: Way,
    ) -> Result<Resource, Unspeakable> {
        let resources = self.resources;
        let name = self.name(resources.name(ty))?;
        if way == Way::Returned {
            return Ok(Resource { name, borrowed, constructor: None });
        }
        if self.making.contains(&ty) {
            return Err(Unspeakable::Circle(name));
        }
        let Some((_, func, index)) = resources.constructors.iter().find(|(made, ..)| *made == ty)
        else {
            return Err(Unspeakable::NoConstructor(name));
        };
        self.making.push(ty);
        let signature = self.signature(func)?;
        self.making.pop();
        let constructor = Constructor {
            index: *index,
            params: signature.params,
            result: signature.result.ok_or_else(|| Unspeakable::NoConstructor(name.clone()))?,
        };
        Ok(Resource { name, borrowed, constructor: Some(Box::new(constructor)) })
    }

    fn names<'a>(
        &mut self,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<String>, Unspeakable> {
        names.map(|name| self.name(name)).collect()
    }

    fn name(&mut self, name: &str) -> Result<String, Unspeakable> {
        self.spend(name.len())?;
        Ok(name.to_owned())
    }

    fn spend(&mut self, length: usize) -> Result<(), Unspeakable> {
        let cost = WORD + length;
        self.left = self.left.checked_sub(cost).ok_or(Unspeakable::TooLong)?;
        Ok(())
    }
}
