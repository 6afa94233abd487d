//! From JSON to WIT values, exactly: what does not fit is refused, with its place.

use std::{
    collections::HashSet,
    fmt::{self, Display, Formatter},
    vec,
};

use serde_json::{Map, Value};
use wasmtime::component::{ResourceAny, Val};

use super::{
    number::{float32, float64, integer},
    shape::{Case, Field, Resource, Shape},
};

/// Arguments by name.
///
/// # Errors
/// Where they don't fit.
pub(crate) fn values<'a>(
    params: &'a [Field],
    args: &'a Value,
    handles: &mut Handles<'a>,
) -> Result<Vec<Val>, Misfit> {
    let given = match args {
        Value::Object(given) => Some(given),
        // Nothing at all means that there is nothing to say.
        Value::Null => None,
        _ => return misfit("arguments are an object, by name"),
    };
    let fields = fields(params, given, handles)?;
    Ok(fields.into_iter().map(|(_, value)| value).collect())
}

/// What to do where a resource is wanted.
pub(crate) enum Handles<'a> {
    /// Take note of it and of what it is to be made of; what takes its place is of
    /// no use.
    Wanted(Vec<(&'a Resource, &'a Value)>),
    /// Take the next one that was made, in the order in which they were wanted.
    Made(vec::IntoIter<ResourceAny>),
}

/// What does not fit, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    path: String,
    problem: String,
}

impl Display for Misfit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "at {}: ", self.path)?;
        }
        f.write_str(&self.problem)
    }
}

pub(super) fn misfit<T>(problem: impl Into<String>) -> Result<T, Misfit> {
    Err(Misfit { path: String::new(), problem: problem.into() })
}

/// Says that whatever does not fit lies below this.
fn below(place: impl Display) -> impl FnOnce(Misfit) -> Misfit {
    move |misfit| Misfit { path: format!("/{place}{}", misfit.path), ..misfit }
}

fn value<'a>(shape: &'a Shape, json: &'a Value, handles: &mut Handles<'a>) -> Result<Val, Misfit> {
    match (shape, json) {
        (Shape::Bool, Value::Bool(value)) => Ok(Val::Bool(*value)),
        (Shape::Bool, _) => wanted("true or false", json),
        (Shape::Integer(kind), _) => integer(*kind, json),
        (Shape::Float32, _) => float32(json),
        (Shape::Float64, _) => float64(json),
        (Shape::Char, Value::String(text)) => {
            let mut characters = text.chars();
            match (characters.next(), characters.next()) {
                (Some(character), None) => Ok(Val::Char(character)),
                _ => wanted("a text of one character", json),
            }
        }
        (Shape::Char, _) => wanted("a text of one character", json),
        (Shape::String, Value::String(text)) => Ok(Val::String(text.clone())),
        (Shape::String, _) => wanted("a text", json),
        (Shape::List(item), Value::Array(items)) => {
            Ok(Val::List(list(items.iter().map(|json| (&**item, json)), handles)?))
        }
        (Shape::List(_), _) => wanted("a list", json),
        (Shape::Tuple(shapes), Value::Array(items)) if items.len() == shapes.len() => {
            Ok(Val::Tuple(list(shapes.iter().zip(items), handles)?))
        }
        (Shape::Tuple(shapes), _) => wanted(&format!("a list of {}", shapes.len()), json),
        (Shape::Record(shapes), Value::Object(given)) => {
            Ok(Val::Record(fields(shapes, Some(given), handles)?))
        }
        (Shape::Record(_), _) => wanted("an object", json),
        (Shape::Variant(cases), _) => {
            let cases = cases.iter().map(|Case { name, shape }| (name.as_str(), shape.as_ref()));
            let (name, payload) = case(cases, json, handles)?;
            Ok(Val::Variant(name.to_owned(), payload))
        }
        (Shape::Enum(names), Value::String(text)) if names.contains(text) => {
            Ok(Val::Enum(text.clone()))
        }
        (Shape::Enum(names), _) => wanted(&format!("one of {}", names.join(", ")), json),
        (Shape::Option(_), Value::Null) => Ok(Val::Option(None)),
        (Shape::Option(inner), _) if inner.is_option() => {
            let (_, payload) = case([("some", Some(&**inner))].into_iter(), json, handles)?;
            Ok(Val::Option(payload))
        }
        (Shape::Option(inner), _) => Ok(Val::Option(Some(Box::new(value(inner, json, handles)?)))),
        (Shape::Result { ok, err }, _) => {
            let cases = [("ok", ok.as_deref()), ("err", err.as_deref())].into_iter();
            let (name, payload) = case(cases, json, handles)?;
            Ok(Val::Result(if name == "ok" { Ok(payload) } else { Err(payload) }))
        }
        (Shape::Flags(names), Value::Array(items)) => flags(names, items),
        (Shape::Flags(_), _) => wanted("a list of names", json),
        (Shape::Resource(resource), _) => self::resource(resource, json, handles),
    }
}

pub(super) fn wanted<T>(what: &str, json: &Value) -> Result<T, Misfit> {
    const SHOWN: usize = 80;
    let given = json.to_string();
    let shown = horarium_core::text::beginning(&given, SHOWN);
    let more = if shown.len() < given.len() { "…" } else { "" };
    misfit(format!("this wants {what}, not {shown}{more}"))
}

fn list<'a>(
    items: impl Iterator<Item = (&'a Shape, &'a Value)>,
    handles: &mut Handles<'a>,
) -> Result<Vec<Val>, Misfit> {
    items
        .enumerate()
        .map(|(n, (shape, json))| value(shape, json, handles).map_err(below(n)))
        .collect()
}

fn fields<'a>(
    shapes: &'a [Field],
    given: Option<&'a Map<String, Value>>,
    handles: &mut Handles<'a>,
) -> Result<Vec<(String, Val)>, Misfit> {
    static NULL: Value = Value::Null;
    let is_known = |name: &&String| shapes.iter().any(|field| field.name == **name);
    if let Some(unknown) = given.iter().flat_map(|given| given.keys()).find(|name| !is_known(name))
    {
        return misfit(format!("there is no `{unknown}`"));
    }
    let field = |Field { name, shape }: &'a Field| {
        let json = match given.and_then(|given| given.get(name)) {
            Some(json) => json,
            None if shape.is_option() => &NULL,
            None => return misfit(format!("`{name}` is missing")),
        };
        Ok((name.clone(), value(shape, json, handles).map_err(below(name))?))
    };
    shapes.iter().map(field).collect()
}

/// A case: its name where it has nothing else, or an object with it.
fn case<'a, 'n>(
    mut cases: impl Iterator<Item = (&'n str, Option<&'a Shape>)> + Clone,
    json: &'a Value,
    handles: &mut Handles<'a>,
) -> Result<(&'n str, Option<Box<Val>>), Misfit> {
    let all = cases.clone();
    let (name, payload) = match json {
        Value::String(name) => (name, None),
        Value::Object(object) => match object.iter().next() {
            Some((name, payload)) if object.len() == 1 => (name, Some(payload)),
            _ => return wanted(&spelled(all), json),
        },
        _ => return wanted(&spelled(all), json),
    };
    match (cases.find(|(known, _)| known == name), payload) {
        (Some((name, None)), None) => Ok((name, None)),
        (Some((name, Some(shape))), Some(payload)) => {
            let payload = value(shape, payload, handles).map_err(below(name))?;
            Ok((name, Some(Box::new(payload))))
        }
        _ => wanted(&spelled(all), json),
    }
}

fn spelled<'n, 'a>(cases: impl Iterator<Item = (&'n str, Option<&'a Shape>)>) -> String {
    let cases = cases.map(|(name, shape)| match shape {
        Some(_) => format!("{{\"{name}\": …}}"),
        None => format!("\"{name}\""),
    });
    cases.collect::<Vec<_>>().join(" or ")
}

fn flags(names: &[String], items: &[Value]) -> Result<Val, Misfit> {
    let mut set = HashSet::new();
    for (n, item) in items.iter().enumerate() {
        match item {
            Value::String(name) if names.contains(name) => {
                if !set.insert(name) {
                    return misfit(format!("`{name}` is there twice"));
                }
            }
            _ => return wanted(&format!("one of {}", names.join(", ")), item).map_err(below(n)),
        }
    }
    Ok(Val::Flags(names.iter().filter(|name| set.contains(name)).cloned().collect()))
}

fn resource<'a>(
    resource: &'a Resource,
    json: &'a Value,
    handles: &mut Handles<'a>,
) -> Result<Val, Misfit> {
    let Some(constructor) = &resource.constructor else {
        return misfit(format!("nobody can make a `{}`", resource.name));
    };
    match handles {
        Handles::Wanted(wanted) => {
            if !json.is_object() {
                return self::wanted(&format!("what makes a `{}`, an object", resource.name), json);
            }
            // Nothing is made before all of it is known to fit.
            values(&constructor.params, json, &mut Handles::Wanted(Vec::new()))?;
            wanted.push((resource, json));
            Ok(Val::Bool(false))
        }
        Handles::Made(made) => match made.next() {
            Some(handle) => Ok(Val::Resource(handle)),
            None => misfit(format!("no `{}` was made", resource.name)),
        },
    }
}
