//! Who still holds what.

use horarium_core::{attempt::Lease, run::RunId, store::ExpiredLease};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{
    claim::fire,
    codec::{micros, read_instant, read_instant_option},
};

/// Extends leases; returns those that are no longer held.
pub(super) fn renew(
    connection: &Connection,
    leases: &[Lease],
    until: Timestamp,
) -> rusqlite::Result<Vec<Lease>> {
    let mut update = connection.prepare_cached(
        "UPDATE run SET lease_until = ?3 WHERE id = ?1 AND state = 'running' AND lease = ?2",
    )?;
    let mut lost = Vec::new();
    for lease in leases {
        if update.execute(params![lease.run.0, lease.number, micros(until)])? == 0 {
            lost.push(*lease);
        }
    }
    Ok(lost)
}

/// Running runs whose lease is over.
pub(super) fn expired(
    connection: &Connection,
    now: Timestamp,
) -> rusqlite::Result<Vec<ExpiredLease>> {
    connection
        .prepare_cached(
            "SELECT run.id AS run, task.name AS task, trigger, scheduled_for, attempt, lease,
                 end_by, cancelled_at IS NOT NULL AS cancelled,
                 run.created_at AS created_at, attempt_at
             FROM run JOIN task ON task.id = run.task
             WHERE run.state = 'running' AND run.lease_until <= ?1",
        )?
        .query_map([micros(now)], |row| {
            Ok(ExpiredLease {
                lease: Lease { run: RunId(row.get("run")?), number: row.get("lease")? },
                fire: fire(row)?,
                attempt: row.get("attempt")?,
                end_by: read_instant_option(row, "end_by")?,
                cancelled: row.get("cancelled")?,
                created_at: read_instant(row, "created_at")?,
                began_at: read_instant(row, "attempt_at")?,
            })
        })?
        .collect()
}
