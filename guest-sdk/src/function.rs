//! The plugin's table of task functions.

use crate::{
    Context,
    plugin::Outcome,
    restart::{Failed, Restart},
};

/// A task function as `#[task]` enters it into the plugin's table.
pub struct TaskFunction {
    /// The name that configurations use.
    pub name: &'static str,
    /// The first paragraph of the function's documentation.
    pub summary: &'static str,
    /// Makes the JSON Schema of the arguments; none where there are none.
    pub args_schema: Option<fn() -> String>,
    /// Suggested configuration, a JSON object.
    pub defaults: Option<&'static str>,
    /// Decides what follows a failed attempt, where the task does that itself.
    pub on_failure: Option<fn(&Failed) -> Restart>,
    /// Where the function is, for people.
    pub module: &'static str,
    /// Decodes the arguments, calls the function and encodes what it returns.
    pub call: fn(&Context, &str) -> Outcome,
}

inventory::collect!(TaskFunction);

/// All task functions, by name.
///
/// # Panics
///
/// Where two functions have the same name: the host could not tell them apart,
/// and no plugin should get past its first test or load like that.
pub(crate) fn table() -> Vec<&'static TaskFunction> {
    let mut table: Vec<_> = inventory::iter::<TaskFunction>().collect();
    table.sort_unstable_by_key(|function| (function.name, function.module));
    for pair in table.windows(2) {
        let [first, second] = pair else { continue };
        assert!(
            first.name != second.name,
            "two task functions are called `{}`: one in `{}`, one in `{}`",
            first.name,
            first.module,
            second.module,
        );
    }
    table
}
