//! The store on SQLite: a file a verb.

mod claim;
mod codec;
mod error;
mod finish;
mod fires;
mod history;
mod leases;
mod lock;
mod log;
mod open;
mod schema;
mod store;
mod tasks;
mod views;
mod writer;

pub use self::{history::SqliteHistory, open::DATABASE, store::SqliteStore};
