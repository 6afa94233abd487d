//! What Horarium reads from others, as functions that any bytes can be thrown at.
//!
//! Each function panics where a promise is broken. `cargo xtask fuzz` drives them
//! with inputs that reach new code of ours, and `cargo +nightly fuzz run --features
//! libfuzzer` with such as reach new code of the dependencies as well; the tests here replay every input that is kept in
//! `fuzz/corpus/`, and mutations of each.

mod arguments;
mod call;
mod configuration;
mod cron;
mod escape;
mod host;
mod plugin;

pub use self::{
    arguments::arguments, call::call, configuration::configuration, cron::cron, escape::escape,
    plugin::plugin,
};

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// All of them, by the name of their folder in `fuzz/corpus/`.
pub const TARGETS: [(&str, Target); 6] = [
    ("arguments", arguments),
    ("call", call),
    ("configuration", configuration),
    ("cron", cron),
    ("escape", escape),
    ("plugin", plugin),
];
