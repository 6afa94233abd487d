//! Every attack, by subject.

mod asking;
mod computing;
mod ending;
mod files;
mod loading;
mod memory;
mod reaching;
mod speaking;
mod values;

use super::{Attack, Task};

/// What is attacked, and how.
pub type Subject = (&'static str, fn() -> Vec<Attack>);

/// Every attack.
pub const ALL: [Subject; 9] = [
    ("computing", computing::attacks),
    ("memory", memory::attacks),
    ("asking", asking::attacks),
    ("speaking", speaking::attacks),
    ("ending", ending::attacks),
    ("values", values::attacks),
    ("reaching", reaching::attacks),
    ("files", files::attacks),
    ("loading", loading::attacks),
];

/// A task of `hostile`.
fn hostile(function: &'static str, ends: &'static [&'static str]) -> Task {
    Task::new("hostile", function, ends)
}

/// A task of `unruly`.
fn unruly(function: &'static str, ends: &'static [&'static str]) -> Task {
    Task::new("unruly", function, ends)
}

/// A task of the text with this name.
fn text(name: &'static str, ends: &'static [&'static str]) -> Task {
    Task::new(name, "run", ends)
}
