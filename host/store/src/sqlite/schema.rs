//! The tables, and how a database gets to have them.

use rusqlite::{Connection, Transaction};

/// Marks a SQLite file as ours: "Hora" in ASCII.
pub(super) const APPLICATION_ID: i32 = 0x486f_7261;

/// The version that this program writes.
pub(super) const VERSION: i32 = 9;

const CREATE: &str = include_str!("schema.sql");

/// What leads from each version to the next one.
const MIGRATIONS: [&str; 8] = [
    include_str!("schema-1-to-2.sql"),
    include_str!("schema-2-to-3.sql"),
    include_str!("schema-3-to-4.sql"),
    include_str!("schema-4-to-5.sql"),
    include_str!("schema-5-to-6.sql"),
    include_str!("schema-6-to-7.sql"),
    include_str!("schema-7-to-8.sql"),
    include_str!("schema-8-to-9.sql"),
];

/// Why a database is not one of ours.
#[derive(Debug)]
pub(super) enum Mismatch {
    /// SQLite refused.
    Sqlite(rusqlite::Error),
    /// Another program's, or a later version's.
    Foreign(String),
}

impl From<rusqlite::Error> for Mismatch {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// What a database is to this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Free to become one of ours.
    Empty,
    /// Of this version.
    Current,
    /// Of an earlier version.
    Earlier(i32),
}

/// Says what a database is to this program, if it is anything.
pub(super) fn standing(connection: &Connection) -> Result<Standing, Mismatch> {
    if is_empty(connection)? {
        return Ok(Standing::Empty);
    }
    match version(connection)? {
        VERSION => Ok(Standing::Current),
        earlier @ 1..VERSION => Ok(Standing::Earlier(earlier)),
        other => Err(Mismatch::Foreign(format!(
            "its layout is version {other}, and this program knows versions up to {VERSION}"
        ))),
    }
}

/// Makes the tables in an empty database, and brings those of an earlier version up
/// to this one.
pub(super) fn prepare(connection: &mut Connection, instance: &str) -> Result<(), Mismatch> {
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    match standing(&tx)? {
        Standing::Empty => create(&tx, instance)?,
        Standing::Current => return Ok(()),
        Standing::Earlier(version) => migrate(&tx, version)?,
    }
    tx.commit()?;
    Ok(())
}

/// Goes on from version to version, never back.
fn migrate(tx: &Transaction<'_>, from: i32) -> rusqlite::Result<()> {
    let done = usize::try_from(from - 1).unwrap_or_default();
    for step in &MIGRATIONS[done..] {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "user_version", VERSION)
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    let tables = "SELECT count(*) = 0 FROM sqlite_schema WHERE type = 'table'";
    connection.query_row(tables, [], |row| row.get(0))
}

fn create(tx: &Transaction<'_>, instance: &str) -> rusqlite::Result<()> {
    tx.execute_batch(CREATE)?;
    tx.execute("INSERT INTO meta (key, value) VALUES ('instance', ?1)", [instance])?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", VERSION)
}

fn version(connection: &Connection) -> Result<i32, Mismatch> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    if pragma("application_id")? != APPLICATION_ID {
        return Err(Mismatch::Foreign("it is a database of another program".to_owned()));
    }
    Ok(pragma("user_version")?)
}

/// The database's own name, part of every run's key.
pub(super) fn instance(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("SELECT value FROM meta WHERE key = 'instance'", [], |row| row.get(0))
}

/// Writes a word beside the others, the same each time.
pub(super) fn probe(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES ('probe', '')")?
        .execute([])
        .map(drop)
}
