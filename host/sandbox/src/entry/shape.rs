//! WIT types whose values JSON can express.

use wasmtime::component::ComponentExportIndex;

/// A WIT type whose values can be written in JSON.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Bool,
    Integer(Integer),
    Float32,
    Float64,
    Char,
    String,
    List(Box<Self>),
    Tuple(Vec<Self>),
    Record(Vec<Field>),
    Variant(Vec<Case>),
    Enum(Vec<String>),
    Option(Box<Self>),
    Result { ok: Option<Box<Self>>, err: Option<Box<Self>> },
    Flags(Vec<String>),
    Resource(Resource),
}

/// The kinds of whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Integer {
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
}

/// A field of a record, or a parameter.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) shape: Shape,
}

/// A case of a variant.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) shape: Option<Shape>,
}

/// A handle on a resource.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) name: String,
    pub(crate) borrowed: bool,
    /// What makes one; none where none is ever made, in results.
    pub(crate) constructor: Option<Box<Constructor>>,
}

/// A function that makes a resource out of what JSON can express.
#[derive(Debug, Clone)]
pub(crate) struct Constructor {
    pub(crate) index: ComponentExportIndex,
    pub(crate) params: Vec<Field>,
    /// What it returns: the resource, or a result with it.
    pub(crate) result: Shape,
}

impl Shape {
    /// Whether a value may be JSON's null, so that an option around it needs
    /// another sign for none.
    pub(crate) fn is_option(&self) -> bool {
        matches!(self, Self::Option(_))
    }

    /// The type of a result's error.
    pub(crate) fn err(&self) -> Option<&Self> {
        match self {
            Self::Result { err, .. } => err.as_deref(),
            _ => None,
        }
    }
}
