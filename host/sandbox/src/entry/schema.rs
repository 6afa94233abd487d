//! The JSON Schema (2020-12) of a signature's arguments. It says exactly what
//! [`super::arguments`] takes, so that what is wrong is found with the configuration.

use serde_json::{Map, Value, json};

use super::{
    number::F32_MAX,
    shape::{Case, Field, Integer, Shape},
};

/// The schema of arguments by name; none where there are none.
pub(crate) fn of(params: &[Field]) -> Option<Value> {
    (!params.is_empty()).then(|| object(params))
}

/// Fields by name. One that may be none may be left out.
fn object(fields: &[Field]) -> Value {
    let properties: Map<_, _> =
        fields.iter().map(|field| (field.name.clone(), value(&field.shape))).collect();
    let required = fields.iter().filter(|field| !field.shape.is_option());
    let required: Vec<_> = required.map(|field| field.name.as_str()).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Without `anyOf` anywhere: about a value that fits none of several schemas nobody
/// could say what is wrong.
fn value(shape: &Shape) -> Value {
    match shape {
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Integer(kind) => integer(*kind),
        Shape::Float32 => {
            let mut float = value(&Shape::Float64);
            float["minimum"] = json!(-F32_MAX);
            float["maximum"] = json!(F32_MAX);
            float
        }
        // Some numbers have no digits in JSON.
        Shape::Float64 => json!({ "type": ["number", "string"], "pattern": "^(nan|-?inf)$" }),
        Shape::Char => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
        Shape::String => json!({ "type": "string" }),
        Shape::List(item) => json!({ "type": "array", "items": value(item) }),
        Shape::Tuple(items) => tuple(items),
        Shape::Record(fields) => object(fields),
        Shape::Variant(cases) => {
            one_of(cases.iter().map(|Case { name, shape }| (name.as_str(), shape.as_ref())))
        }
        Shape::Enum(names) => json!({ "enum": names }),
        // Some(none) and none must not look the same.
        Shape::Option(inner) if inner.is_option() => {
            nullable(one_of([("some", Some(&**inner))].into_iter()))
        }
        Shape::Option(inner) => nullable(value(inner)),
        Shape::Result { ok, err } => {
            one_of([("ok", ok.as_deref()), ("err", err.as_deref())].into_iter())
        }
        Shape::Flags(names) => {
            json!({ "type": "array", "items": { "enum": names }, "uniqueItems": true })
        }
        Shape::Resource(resource) => {
            let params = resource.constructor.as_ref().map(|made| made.params.as_slice());
            object(params.unwrap_or_default())
        }
    }
}

/// What a schema from here allows, or null.
fn nullable(mut schema: Value) -> Value {
    let several = match schema.get("type") {
        Some(Value::Array(types)) => Some(types.iter().cloned().chain([json!("null")]).collect()),
        Some(only) => Some(json!([only, "null"])),
        None => None,
    };
    match (several, schema.get_mut("enum")) {
        (Some(several), _) => schema["type"] = several,
        (None, Some(Value::Array(values))) => values.push(Value::Null),
        (None, _) => {}
    }
    schema
}

fn integer(kind: Integer) -> Value {
    let (minimum, maximum) = kind.range();
    match (i64::try_from(minimum), i64::try_from(maximum)) {
        (Ok(minimum), Ok(maximum)) => {
            json!({ "type": "integer", "minimum": minimum, "maximum": maximum })
        }
        // TOML has no such numbers, so there they are texts.
        _ => json!({
            "type": ["integer", "string"],
            "minimum": 0,
            "maximum": u64::MAX,
            "pattern": decimals(u64::MAX),
        }),
    }
}

/// A pattern for decimal numbers from 0 to `maximum`, without leading zeros.
fn decimals(maximum: u64) -> String {
    let digits = maximum.to_string();
    let mut numbers = vec!["0".to_owned(), format!("[1-9][0-9]{{0,{}}}", digits.len() - 2)];
    for (n, digit) in digits.char_indices() {
        let least = if n == 0 { '1' } else { '0' };
        if digit > least {
            let below = char::from_u32(u32::from(digit) - 1).unwrap_or(least);
            let rest = digits.len() - n - 1;
            numbers.push(format!("{}[{least}-{below}][0-9]{{{rest}}}", &digits[..n]));
        }
    }
    numbers.push(digits);
    format!("^({})$", numbers.join("|"))
}

fn tuple(items: &[Shape]) -> Value {
    let prefix: Vec<_> = items.iter().map(value).collect();
    json!({
        "type": "array",
        "prefixItems": prefix,
        "minItems": items.len(),
        "maxItems": items.len(),
    })
}

/// A case: its name where it has nothing else, or an object with it.
fn one_of<'a>(cases: impl Iterator<Item = (&'a str, Option<&'a Shape>)>) -> Value {
    let (mut bare, mut full) = (Vec::new(), Map::new());
    for (name, shape) in cases {
        match shape {
            Some(shape) => {
                full.insert(name.to_owned(), value(shape));
            }
            None => bare.push(name),
        }
    }
    if full.is_empty() {
        return json!({ "enum": bare });
    }
    let mut schema = json!({
        "type": ["object"],
        "properties": full,
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    });
    if !bare.is_empty() {
        schema["type"] = json!(["object", "string"]);
        schema["pattern"] = json!(format!("^({})$", bare.join("|")));
    }
    schema
}
