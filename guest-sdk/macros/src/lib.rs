//! The attributes of `horarium-sdk`, which re-exports them. Don't depend on this
//! crate itself.

mod errors;
mod json;
mod keys;
mod literal;
mod shape;
mod task;

use proc_macro::TokenStream;

use shape::Role;

/// Makes a function a task function of the plugin.
///
/// The function itself stays as it is, so tests call it like any other.
///
/// # The function
///
/// It is a plain `fn` outside of any `impl`. It takes, in this order and each of
/// them only if it wants to,
///
/// - the attempt it runs in: `Context` or `&Context`;
/// - one value of a type that implements `Deserialize` and `JsonSchema`, such as a
///   struct with `#[args]`: the arguments of the host's configuration.
///
/// It returns nothing, or an output (any type that implements `Serialize`), or a
/// `Result` of either with an error that `anyhow::Error` can be made from. Which
/// failures are tried again is explained at `TaskError`.
///
/// The first paragraph of its documentation is the summary that the host shows.
///
/// # The keys
///
/// All of them are optional. They are suggestions, published with the function:
/// the host's configuration overrides them.
///
/// | key | meaning |
/// | --- | --- |
/// | `name = "…"` | what configurations call the function, by default its own name |
/// | `every = "30s"`, `offset = "5s"` | run at this interval, counted from the epoch |
/// | `cron = "0 5 * * *"`, `timezone = "Europe/Paris"` | run when it matches: 5 to 7 fields, or `@daily` and the like; in UTC unless a zone is named |
/// | `continuous`, `pause = "30s"` | run again and again, with a pause in between |
/// | `once` | run a single time, ever |
/// | `at = "2026-12-01T03:00:00Z"` | run a single time, then |
/// | `manual` | run when somebody asks for it |
/// | `timeout = "5s"` | how long an attempt may take |
/// | `fuel = 1_000_000` or `"unlimited"` | how much an attempt may compute, in the host's units of fuel |
/// | `memory = "64MiB"` | how much memory an attempt may use |
/// | `max_attempts = 3` | how many attempts a run has |
/// | `on_failure = decide` | a function that decides what follows a failed attempt, from `&restart::Failed` to `restart::Restart` |
///
/// A duration is one or more whole numbers with a unit, from large to small: `h`,
/// `m`, `s`, `ms`, `us`, as in `1h30m`.
#[proc_macro_attribute]
pub fn task(keys: TokenStream, item: TokenStream) -> TokenStream {
    task::expand(keys.into(), item.into()).into()
}

/// Makes a struct or an enum usable as a task's arguments, or as a part of them.
///
/// Derives `Debug`, `Deserialize` and `JsonSchema`. A field's documentation
/// becomes its description in the schema. Unknown fields are an error, so that a
/// misspelled key in a configuration does not go unnoticed;
/// `#[args(allow_unknown_fields)]` lets them pass.
///
/// The attributes of serde and schemars can be used on the type and its fields.
#[proc_macro_attribute]
pub fn args(keys: TokenStream, item: TokenStream) -> TokenStream {
    shape::expand(Role::Args, keys.into(), item.into()).into()
}

/// Makes a struct or an enum usable as a task's output, or as a part of it.
///
/// Derives `Debug`, `Serialize` and `JsonSchema`. The attributes of serde and
/// schemars can be used on the type and its fields. A type may have both `#[args]`
/// and `#[output]`.
#[proc_macro_attribute]
pub fn output(keys: TokenStream, item: TokenStream) -> TokenStream {
    shape::expand(Role::Output, keys.into(), item.into()).into()
}
