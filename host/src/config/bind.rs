//! A task and its plugin, joined.

use horarium_core::{
    function::{FunctionKind, TaskFunction},
    grants::Stdin,
    instance::InstancePolicy,
    limits::{Caps, Limits},
    rules::Rules,
    schedule::Schedule,
    task::TaskSpec,
    text::escape,
};
use jsonschema::PatternOptions;
use serde_json::Value;

use super::{
    check::{ScheduleDraft, TaskDraft},
    complexity::{self, Author},
    problem::Problem,
    suggestions::{self, Suggestions},
    table::meant,
};

/// The largest pattern of a schema, compiled, in bytes.
const PATTERN: usize = 256 << 10;

/// A task that can run, and what is wrong with it all the same.
pub(crate) struct Bound {
    /// The task; none where it is not even clear what or when to run.
    pub(crate) spec: Option<TaskSpec>,
    /// What keeps it from being sound.
    pub(crate) problems: Vec<Problem>,
}

/// Joins a task with its plugin's functions; `None` where the plugin is not there.
///
/// A task that names its function and its schedule runs even where something else
/// is wrong: each of its runs then fails, and says why in the history. A task
/// with a single run waits until all is well instead.
pub(crate) fn bind(draft: &TaskDraft, functions: Option<&[TaskFunction]>, caps: &Caps) -> Bound {
    let mut problems = Vec::new();
    let function = choose(draft, functions, &mut problems);
    let known = function
        .as_deref()
        .zip(functions)
        .and_then(|(name, functions)| functions.iter().find(|function| function.is_called(name)));
    let suggestions = match known.map_or_else(|| Ok(Suggestions::default()), suggestions::of) {
        Ok(suggestions) => suggestions,
        Err(wrong) => {
            let message = "its plugin suggests what makes no sense";
            problems.push(draft.plugin.problem(message, Some(wrong.to_json().to_string())));
            Suggestions::default()
        }
    };
    let misfit = known.is_some_and(|known| !args_fit(draft, known, &mut problems));
    problems.extend(known.and_then(|known| not_kept(draft, known)));
    let schedule = match &draft.schedule {
        ScheduleDraft::Said(schedule) => Some(schedule.clone()),
        ScheduleDraft::Unsaid => suggestions.schedule,
        ScheduleDraft::Wrong => None,
    };
    // A run that can't succeed would be the only one there ever is.
    let wasted =
        (known.is_none() || misfit) && matches!(schedule, Some(Schedule::Once | Schedule::At(_)));
    if schedule.is_none() && known.is_some() && matches!(draft.schedule, ScheduleDraft::Unsaid) {
        let help = "add `schedule = { every = \"1h\" }` or another one; its plugin suggests none";
        problems.push(draft.name.problem("it says nowhere when it is due", Some(help.to_owned())));
    }
    let spec = function.zip(schedule).filter(|_| !wasted).map(|(function, schedule)| TaskSpec {
        name: draft.name.value.clone(),
        plugin: draft.plugin.value.clone(),
        function,
        args: draft.args.as_ref().map_or_else(|| "null".to_owned(), |args| args.value.to_string()),
        schedule,
        rules: Rules { retry: draft.retry.or(suggestions.retry).resolve(), ..draft.rules },
        // Its author asks for less than everybody has, or the operator has to.
        limits: draft.limits.or(suggestions.limits.at_most(&Limits::DEFAULT)).resolve(caps),
        instance: draft.instance,
        grants: draft.grants.clone(),
    });
    Bound { spec, problems }
}

/// Which function is meant.
fn choose(
    draft: &TaskDraft,
    functions: Option<&[TaskFunction]>,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    let plugin = &draft.plugin;
    let Some(functions) = functions else {
        let help = format!("put `{}.wasm` into the plugin directory", plugin.value);
        let message = format!("there is no usable plugin `{}`", plugin.value);
        problems.push(plugin.problem(message, Some(help)));
        return draft.function.as_ref().map(|given| given.value.clone());
    };
    let names: Vec<_> = functions.iter().map(TaskFunction::short_name).collect();
    match (&draft.function, functions) {
        (Some(given), functions) => {
            if !functions.iter().any(|function| function.is_called(&given.value)) {
                let message =
                    format!("plugin `{}` has no task function `{}`", plugin.value, given.value);
                problems.push(given.problem(message, Some(meant(&given.value, &names))));
            }
            Some(given.value.clone())
        }
        (None, [only]) => Some(only.name.clone()),
        (None, _) => {
            let message = format!("plugin `{}` has several task functions", plugin.value);
            let list: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            let help = format!("add `function = …`, one of {}", list.join(", "));
            problems.push(draft.name.problem(message, Some(help)));
            None
        }
    }
}

/// Why an instance can't serve several runs of this task, where it is asked to.
fn not_kept(draft: &TaskDraft, function: &TaskFunction) -> Option<Problem> {
    if draft.instance == InstancePolicy::Fresh {
        return None;
    }
    let message = if function.kind == FunctionKind::Command {
        "a program is made to run once: its instance can't be kept"
    } else if draft.grants.stdin != Stdin::Empty {
        "standard input is read once: an instance that has read it can't be kept"
    } else {
        return None;
    };
    Some(draft.name.problem(message, Some("write `instance = \"fresh\"`".to_owned())))
}

fn args_fit(draft: &TaskDraft, function: &TaskFunction, problems: &mut Vec<Problem>) -> bool {
    let args = draft.args.as_ref().map_or(&Value::Null, |args| &args.value);
    let misfits = misfits(function, args);
    let fit = misfits.is_empty();
    for misfit in misfits {
        let help = format!("`horarium inspect` shows what `{}` takes", function.name);
        problems.push(match &draft.args {
            Some(at) => at.problem(misfit, Some(help)),
            None => draft.name.problem(format!("its arguments are missing: {misfit}"), Some(help)),
        });
    }
    fit
}

/// Where arguments don't fit a function's schema.
pub(crate) fn misfits(function: &TaskFunction, args: &Value) -> Vec<String> {
    let Some(schema) = &function.args_schema else {
        return match args {
            Value::Null => Vec::new(),
            _ => vec![format!("`{}` takes no arguments", function.name)],
        };
    };
    if function.kind == FunctionKind::Command && !(args.is_array() || args.is_null()) {
        return vec!["a program takes a list of arguments, such as `[\"-v\", 3]`".to_owned()];
    }
    // What can't be checked in time is left to the plugin, which reads its own
    // arguments anyway.
    let schema = schema.value();
    let author = match function.kind {
        FunctionKind::Task => Author::Plugin,
        FunctionKind::Command | FunctionKind::Export => Author::Host,
    };
    if !complexity::is_bounded(&schema, author) {
        return Vec::new();
    }
    // Patterns come from the plugin: only such as match in linear time.
    let patterns = PatternOptions::regex().size_limit(PATTERN).dfa_size_limit(PATTERN);
    let options = jsonschema::options().with_pattern_options(patterns);
    let validator = match options.build(&schema) {
        Ok(validator) => validator,
        Err(reason) => {
            let reason = escape(&reason.to_string());
            return vec![format!("the schema of `{}` can't be used: {reason}", function.name)];
        }
    };
    // A function whose every argument may be left out takes none as well.
    let empty = Value::Object(serde_json::Map::new());
    if args.is_null() && !validator.is_valid(args) && validator.is_valid(&empty) {
        return Vec::new();
    }
    let errors = validator.iter_errors(args).take(10);
    errors
        .map(|error| match error.instance_path().as_str() {
            "" => escape(&error.to_string()),
            path => escape(&format!("at {path}: {error}")),
        })
        .collect()
}
