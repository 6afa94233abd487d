//! Every attack, by subject.

mod asking;
mod calling;
mod compiling;
mod computing;
mod ending;
mod files;
mod keeping;
mod loading;
mod memory;
mod programs;
mod reaching;
mod sizes;
mod speaking;
mod values;
mod web;

use super::{Attack, Task};

/// What is attacked, and how.
pub type Subject = (&'static str, fn() -> Vec<Attack>);

/// Every attack.
pub const ALL: [Subject; 14] = [
    ("computing", computing::attacks),
    ("memory", memory::attacks),
    ("asking", asking::attacks),
    ("speaking", speaking::attacks),
    ("ending", ending::attacks),
    ("values", values::attacks),
    ("calling", calling::attacks),
    ("programs", programs::attacks),
    ("reaching", reaching::attacks),
    ("web", web::attacks),
    ("files", files::attacks),
    ("keeping", keeping::attacks),
    ("loading", loading::attacks),
    ("compiling", compiling::attacks),
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
