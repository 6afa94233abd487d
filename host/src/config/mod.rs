//! From TOML to validated values.
//!
//! [`raw`] is the shape of the file: every key optional, every value remembers
//! where it stands. [`check`] turns it into a [`Config`] or into all that is wrong
//! with it; tasks that are made of templates come as if they were written by hand
//! ([`templates`]). [`bind`] joins a task with what its plugin says about itself.

mod args;
pub(crate) mod bind;
mod check;
mod complexity;
mod decode;
mod elsewhere;
mod endpoint;
mod excerpt;
#[cfg(test)]
mod grant_tests;
mod http;
pub(crate) mod load;
mod notify;
#[cfg(test)]
mod notify_tests;
mod pieces;
mod places;
mod problem;
mod raw;
mod schema;
mod shape;
mod starts;
pub(crate) mod suggestions;
mod syntax;
mod table;
mod templates;
mod territory;
#[cfg(test)]
mod tests;
mod values;
pub(crate) mod web;
mod wishes;

pub(crate) use self::{
    args::Arguments,
    check::{Config, ScheduleDraft, TaskDraft},
    load::{load, look},
    problem::{Problem, ProblemView, Problems},
    schema::schema,
    table::meant,
};
