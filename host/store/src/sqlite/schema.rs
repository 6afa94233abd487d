//! The tables, and how a database gets to have them.

use rusqlite::{Connection, Transaction};

/// Marks a SQLite file as ours: "Hora" in ASCII.
pub(super) const APPLICATION_ID: i32 = 0x486f_7261;

/// The version that this program writes.
const VERSION: i32 = 1;

const CREATE: &str = "
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE task (
    id            INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    created_at    INTEGER NOT NULL,
    -- The last instant of the schedule that was considered; none yet where null.
    considered_at INTEGER,
    -- The schedule in words, to see whether it has changed.
    schedule      TEXT    NOT NULL,
    active        INTEGER NOT NULL
) STRICT;

CREATE TABLE run (
    -- Never given twice, not even after the newest run was pruned.
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    task          INTEGER NOT NULL REFERENCES task (id),
    trigger       TEXT    NOT NULL,
    scheduled_for INTEGER NOT NULL,
    state         TEXT    NOT NULL,
    reason        TEXT,
    created_at    INTEGER NOT NULL,
    started_at    INTEGER,
    ended_at      INTEGER,
    args          TEXT,
    error         TEXT,
    output        TEXT,
    -- While it waits.
    due_at        INTEGER,
    -- Attempts used, the current one included.
    attempt       INTEGER NOT NULL DEFAULT 0,
    -- Leases given. The last one counts while the state is running.
    lease         INTEGER NOT NULL DEFAULT 0,
    lease_until   INTEGER,
    node          TEXT,
    attempt_at    INTEGER,
    UNIQUE (task, trigger, scheduled_for)
) STRICT;

CREATE INDEX run_waiting ON run (due_at) WHERE state IN ('scheduled', 'retry_wait');
CREATE INDEX run_running ON run (lease_until) WHERE state = 'running';
CREATE INDEX run_unfinished ON run (task) WHERE state IN ('scheduled', 'retry_wait', 'running');
CREATE INDEX run_task ON run (task, id);

-- Attempts that are over; the current one's data is in its run.
CREATE TABLE attempt (
    run         INTEGER NOT NULL,
    lease       INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    node        TEXT    NOT NULL,
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL,
    verdict     TEXT    NOT NULL,
    error       TEXT,
    backtrace   TEXT,
    fuel        INTEGER,
    peak_memory INTEGER NOT NULL,
    wall_us     INTEGER NOT NULL,
    plugin      TEXT,
    PRIMARY KEY (run, lease)
) STRICT, WITHOUT ROWID;

CREATE TABLE log (
    run     INTEGER NOT NULL,
    lease   INTEGER NOT NULL,
    line    INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    level   TEXT    NOT NULL,
    source  TEXT    NOT NULL,
    target  TEXT    NOT NULL,
    message TEXT    NOT NULL,
    place   TEXT,
    PRIMARY KEY (run, lease, line)
) STRICT, WITHOUT ROWID;
";

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

/// Makes the tables in an empty database; leaves one that has them alone.
pub(super) fn prepare(connection: &mut Connection, instance: &str) -> Result<(), Mismatch> {
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    if is_empty(&tx)? {
        create(&tx, instance)?;
    } else {
        verify(&tx)?;
    }
    tx.commit()?;
    Ok(())
}

/// Checks that a database is ours, or free to become ours.
pub(super) fn check(connection: &Connection) -> Result<(), Mismatch> {
    if is_empty(connection)? { Ok(()) } else { verify(connection) }
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

/// Checks that a database is ours and of a version that we know.
pub(super) fn verify(connection: &Connection) -> Result<(), Mismatch> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    if pragma("application_id")? != APPLICATION_ID {
        return Err(Mismatch::Foreign("it is a database of another program".to_owned()));
    }
    let version = pragma("user_version")?;
    if version != VERSION {
        return Err(Mismatch::Foreign(format!(
            "its layout is version {version}, and this program knows version {VERSION}"
        )));
    }
    Ok(())
}

/// The database's own name, part of every run's key.
pub(super) fn instance(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("SELECT value FROM meta WHERE key = 'instance'", [], |row| row.get(0))
}
