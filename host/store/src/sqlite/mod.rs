//! The store on SQLite: a file a verb.

mod admission;
mod alarm;
mod buckets;
mod cancel;
mod care;
mod chains;
mod children;
mod claim;
mod clear;
mod codec;
mod effects;
mod error;
mod failing;
mod finish;
mod fires;
mod history;
mod keeping;
mod leases;
mod lock;
mod log;
mod marks;
mod open;
mod outbox;
mod pause;
mod prune;
mod queue;
mod readers;
mod schema;
mod statistics;
mod store;
mod sync;
mod tasks;
mod views;
mod watch;
mod writer;

pub use self::{history::SqliteHistory, open::DATABASE, store::SqliteStore, watch::StoreWatch};
