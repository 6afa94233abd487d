//! Run history and queue on SQLite.
//!
//! [`SqliteStore`] is the store of a single host: it holds its data directory
//! exclusively, one thread writes, and what arrives while a commit runs goes into
//! the next one together. [`SqliteHistory`] reads the same database from another
//! process while a host writes to it.

mod sqlite;

pub use sqlite::{DATABASE, SqliteHistory, SqliteStore, StoreWatch};
