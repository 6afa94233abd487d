//! A task and its plugin, joined.

use std::{cell::OnceCell, sync::Arc};

use horarium_core::{
    function::{FunctionKind, TaskFunction},
    grants::{Grants, Stdin},
    instance::InstancePolicy,
    limits::{Caps, Limits},
    rules::Rules,
    schedule::Schedule,
    task::TaskSpec,
};
use serde_json::Value;

use super::{
    args::Arguments,
    check::{ScheduleDraft, TaskDraft},
    problem::{Problem, Problems},
    suggestions::{self, Suggestions},
    table::{meant, near},
};
use crate::notify::Message;

/// The functions of a plugin, with what they say of themselves: read once for all the tasks
/// that run one of them.
pub(crate) struct Functions<'f> {
    all: &'f [TaskFunction],
    known: Vec<OnceCell<Known<'f>>>,
}

/// A function that is understood.
struct Known<'f> {
    function: &'f TaskFunction,
    suggestions: Result<Suggestions, Problems>,
    args: Arguments,
}

impl<'f> Functions<'f> {
    /// These functions, about which nothing is known yet.
    pub(crate) fn new(all: &'f [TaskFunction]) -> Self {
        Self { all, known: all.iter().map(|_| OnceCell::new()).collect() }
    }

    fn called(&self, name: &str) -> Option<&Known<'f>> {
        let place = self.all.iter().position(|function| function.is_called(name))?;
        let function = self.all.get(place)?;
        Some(self.known.get(place)?.get_or_init(|| Known {
            function,
            suggestions: suggestions::of(function),
            args: Arguments::of(function),
        }))
    }
}

/// A task that can run, and what is wrong with it all the same.
pub(crate) struct Bound {
    /// The task; none where it is not even clear what or when to run.
    pub(crate) spec: Option<TaskSpec>,
    /// What keeps it from being sound.
    pub(crate) problems: Vec<Problem>,
    /// What lets every run of it fail; none where nothing does.
    pub(crate) obstacle: Option<Obstacle>,
}

/// Why a run can't succeed, whatever its guest does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// There is no such function, or no plugin that could have it.
    Function,
    /// Its arguments don't fit. A run with others may do.
    Arguments,
}

/// The plugin of a task.
#[derive(Clone, Copy)]
pub(crate) enum Plugin<'a, 'f> {
    /// It is there, and offers this.
    Usable(&'a Functions<'f>),
    /// It is not; these files are.
    Missing { files: &'a [String] },
}

impl<'a, 'f> Plugin<'a, 'f> {
    const fn functions(self) -> Option<&'a Functions<'f>> {
        match self {
            Self::Usable(functions) => Some(functions),
            Self::Missing { .. } => None,
        }
    }
}

/// Joins a task with its plugin.
///
/// A task that names its function and its schedule runs even where something else
/// is wrong: each of its runs then fails, and says why in the history. A task
/// with a single run waits until all is well instead.
pub(crate) fn bind(draft: &TaskDraft, plugin: Plugin<'_, '_>, caps: &Caps) -> Bound {
    let mut problems = Vec::new();
    let function = choose(draft, plugin, &mut problems);
    let functions = plugin.functions();
    let known =
        function.as_deref().zip(functions).and_then(|(name, functions)| functions.called(name));
    let none = Suggestions::default();
    let suggestions = match known.map(|known| &known.suggestions) {
        None => &none,
        Some(Ok(suggestions)) => suggestions,
        Some(Err(wrong)) => {
            let message = "its plugin suggests what makes no sense";
            problems.push(draft.plugin.problem(message, Some(wrong.to_json().to_string())));
            &none
        }
    };
    let misfit = known.is_some_and(|known| !args_fit(draft, known, &mut problems));
    problems.extend(known.and_then(|known| not_for_alerts(draft, known)));
    problems.extend(known.and_then(|known| not_kept(draft, known.function)));
    let schedule = match &draft.schedule {
        ScheduleDraft::Said(schedule) => Some(schedule.clone()),
        ScheduleDraft::Unsaid => suggestions.schedule.clone(),
        ScheduleDraft::Wrong => None,
    };
    let obstacle = match (known, misfit) {
        (None, _) => Some(Obstacle::Function),
        (Some(_), true) => Some(Obstacle::Arguments),
        (Some(_), false) => None,
    };
    // A run that can't succeed would be the only one there ever is.
    let wasted = obstacle.is_some() && matches!(schedule, Some(Schedule::Once | Schedule::At(_)));
    if schedule.is_none() && known.is_some() && matches!(draft.schedule, ScheduleDraft::Unsaid) {
        let help = "add `schedule = { every = \"1h\" }` or another one; its plugin suggests none";
        problems.push(draft.name.problem("it says nowhere when it is due", Some(help.to_owned())));
    }
    let spec = function.zip(schedule).filter(|_| !wasted).map(|(function, schedule)| TaskSpec {
        name: draft.name.value.clone(),
        plugin: draft.plugin.value.clone(),
        function: function.into(),
        args: draft
            .args
            .as_ref()
            .map_or_else(|| "null".into(), |args| args.value.to_string().into()),
        schedule,
        rules: Rules { retry: draft.retry.or(suggestions.retry).resolve(), ..draft.rules },
        // Its author asks for less than everybody has, or the operator has to.
        limits: draft.limits.or(suggestions.limits.at_most(&Limits::DEFAULT)).resolve(caps),
        instance: draft.instance,
        grants: shared(&draft.grants),
    });
    Bound { spec, problems, obstacle }
}

/// What to do about a plugin that is not there, where these files are.
fn instead_of(name: &str, files: &[String]) -> String {
    let known: Vec<_> = files.iter().map(String::as_str).collect();
    if known.contains(&name) {
        return format!("`{name}.wasm` is there, and can't be used: `horarium plugins` says why");
    }
    if let Some(stem) = name.strip_suffix(".wasm").filter(|stem| !stem.is_empty()) {
        return format!("leave `.wasm` out: `plugin = \"{stem}\"`");
    }
    match near(name, &known) {
        Some(near) => {
            format!("did you mean `{near}`? Else put `{name}.wasm` into the plugin directory")
        }
        None => format!("put `{name}.wasm` into the plugin directory"),
    }
}

/// What a task is granted. Most tasks are granted nothing, and share that.
fn shared(grants: &Grants) -> Arc<Grants> {
    match *grants == Grants::default() {
        true => Grants::none(),
        false => Arc::new(grants.clone()),
    }
}

/// Which function is meant.
fn choose(draft: &TaskDraft, found: Plugin<'_, '_>, problems: &mut Vec<Problem>) -> Option<String> {
    let plugin = &draft.plugin;
    let functions = match found {
        Plugin::Usable(functions) => functions.all,
        Plugin::Missing { files } => {
            let message = format!("there is no usable plugin `{}`", plugin.value);
            let help = instead_of(plugin.value.as_str(), files);
            problems.push(plugin.problem(message, Some(help)));
            return draft.function.as_ref().map(|given| given.value.clone());
        }
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

/// Why a function can't take alerts, where they are to be its arguments.
fn not_for_alerts(draft: &TaskDraft, known: &Known<'_>) -> Option<Problem> {
    let at = draft.brings.as_ref()?;
    let misfit =
        Message::samples().iter().find_map(|alert| known.args.misfits(alert).into_iter().next())?;
    let name = &known.function.name;
    let message = format!("alerts are no arguments for `{name}`: {misfit}");
    let help =
        format!("name a task that takes an alert; `horarium inspect` shows what `{name}` takes");
    Some(at.problem(message, Some(help)))
}

fn args_fit(draft: &TaskDraft, known: &Known<'_>, problems: &mut Vec<Problem>) -> bool {
    // Whoever starts it hands it some.
    if (draft.is_started || draft.brings.is_some()) && draft.args.is_none() {
        return true;
    }
    let args = draft.args.as_ref().map_or(&Value::Null, |args| &args.value);
    let input = match &draft.schedule {
        ScheduleDraft::Said(Schedule::After(after)) => after.input.as_deref(),
        _ => None,
    };
    let mut misfits = known.args.misfits_before(args, input);
    if let Some(input) = input.filter(|input| args.get(input).is_some()) {
        misfits.push(format!("`{input}` is what its parents return (`input`)"));
    }
    let fit = misfits.is_empty();
    for misfit in misfits {
        let help = format!("`horarium inspect` shows what `{}` takes", known.function.name);
        problems.push(match &draft.args {
            Some(at) => at.problem(misfit, Some(help)),
            None => draft.name.problem(format!("its arguments are missing: {misfit}"), Some(help)),
        });
    }
    fit
}
