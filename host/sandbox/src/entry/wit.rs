//! Signatures as WIT writes them, except that every type stands where it is used:
//! names of types say nothing to whoever has to write a value.

use std::fmt::{self, Display, Formatter};

use super::{
    shape::{Case, Field, Integer, Resource, Shape},
    signature::Signature,
};

impl Display for Signature {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("func(")?;
        list(f, &self.params)?;
        f.write_str(")")?;
        match &self.result {
            Some(result) => write!(f, " -> {result}"),
            None => Ok(()),
        }
    }
}

impl Display for Shape {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Integer(integer) => f.write_str(integer.word()),
            Self::Float32 => f.write_str("f32"),
            Self::Float64 => f.write_str("f64"),
            Self::Char => f.write_str("char"),
            Self::String => f.write_str("string"),
            Self::List(item) => write!(f, "list<{item}>"),
            Self::Tuple(items) => around(f, "tuple<", items, ">"),
            Self::Record(fields) => around(f, "record { ", fields, " }"),
            Self::Variant(cases) => around(f, "variant { ", cases, " }"),
            Self::Enum(names) => around(f, "enum { ", names, " }"),
            Self::Flags(names) => around(f, "flags { ", names, " }"),
            Self::Option(some) => write!(f, "option<{some}>"),
            Self::Result { ok: None, err: None } => f.write_str("result"),
            Self::Result { ok: Some(ok), err: None } => write!(f, "result<{ok}>"),
            Self::Result { ok: None, err: Some(err) } => write!(f, "result<_, {err}>"),
            Self::Result { ok: Some(ok), err: Some(err) } => write!(f, "result<{ok}, {err}>"),
            Self::Resource(Resource { name, borrowed: true, .. }) => write!(f, "borrow<{name}>"),
            Self::Resource(Resource { name, borrowed: false, .. }) => f.write_str(name),
        }
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.shape)
    }
}

impl Display for Case {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.shape {
            Some(shape) => write!(f, "{}({shape})", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl Integer {
    fn word(self) -> &'static str {
        match self {
            Self::S8 => "s8",
            Self::U8 => "u8",
            Self::S16 => "s16",
            Self::U16 => "u16",
            Self::S32 => "s32",
            Self::U32 => "u32",
            Self::S64 => "s64",
            Self::U64 => "u64",
        }
    }
}

fn around<T: Display>(f: &mut Formatter<'_>, open: &str, items: &[T], end: &str) -> fmt::Result {
    f.write_str(open)?;
    list(f, items)?;
    f.write_str(end)
}

fn list<T: Display>(f: &mut Formatter<'_>, items: &[T]) -> fmt::Result {
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}
