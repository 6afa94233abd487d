//! Asking a plugin for its task functions.

use std::{collections::HashSet, sync::Arc, time::Duration};

use horarium_core::{
    attempt::{Observer, Progress},
    function::{FunctionKind, TaskFunction},
    grants::Grants,
    json::Json,
    limits::{Bounds, Fuel, Limits},
    log::LogLine,
    verdict::Verdict,
};

use wasmtime::Store;

use crate::{
    attempt,
    bindings::{PluginPre, horarium::task::types},
    capability::{checkpoint::Saves, state::Buckets, tasks::Starts},
    capture::Capture,
    end::End,
    entry::{FUNCTIONS, Linked, guest},
    error::LoadError,
    restart::Decider,
    state::{Own, State},
};

/// What a plugin may use to say what it holds. It has nothing to compute.
const LIMITS: Limits = Limits {
    timeout: Duration::from_secs(5),
    fuel: Fuel::Limited(1_000_000_000),
    memory: 64 << 20,
    log: 0,
    output: 4 << 20,
    bounds: Bounds::DEFAULT,
};

/// The longest name of a function, in characters.
const NAME: usize = 64;

/// The longest schema of a function's arguments, in bytes.
const SCHEMA: usize = 64 << 10;

/// The longest suggested defaults, in bytes.
const DEFAULTS: usize = 4 << 10;

/// The longest summary, in bytes; what is beyond is cut.
const SUMMARY: usize = 512;

/// A plugin's own description of itself, checked.
pub(crate) async fn functions(linked: &Linked) -> Result<Vec<TaskFunction>, LoadError> {
    let mut functions = match linked {
        Linked::Guest(pre) => named(linked, pre).await?,
        // Nobody has to be asked what stands in a component's types.
        Linked::Exports { exports, .. } => exports.functions(),
    };
    if let Some(decider) = Decider::of(linked)? {
        let named = asked(linked, async |store| decider.functions(store).await).await?;
        mark(&mut functions, &named)?;
    }
    Ok(functions)
}

/// Those that a plugin names itself.
async fn named(linked: &Linked, pre: &PluginPre<State>) -> Result<Vec<TaskFunction>, LoadError> {
    check(asked(linked, async |store| guest::functions(pre, store).await).await?)
}

/// Marks those functions whose plugin decides about their restarts.
fn mark(functions: &mut [TaskFunction], named: &[String]) -> Result<(), LoadError> {
    if named.len() > FUNCTIONS {
        let count = named.len();
        return Err(LoadError::Functions(format!(
            "named {count} that it decides for where a plugin has at most {FUNCTIONS}"
        )));
    }
    for name in named {
        match functions.iter_mut().find(|function| function.is_called(name)) {
            Some(function) => function.decides = true,
            None => {
                let shown = horarium_core::text::shown(name, 4 * NAME);
                return Err(problem(&shown, "is decided for by `on-failure`, and is not there"));
            }
        }
    }
    Ok(())
}

/// Has a plugin answer a question about itself.
async fn asked<T>(
    linked: &Linked,
    ask: impl AsyncFnOnce(&mut Store<State>) -> wasmtime::Result<T>,
) -> Result<T, LoadError> {
    let own = Own {
        capture: Capture::new(Arc::new(Nobody), 0, 1),
        saves: Saves::none(),
        buckets: Buckets::none(),
        starts: Starts::none(),
    };
    let store = attempt::apart(linked.engine(), &Grants::default(), own, &LIMITS).await;
    let mut store = store.map_err(LoadError::Functions)?;
    let mut answer = None;
    let call = async {
        answer = Some(ask(&mut store).await?);
        Ok(Ok(None))
    };
    let end = attempt::bounded(call, LIMITS.timeout, Box::pin(std::future::pending())).await;
    match (end, answer) {
        (End::Returned(_), Some(answer)) => Ok(answer),
        (end, _) => {
            let verdict = end.verdict(store.data(), &LIMITS);
            if let Verdict::TimedOut { limit } = verdict {
                return Err(LoadError::Slow { limit });
            }
            let reason = verdict.error().unwrap_or_else(|| "gave no answer".to_owned());
            Err(LoadError::Functions(format!("ended with {}: {reason}", verdict.kind())))
        }
    }
}

fn check(functions: Vec<types::TaskFunction>) -> Result<Vec<TaskFunction>, LoadError> {
    if functions.is_empty() {
        return Err(LoadError::NoFunctions);
    }
    if functions.len() > FUNCTIONS {
        return Err(LoadError::Functions(format!(
            "named {} where a plugin has at most {FUNCTIONS}",
            functions.len()
        )));
    }
    let mut names = HashSet::new();
    functions
        .into_iter()
        .map(|function| {
            let function = checked(function)?;
            if !names.insert(function.name.clone()) {
                return Err(problem(&function.name, "is there twice"));
            }
            Ok(function)
        })
        .collect()
}

fn checked(function: types::TaskFunction) -> Result<TaskFunction, LoadError> {
    let name = horarium_core::text::escape(&function.name);
    if name.is_empty() || name != function.name || name.chars().count() > NAME {
        let shown = horarium_core::text::beginning(&name, 4 * NAME);
        return Err(problem(
            shown,
            &format!("needs a name of 1 to {NAME} characters that can be shown"),
        ));
    }
    let json = |what: &str, text: Option<String>, longest: usize| {
        if let Some(length) = text.as_ref().map(String::len).filter(|length| *length > longest) {
            let problem = format!("has {what} of {length} bytes; at most {longest} are read");
            return Err(self::problem(&name, &problem));
        }
        text.map(|text| serde_json::from_str::<serde_json::Value>(&text))
            .transpose()
            .map_err(|reason| problem(&name, &format!("has {what} that is not JSON: {reason}")))
    };
    let args_schema = json("a schema of its arguments", function.args_schema, SCHEMA)?;
    let defaults = json("a text of suggested defaults", function.defaults, DEFAULTS)?;
    if args_schema.as_ref().is_some_and(|schema| !(schema.is_object() || schema.is_boolean())) {
        return Err(problem(&name, "has a schema that is neither an object nor a boolean"));
    }
    if defaults.as_ref().is_some_and(|defaults| !defaults.is_object()) {
        return Err(problem(&name, "has suggested defaults that are not an object"));
    }
    Ok(TaskFunction {
        summary: horarium_core::text::shown(&function.summary, SUMMARY),
        name,
        alias: None,
        kind: FunctionKind::Task,
        args_schema: args_schema.map(Json::from),
        defaults,
        decides: false,
    })
}

fn problem(function: &str, problem: &str) -> LoadError {
    LoadError::Function { function: function.to_owned(), problem: problem.to_owned() }
}

/// What a plugin logs while it describes itself is nobody's.
struct Nobody;

impl Observer for Nobody {
    fn log(&self, _line: LogLine) {}

    fn progress(&self, _progress: Progress) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str) -> types::TaskFunction {
        types::TaskFunction {
            name: name.to_owned(),
            summary: String::new(),
            args_schema: None,
            defaults: None,
        }
    }

    #[test]
    fn lies_are_refused_with_their_place() {
        let lie = |function| check(vec![function]).unwrap_err().to_string();
        assert!(lie(function("")).contains("needs a name"));
        assert!(lie(function("a\u{1b}[0m")).contains("needs a name"));
        assert!(lie(function(&"a".repeat(65))).contains("needs a name"));
        let mut odd = function("odd");
        odd.args_schema = Some("{".to_owned());
        assert!(lie(odd.clone()).contains("\"odd\""));
        odd.args_schema = Some("3".to_owned());
        assert!(lie(odd.clone()).contains("neither an object nor a boolean"));
        odd.args_schema = None;
        odd.defaults = Some("[]".to_owned());
        assert!(lie(odd).contains("not an object"));
        assert!(matches!(check(vec![]), Err(LoadError::NoFunctions)));
        let twice = check(vec![function("a"), function("a")]).unwrap_err();
        assert!(twice.to_string().contains("twice"));
        let mut known = check(vec![function("a"), function("b")]).unwrap();
        mark(&mut known, &["b".to_owned()]).unwrap();
        assert_eq!([known[0].decides, known[1].decides], [false, true]);
        let lie = mark(&mut known, &["a\u{1b}".to_owned()]).unwrap_err().to_string();
        assert!(lie.contains("decided for by `on-failure`, and is not there"), "{lie}");
        let lie = mark(&mut known, &vec!["a".to_owned(); 10_000]).unwrap_err().to_string();
        assert!(lie.contains("10000 that it decides for"), "{lie}");
        let many = (0..10_000).map(|n| function(&n.to_string())).collect();
        assert!(check(many).unwrap_err().to_string().contains("10000"));
    }
}
