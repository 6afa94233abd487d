//! Numbers out of JSON, exactly.

use serde_json::Value;
use wasmtime::component::Val;

use super::{
    arguments::{Misfit, misfit, wanted},
    shape::Integer,
};

pub(super) fn integer(kind: Integer, json: &Value) -> Result<Val, Misfit> {
    let (minimum, maximum) = kind.range();
    let number = match json {
        Value::Number(number) => whole(number),
        Value::String(text) if kind == Integer::U64 => decimal(text),
        _ => None,
    };
    match number.and_then(|number| kind.value(number)) {
        Some(value) => Ok(value),
        None => wanted(&format!("a whole number from {minimum} to {maximum}"), json),
    }
}

/// A number without fraction, however it is written: `3.0` is 3 to JSON Schema, too.
fn whole(number: &serde_json::Number) -> Option<i128> {
    if let Some(number) = number.as_i64() {
        return Some(number.into());
    }
    if let Some(number) = number.as_u64() {
        return Some(number.into());
    }
    let number = number.as_f64().filter(|number| number.fract() == 0.0)?;
    format!("{number:.0}").parse().ok()
}

fn decimal(text: &str) -> Option<i128> {
    let number: u64 = text.parse().ok()?;
    // No sign, no leading zeros: one number, one text.
    (number.to_string() == text).then_some(number.into())
}

impl Integer {
    /// The least and the greatest.
    pub(crate) fn range(self) -> (i128, i128) {
        match self {
            Self::S8 => (i8::MIN.into(), i8::MAX.into()),
            Self::U8 => (0, u8::MAX.into()),
            Self::S16 => (i16::MIN.into(), i16::MAX.into()),
            Self::U16 => (0, u16::MAX.into()),
            Self::S32 => (i32::MIN.into(), i32::MAX.into()),
            Self::U32 => (0, u32::MAX.into()),
            Self::S64 => (i64::MIN.into(), i64::MAX.into()),
            Self::U64 => (0, u64::MAX.into()),
        }
    }

    /// None where it is out of range.
    fn value(self, number: i128) -> Option<Val> {
        Some(match self {
            Self::S8 => Val::S8(number.try_into().ok()?),
            Self::U8 => Val::U8(number.try_into().ok()?),
            Self::S16 => Val::S16(number.try_into().ok()?),
            Self::U16 => Val::U16(number.try_into().ok()?),
            Self::S32 => Val::S32(number.try_into().ok()?),
            Self::U32 => Val::U32(number.try_into().ok()?),
            Self::S64 => Val::S64(number.try_into().ok()?),
            Self::U64 => Val::U64(number.try_into().ok()?),
        })
    }
}

/// The greatest number whose nearest `f32` is one: a little beyond the greatest `f32`,
/// which in the fewest digits that mean it is written so.
pub(super) const F32_MAX: f64 = 3.402_823_567_797_336_6e38_f64.next_down();

/// The nearest `f32`; a number beyond all of them is none.
pub(super) fn float32(json: &Value) -> Result<Val, Misfit> {
    let number = number(json)?;
    if number.is_finite() && number.abs() > F32_MAX {
        return misfit(format!("{number} is beyond what an f32 can be"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "it was found to be in range")]
    let number = number as f32;
    Ok(Val::Float32(number))
}

pub(super) fn float64(json: &Value) -> Result<Val, Misfit> {
    number(json).map(Val::Float64)
}

/// A number, or a word for one that JSON has no digits for.
fn number(json: &Value) -> Result<f64, Misfit> {
    match json {
        Value::Number(number) => number.as_f64().map_or_else(|| wanted("a number", json), Ok),
        Value::String(text) => match text.as_str() {
            "nan" => Ok(f64::NAN),
            "inf" => Ok(f64::INFINITY),
            "-inf" => Ok(f64::NEG_INFINITY),
            _ => wanted("a number, \"nan\", \"inf\" or \"-inf\"", json),
        },
        _ => wanted("a number", json),
    }
}
