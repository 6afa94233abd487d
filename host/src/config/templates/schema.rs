//! What editors hear of templates.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    super::{
        decode::{At, Decode, Source},
        problem::Problem,
        raw::RawTask,
        table::Keys,
        values::Json,
    },
    kind::Kind,
    template::OWN,
};

/// All templates. They are read with the tasks that are made of them.
#[derive(Debug, Clone)]
pub(in crate::config) struct RawTemplates;

impl Decode for RawTemplates {
    fn schema() -> Value {
        let mut template = open_to_variables(RawTask::schema());
        template["description"] = json!("What tasks have in common that extend it.");
        if let Some(keys) = template.get_mut("properties").and_then(Value::as_object_mut) {
            keys.remove("for_each");
            keys.insert("vars".to_owned(), declarations());
        }
        json!({ "type": "object", "additionalProperties": template })
    }

    fn decode(source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        Keys::open(source, key, problems).map(|_| Self)
    }
}

fn declarations() -> Value {
    let properties = json!({
        "type": { "enum": Kind::schema()["enum"], "description": "What its values are." },
        "default": {
            "description": "Its value in tasks that give it none. Without a default, each has to.",
        },
    });
    let variable =
        json!({ "type": "object", "properties": properties, "additionalProperties": false });
    json!({
        "type": "object",
        "description": "The variables that it has, `${NAME}` in its values.",
        "additionalProperties": variable,
    })
}

/// What a task says of its templates' variables. It is read where the task is made.
#[derive(Debug, Clone)]
pub(in crate::config) struct RawVars;

impl Decode for RawVars {
    fn schema() -> Value {
        BTreeMap::<String, At<Json>>::schema()
    }

    fn decode(_: &Source<'_>, _: &str, _: &mut Vec<Problem>) -> Option<Self> {
        Some(Self)
    }
}

/// What a task is made for. It is read where they are made.
#[derive(Debug, Clone)]
pub(in crate::config) struct RawForEach;

impl Decode for RawForEach {
    fn schema() -> Value {
        let names = Vec::<String>::schema();
        let values = json!({ "type": "object", "additionalProperties": RawVars::schema() });
        json!({ "anyOf": [names, values] })
    }

    fn decode(_: &Source<'_>, _: &str, _: &mut Vec<Problem>) -> Option<Self> {
        Some(Self)
    }
}

/// A schema whose every value may be a text with `${…}` in it as well.
pub(in crate::config) fn open_to_variables(mut schema: Value) -> Value {
    let keys = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (key, below) in keys.into_iter().flatten() {
        if !OWN.contains(&key.as_str()) {
            *below = or_variable(open_to_variables(below.take()));
        }
    }
    schema
}

fn or_variable(mut schema: Value) -> Value {
    const PATTERN: &str = r"\$\{";
    let variable = || json!({ "type": "string", "pattern": PATTERN });
    let kind = schema.get("type").and_then(Value::as_str).map(str::to_owned);
    let Some(object) = schema.as_object_mut() else { return schema };
    match kind.as_deref() {
        Some("string") => {}
        // Patterns are about texts alone, and all other keywords here about none.
        Some(kind) => {
            object.insert("type".to_owned(), json!([kind, "string"]));
            object.insert("pattern".to_owned(), json!(PATTERN));
        }
        None => {
            if let Some(words) = object.remove("enum") {
                object.insert("anyOf".to_owned(), json!([{ "enum": words }, variable()]));
            } else if let Some(others) = object.get_mut("anyOf").and_then(Value::as_array_mut) {
                others.push(variable());
            }
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_valid(text: &str) -> bool {
        let value: Value = toml::from_str(text).unwrap();
        jsonschema::is_valid(&crate::config::schema(), &value)
    }

    #[test]
    fn an_editor_takes_variables_for_any_value() {
        let keys = [
            "timeout = '${v}'",
            "fuel = '${v}'",
            "memory = '${v}'",
            "overlap = '${v}'",
            "instance = '${v}'",
            "schedule = '${v}'",
            "schedule = { every = '${v}' }",
            "limits = { handles = '${v}' }",
            "retry = '${v}'",
            "args = ['${v}', { a = 1 }]",
            "grants = { tcp = '${v}', state = { keys = '${v}' } }",
        ];
        for key in keys {
            assert!(is_valid(&format!("[template.t]\n{key}\n")), "{key}");
            assert!(is_valid(&format!("[task.t]\n{key}\n")), "{key}");
        }
        for text in [
            "template.t = { extends = 'u', vars = { v = { type = 'integer', default = 3 } } }",
            "task.t = { extends = 'u', vars = { v = 3, w = [] }, for_each = ['a'] }",
            "task.t = { for_each = { a = { v = 3 }, b = {} } }",
        ] {
            assert!(is_valid(text), "{text}");
        }
        for text in [
            "template.t = { for_each = ['a'] }",
            "template.t = { vars = { v = { type = 'number' } } }",
            "template.t = { vars = { v = 3 } }",
            "task.t = { overlap = 'sometimes' }",
            "task.t = { fuel = 'lots' }",
            "task.t = { limits = { handles = 'v' } }",
            "task.t = { for_each = 'a' }",
        ] {
            assert!(!is_valid(text), "{text}");
        }
    }
}
