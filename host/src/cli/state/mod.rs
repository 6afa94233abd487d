//! `horarium state`

mod clear;
mod delete;
mod export;
mod get;
mod import;
mod list;
pub(super) mod print;
mod set;
pub(super) mod source;
pub(super) mod sure;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use horarium_core::effects::{Bucket, Key};

use super::Common;
use crate::{client::Expected, keeping::KeyInfo, output};

use self::source::Kept;

#[derive(Args)]
pub(super) struct State {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// List buckets and how full they are, as no verb at all does, or the keys of one.
    List(list::List),
    /// Print what stands under a key, byte by byte; on a terminal, fit for one.
    Get(get::Get),
    /// Have the host write an entry. Attempts that have read it are tried again.
    Set(set::Set),
    /// Have the host take an entry away. Attempts that have read it are tried again.
    Delete(delete::Delete),
    /// Have the host take everything out of a bucket.
    Clear(clear::Clear),
    /// Print entries with their values, a JSON object a line.
    Export(export::Export),
    /// Have the host write entries as `export` prints them, one after the other.
    Import(import::Import),
}

impl State {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        match self.verb {
            None => list::buckets(common).await,
            Some(Verb::List(verb)) => verb.run(common).await,
            Some(Verb::Get(verb)) => verb.run(common).await,
            Some(Verb::Set(verb)) => verb.run(common).await,
            Some(Verb::Delete(verb)) => verb.run(common).await,
            Some(Verb::Clear(verb)) => verb.run(common).await,
            Some(Verb::Export(verb)) => verb.run(common).await,
            Some(Verb::Import(verb)) => verb.run(common).await,
        }
    }
}

/// Which entry.
#[derive(Args)]
struct At {
    /// The bucket: `task/NAME` or NAME, or `shared/NAME`.
    bucket: Bucket,
    /// The key.
    #[arg(value_parser = key)]
    key: Key,
}

/// As what an entry has to be there.
#[derive(Args)]
struct If {
    /// Only if it has this version.
    #[arg(long, value_name = "VERSION")]
    if_version: Option<u64>,
}

impl If {
    fn expected(&self) -> Expected {
        self.if_version.map_or(Expected::Anything, Expected::Version)
    }
}

fn key(text: &str) -> Result<Key, String> {
    Key::new(text).map_err(|reason| reason.to_string())
}

/// Says that values are not what is kept.
pub(super) fn note_redacted(count: usize) {
    if count > 0 {
        let values = output::plural(count, "value");
        output::error_line(&format!(
            "note: {values} had secrets of a task in it, of which the names are shown; \
             `horarium db backup` copies what is kept"
        ));
    }
}

/// An entry that was written.
fn written(bucket: &Bucket, entry: &KeyInfo) -> String {
    let bytes = output::plural(usize::try_from(entry.bytes).unwrap_or(usize::MAX), "byte");
    format!("{} {:?} has {bytes} and version {}", bucket.address(), entry.key, entry.version)
}
