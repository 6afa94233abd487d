//! From WIT values to JSON, exactly and within a bound: the values are a guest's.

use horarium_core::text;
use wasmtime::component::{ResourceAny, Val};

use super::shape::Shape;

/// JSON text that is not longer than it may be, and the resources that were found
/// on the way: they can't leave, and have yet to be dropped.
pub(crate) struct Output {
    text: String,
    pub(crate) longest: usize,
    pub(crate) resources: Vec<ResourceAny>,
}

/// Why a value does not become JSON.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unwritten {
    /// It has become as long as it may be. What is there is its beginning.
    TooLong,
    /// It is not of its type.
    Mismatch,
}

impl Output {
    pub(crate) fn new(longest: usize) -> Self {
        Self { text: String::new(), longest, resources: Vec::new() }
    }

    /// What was written.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// Writes a value of this type.
    pub(crate) fn value(&mut self, shape: &Shape, value: &Val) -> Result<(), Unwritten> {
        match (shape, value) {
            (Shape::Bool, Val::Bool(value)) => self.put(if *value { "true" } else { "false" }),
            (Shape::Integer(_), number) => self.integer(number),
            (Shape::Float32, Val::Float32(value)) => self.float(*value, f64::from(*value)),
            (Shape::Float64, Val::Float64(value)) => self.float(*value, *value),
            (Shape::Char, Val::Char(value)) => self.string(value.encode_utf8(&mut [0; 4])),
            (Shape::String, Val::String(value)) => self.string(value),
            (Shape::List(item), Val::List(values)) => {
                self.list(values.iter().map(|value| (&**item, value)))
            }
            (Shape::Tuple(shapes), Val::Tuple(values)) => self.list(shapes.iter().zip(values)),
            (Shape::Record(shapes), Val::Record(fields)) => {
                self.put("{")?;
                for (n, (field, (name, value))) in shapes.iter().zip(fields).enumerate() {
                    self.comma(n)?;
                    self.key(name)?;
                    self.value(&field.shape, value)?;
                }
                self.put("}")
            }
            (Shape::Variant(cases), Val::Variant(name, payload)) => {
                let case = cases.iter().find(|case| case.name == *name);
                self.case(name, case.and_then(|case| case.shape.as_ref()), payload.as_deref())
            }
            (Shape::Enum(_), Val::Enum(name)) => self.string(name),
            (Shape::Option(_), Val::Option(None)) => self.put("null"),
            (Shape::Option(inner), Val::Option(Some(value))) if inner.is_option() => {
                self.case("some", Some(inner), Some(value))
            }
            (Shape::Option(inner), Val::Option(Some(value))) => self.value(inner, value),
            (Shape::Result { ok, .. }, Val::Result(Ok(value))) => {
                self.case("ok", ok.as_deref(), value.as_deref())
            }
            (Shape::Result { err, .. }, Val::Result(Err(value))) => {
                self.case("err", err.as_deref(), value.as_deref())
            }
            (Shape::Flags(_), Val::Flags(names)) => {
                self.put("[")?;
                for (n, name) in names.iter().enumerate() {
                    self.comma(n)?;
                    self.string(name)?;
                }
                self.put("]")
            }
            (Shape::Resource(resource), Val::Resource(handle)) => {
                self.resources.push(*handle);
                self.put("{")?;
                self.key("resource")?;
                self.string(&resource.name)?;
                self.put("}")
            }
            _ => Err(Unwritten::Mismatch),
        }
    }

    fn integer(&mut self, number: &Val) -> Result<(), Unwritten> {
        let digits = match number {
            Val::S8(number) => number.to_string(),
            Val::U8(number) => number.to_string(),
            Val::S16(number) => number.to_string(),
            Val::U16(number) => number.to_string(),
            Val::S32(number) => number.to_string(),
            Val::U32(number) => number.to_string(),
            Val::S64(number) => number.to_string(),
            Val::U64(number) => number.to_string(),
            _ => return Err(Unwritten::Mismatch),
        };
        self.put(&digits)
    }

    /// The shortest digits that mean this very number.
    fn float<T: serde::Serialize>(&mut self, number: T, wide: f64) -> Result<(), Unwritten> {
        if wide.is_nan() {
            return self.string("nan");
        }
        if wide.is_infinite() {
            return self.string(if wide > 0.0 { "inf" } else { "-inf" });
        }
        self.json(&number)
    }

    fn string(&mut self, text: &str) -> Result<(), Unwritten> {
        if text.len() > self.room() {
            // Without a second copy of it, six times as long where all is escaped.
            self.put("\"")?;
            return self.put(text);
        }
        self.json(&text)
    }

    fn json<T: serde::Serialize>(&mut self, value: &T) -> Result<(), Unwritten> {
        let text = serde_json::to_string(value).map_err(|_| Unwritten::Mismatch)?;
        self.put(&text)
    }

    fn list<'a>(
        &mut self,
        items: impl Iterator<Item = (&'a Shape, &'a Val)>,
    ) -> Result<(), Unwritten> {
        self.put("[")?;
        for (n, (shape, value)) in items.enumerate() {
            self.comma(n)?;
            self.value(shape, value)?;
        }
        self.put("]")
    }

    fn case(
        &mut self,
        name: &str,
        shape: Option<&Shape>,
        payload: Option<&Val>,
    ) -> Result<(), Unwritten> {
        match (shape, payload) {
            (None, None) => self.string(name),
            (Some(shape), Some(payload)) => {
                self.put("{")?;
                self.key(name)?;
                self.value(shape, payload)?;
                self.put("}")
            }
            _ => Err(Unwritten::Mismatch),
        }
    }

    fn key(&mut self, name: &str) -> Result<(), Unwritten> {
        self.string(name)?;
        self.put(":")
    }

    fn comma(&mut self, n: usize) -> Result<(), Unwritten> {
        if n > 0 { self.put(",") } else { Ok(()) }
    }

    fn put(&mut self, text: &str) -> Result<(), Unwritten> {
        let room = self.room();
        if text.len() <= room {
            self.text.push_str(text);
            return Ok(());
        }
        self.text.push_str(text::beginning(text, room));
        Err(Unwritten::TooLong)
    }

    fn room(&self) -> usize {
        self.longest.saturating_sub(self.text.len())
    }
}
