//! Tasks that are written once for many: templates with variables, and `for_each`.
//!
//! [`Templates`] reads what there is to extend, [`Plan`] says which tasks become of a document
//! and makes them one by one, each as if it had been written by hand: a table with its places,
//! which everything after this reads like any other. So a mistake that shows only then is told
//! where it is written, with the key of the task that has it.

mod assigned;
mod budget;
mod declared;
mod expandable;
mod fill;
mod fold;
mod kind;
mod merge;
mod plan;
mod printed;
mod references;
mod schema;
mod show;
mod template;
#[cfg(test)]
mod tests;
mod text;

pub(super) use self::{
    fold::fold,
    plan::{Found, Plan},
    printed::Printed,
    schema::{RawForEach, RawTemplates, RawVars, open_to_variables},
    template::Templates,
};
