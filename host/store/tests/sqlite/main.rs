//! What only the store on SQLite has to keep: files, locks, crashes, full disks.

#![expect(
    clippy::unwrap_used,
    reason = "helpers belong to tests, though only tests have the attribute"
)]

mod cleared;
mod crash;
mod disk;
mod foreign;
mod full;
#[path = "../given/mod.rs"]
mod given;
mod group;
mod history;
mod lock;
mod migrate;
mod rows;
