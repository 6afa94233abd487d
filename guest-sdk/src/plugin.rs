//! The plugin as its host sees it, for tests.
//!
//! A test of what a task *does* calls the function itself. These are for a test of
//! what `#[task]` makes of it: its published description, how its arguments are
//! decoded, and how its result reaches the host.
//!
//! ```
//! use horarium_sdk::{plugin, prelude::*};
//!
//! /// Adds one.
//! #[task(name = "increment", manual)]
//! fn add_one(number: u32) -> u32 {
//!     number + 1
//! }
//!
//! # fn main() {
//! let functions = plugin::functions();
//! let function = functions.iter().find(|f| f.name == "increment").unwrap();
//! assert_eq!(function.summary, "Adds one.");
//!
//! let context = Context::for_test("increment").build();
//! assert_eq!(plugin::run(&context, "41").unwrap().as_deref(), Some("42"));
//! assert!(plugin::run(&context, "-1").is_err());
//! # }
//! ```

use crate::{
    Context, function,
    restart::{Failed, Restart},
};

pub use crate::failure::{Failure, FailureKind};

/// What a call of a task function gives the host: its output as JSON, if it has
/// any, or a failure.
pub type Outcome = Result<Option<String>, Failure>;

/// A task function as the plugin describes it to the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The name that configurations use.
    pub name: String,
    /// The first paragraph of the function's documentation.
    pub summary: String,
    /// JSON Schema of the arguments; none where the function takes none.
    pub args_schema: Option<String>,
    /// Suggestions in the shape of a task's configuration, a JSON object.
    pub defaults: Option<String>,
}

/// Describes all task functions of the plugin, sorted by name.
///
/// # Panics
///
/// Where two task functions have the same name.
#[must_use]
pub fn functions() -> Vec<Description> {
    let describe = |function: &function::TaskFunction| Description {
        name: function.name.to_owned(),
        summary: function.summary.to_owned(),
        args_schema: function.args_schema.map(|schema| schema()),
        defaults: function.defaults.map(str::to_owned),
    };
    function::table().into_iter().map(describe).collect()
}

/// Runs the task function that `context` names, with arguments as JSON (`null`
/// for none).
///
/// # Errors
///
/// What the function itself returns, and permanent failures where the plugin has
/// no such function, where it can't read the arguments, or where its output can't
/// be written as JSON.
///
/// # Panics
///
/// Where the task function does, or where two task functions have the same name.
pub fn run(context: &Context, args: &str) -> Outcome {
    let table = function::table();
    match table.iter().find(|function| function.name == context.function()) {
        Some(function) => (function.call)(context, args),
        None => Err(Failure::permanent(format!(
            "this plugin has no task function `{}`, it has {}",
            context.function(),
            listing(&table),
        ))),
    }
}

/// The names of those that decide themselves what follows a failed attempt (`on_failure`),
/// sorted.
///
/// # Panics
///
/// As [`functions`] does.
#[must_use]
pub fn deciding() -> Vec<String> {
    let table = function::table();
    let deciding = table.iter().filter(|function| function.on_failure.is_some());
    deciding.map(|function| function.name.to_owned()).collect()
}

/// What is to follow a failed attempt of the task function that its context names.
///
/// # Panics
///
/// As [`functions`] does, and where what decides does.
#[must_use]
pub fn decide(failed: &Failed) -> Restart {
    let table = function::table();
    let function = table.iter().find(|function| function.name == failed.context().function());
    let decide = function.and_then(|function| function.on_failure);
    decide.map_or(Restart::ByPolicy, |decide| decide(failed))
}

fn listing(table: &[&function::TaskFunction]) -> String {
    if table.is_empty() {
        return "none at all".to_owned();
    }
    let names: Vec<_> = table.iter().map(|f| format!("`{}`", f.name)).collect();
    names.join(", ")
}
