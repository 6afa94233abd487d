//! Programs: `wasi:cli/run`, with arguments, environment and exit code.

use horarium_core::{grants::Grants, task::TaskSpec};
use jiff::Timestamp;
use serde_json::{Value, json};
use wasmtime::{
    Store,
    component::{ComponentExportIndex, Instance},
};
use wasmtime_wasi::I32Exit;

use super::Answer;
use crate::{bindings::horarium::task::types::Context, state::State};

/// What a program is started with, beside what it is granted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Program {
    /// Its arguments, its own name first.
    pub(crate) args: Vec<String>,
    /// Variables of its environment.
    pub(crate) env: Vec<(String, String)>,
}

/// A program that ended with an exit code other than zero.
#[derive(Debug, thiserror::Error)]
#[error("exit code {0}")]
pub(crate) struct ExitCode(pub(crate) i32);

/// The JSON Schema of a program's arguments.
pub(crate) fn args_schema() -> Value {
    json!({
        "type": ["array", "null"],
        "items": { "type": ["string", "number", "boolean"] },
    })
}

impl Program {
    /// A program's arguments, and what it is told about its attempt: by variables,
    /// since it knows of nothing else. One that is granted stays as it is.
    ///
    /// # Errors
    /// Where `args` is no list of arguments.
    pub(crate) fn new(spec: &TaskSpec, context: &Context) -> Result<Self, String> {
        let mut args = vec![spec.plugin.to_string()];
        args.extend(words(&spec.args)?);
        let mut env = environment(context);
        env.retain(|(name, _)| !is_granted(&spec.grants, name));
        Ok(Self { args, env })
    }
}

fn words(args: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("a program takes a list of arguments, such as [\"-v\", 3], not {args}");
    let words = match serde_json::from_str(args) {
        Ok(Value::Array(words)) => words,
        Ok(Value::Null) => Vec::new(),
        _ => return Err(wrong()),
    };
    let word = |word| match word {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        _ => Err(wrong()),
    };
    words.into_iter().map(word).collect()
}

fn environment(context: &Context) -> Vec<(String, String)> {
    let instant = |microsecond| {
        Timestamp::from_microsecond(microsecond).unwrap_or(Timestamp::MAX).to_string()
    };
    let variables = [
        ("TASK", context.task.clone()),
        ("RUN_ID", context.run_id.clone()),
        ("ATTEMPT", context.attempt.to_string()),
        ("MAX_ATTEMPTS", context.max_attempts.to_string()),
        ("TRIGGER", context.trigger.clone()),
        ("SCHEDULED_FOR", instant(context.scheduled_for)),
        ("DEADLINE", instant(context.deadline)),
    ];
    variables.into_iter().map(|(name, value)| (format!("HORARIUM_{name}"), value)).collect()
}

fn is_granted(grants: &Grants, name: &str) -> bool {
    grants.env.variables().iter().any(|variable| variable.name == name)
}

/// Runs a program to its end. It succeeds by the exit code zero and in no other way.
pub(super) async fn run(
    instance: Instance,
    run: ComponentExportIndex,
    store: &mut Store<State>,
) -> wasmtime::Result<Answer> {
    match returned(instance, run, store).await {
        Ok(Ok(())) => Ok(Ok(None)),
        Ok(Err(())) => Err(ExitCode(1).into()),
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(0)) => Ok(Ok(None)),
            Some(I32Exit(code)) => Err(ExitCode(*code).into()),
            None => Err(error),
        },
    }
}

async fn returned(
    instance: Instance,
    run: ComponentExportIndex,
    store: &mut Store<State>,
) -> wasmtime::Result<Result<(), ()>> {
    let run = instance.get_typed_func::<(), (Result<(), ()>,)>(&mut *store, run)?;
    let (result,) = run.call_async(store, ()).await?;
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_a_list_of_words() {
        assert_eq!(words("null").unwrap(), [""; 0]);
        assert_eq!(words(r#"["-n", 3, 1.5, true, ""]"#).unwrap(), ["-n", "3", "1.5", "true", ""]);
        for wrong in [r#""-n 3""#, r#"{"n": 3}"#, r#"[["-n"]]"#, "[null]", "3"] {
            assert!(words(wrong).unwrap_err().contains("takes a list of arguments"), "{wrong}");
        }
    }
}
