//! Handing out work.

use horarium_core::{
    alert::{Condition, Conditions},
    attempt::Lease,
    chain::Chains,
    run::{Expiry, Fire, RunId, Trigger, key},
    store::{Claim, ClaimedRun, Claims, ExpiredRun, RecordedFire},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    alarm::{self, Sign},
    chains::{self, Over},
    codec::{Column, micros, nonsense, read_instant, read_instant_option, read_word},
    pause, queue,
};

/// Runs that expire in one transaction, so that other writers get their turn.
const EXPIRING: u32 = 1_000;

/// Leases runs that are due, and ends those that waited for too long.
pub(super) fn claim(
    connection: &Connection,
    instance: &str,
    chains: &Chains,
    claim: &Claim,
) -> rusqlite::Result<Claims> {
    let (expired, followers) = expire(connection, chains, claim.now)?;
    alarm::notice_dead(connection, claim.now)?;
    // Whether anything may start or not: else the next look would be overdue for ever.
    alarm::notice_late(connection, claim.now)?;
    if pause::all_since(connection)?.is_some() {
        let next_expiry = next_expiry(connection)?;
        return Ok(Claims { expired, followers, next_expiry, ..Claims::default() });
    }
    queue::ripen(connection, claim.now)?;
    let due: Vec<ClaimedRun> = connection
        .prepare_cached(
            "SELECT task.name, trigger, scheduled_for, run.id, attempt, lease, args, end_by,
                 run.created_at, run.due_at, verdict IS NOT NULL, late_at, task.alarms, run.task
             FROM run JOIN task ON task.id = run.task
             WHERE run.queue = 2 ORDER BY run.priority DESC, run.due_at, run.id LIMIT ?1",
        )?
        .query_map([claim.limit], |row| {
            let (run, again) = (waiting(row, instance)?, row.get::<_, bool>(10)?);
            Ok((run, again, Punctuality::read(row, [11, 12, 13])?))
        })?
        .map(|found| {
            let (run, again, punctuality) = found?;
            match again {
                true => keep_attempt(connection, run.lease.run)?,
                false => punctuality.tell(connection, &run, claim.now)?,
            }
            lease(connection, &run, claim)?;
            Ok(run)
        })
        .collect::<rusqlite::Result<_>>()?;
    Ok(Claims {
        next_due: next_due(connection)?,
        next_expiry: next_expiry(connection)?,
        runs: due,
        expired,
        followers,
    })
}

/// Whether a run begins in time.
struct Punctuality {
    /// From when on it is late; the beginning of time where it is known to be.
    late_at: Option<Timestamp>,
    alarms: Conditions,
    task: i64,
}

impl Punctuality {
    fn read(row: &Row<'_>, [late_at, alarms, task]: [usize; 3]) -> rusqlite::Result<Self> {
        Ok(Self {
            late_at: read_instant_option(row, late_at)?,
            alarms: alarm::read(row, alarms)?,
            task: row.get(task)?,
        })
    }

    fn tell(
        self,
        connection: &Connection,
        run: &ClaimedRun,
        now: Timestamp,
    ) -> rusqlite::Result<()> {
        let sign = |reason| Sign { task: self.task, at: now, run: Some(run.lease.run), reason };
        match self.late_at {
            Some(late_at) if late_at <= now => sign(None).raise(connection, Condition::Lateness),
            // What is made up for is neither.
            _ if run.fire.trigger == Trigger::Backfill => Ok(()),
            _ if !self.alarms.has(Condition::Lateness) => Ok(()),
            _ => sign(None).clear(connection, Condition::Lateness),
        }
    }
}

fn waiting(row: &Row<'_>, instance: &str) -> rusqlite::Result<ClaimedRun> {
    let run = RunId(row.get(3)?);
    let created_at = read_instant(row, 8)?;
    Ok(ClaimedRun {
        lease: Lease { run, number: row.get::<_, i64>(5)? + 1 },
        fire: fire_in(row, [0, 1, 2])?,
        attempt: row.get::<_, u32>(4)? + 1,
        args: row.get(6)?,
        end_by: read_instant_option(row, 7)?,
        key: key(instance, run, created_at),
        created_at,
        due_at: read_instant(row, 9)?,
    })
}

/// What a run with its task's name stands for.
pub(super) fn fire(row: &Row<'_>) -> rusqlite::Result<Fire> {
    fire_in(row, ["task", "trigger", "scheduled_for"])
}

/// The same, from these columns.
pub(super) fn fire_in(
    row: &Row<'_>,
    [task, trigger, scheduled_for]: [impl Column; 3],
) -> rusqlite::Result<Fire> {
    let name = row.get_ref(task)?.as_str()?;
    Ok(Fire {
        task: name.parse().map_err(|reason| nonsense(row, task, format!("{reason}")))?,
        trigger: read_word(row, trigger, Trigger::from_word)?,
        scheduled_for: read_instant(row, scheduled_for)?,
    })
}

/// Moves what is known of a run's last attempt to where the next one won't overwrite it.
fn keep_attempt(connection: &Connection, run: RunId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO attempt (run, lease, number, node, started_at, ended_at, verdict, error,
                 backtrace, fuel, peak_memory, wall_us, plugin)
             SELECT id, lease, number, node, attempt_at, attempt_ended_at, verdict, error,
                 backtrace, fuel, peak_memory, wall_us, plugin
             FROM run WHERE id = ?1",
        )?
        .execute([run.0])?;
    Ok(())
}

fn lease(connection: &Connection, run: &ClaimedRun, claim: &Claim) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE run SET state = 'running', queue = NULL, due_at = NULL,
                 attempt = ?2, number = ?2, lease = ?3, lease_until = ?4, node = ?5,
                 attempt_at = ?6, started_at = coalesce(started_at, ?6),
                 -- It has begun; from now on only its end counts.
                 expires_at = end_by, late_at = NULL,
                 attempt_ended_at = NULL, verdict = NULL, backtrace = NULL, fuel = NULL,
                 peak_memory = NULL, wall_us = NULL, plugin = NULL
             WHERE id = ?1",
        )?
        .execute(params![
            run.lease.run.0,
            run.attempt,
            run.lease.number,
            micros(claim.until),
            claim.node,
            micros(claim.now)
        ])?;
    Ok(())
}

/// Ends runs that waited for too long.
fn expire(
    connection: &Connection,
    chains: &Chains,
    now: Timestamp,
) -> rusqlite::Result<(Vec<ExpiredRun>, Vec<RecordedFire>)> {
    let late: Vec<(i64, bool, Option<RunId>, ExpiredRun)> = connection
        .prepare_cached(
            "SELECT run.id AS run, run.task AS number, task.name AS task, trigger, scheduled_for,
                 end_by, run.created_at AS created_at, started_at IS NOT NULL AS begun,
                 root
             FROM run JOIN task ON task.id = run.task
             WHERE run.expires_at <= ?1 AND run.expires_at IS NOT NULL AND run.queue IS NOT NULL
             ORDER BY run.expires_at LIMIT ?2",
        )?
        .query_map(params![micros(now), EXPIRING], |row| {
            let end_by = read_instant_option(row, "end_by")?;
            let over = end_by.is_some_and(|end_by| end_by <= now);
            let expiry = if over { Expiry::Run } else { Expiry::Start };
            let (run, created_at) = (RunId(row.get("run")?), read_instant(row, "created_at")?);
            let expired = ExpiredRun { run, fire: fire(row)?, created_at, expiry };
            let root = row.get::<_, Option<i64>>("root")?.map(RunId);
            Ok((row.get("number")?, row.get("begun")?, root, expired))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut followers = Vec::new();
    for (task, begun, root, expired) in &late {
        connection
            .prepare_cached(
                "UPDATE run SET state = 'expired', reason = ?2, ended_at = ?3,
                     queue = NULL, due_at = NULL
                 WHERE id = ?1",
            )?
            .execute(params![expired.run.0, expired.expiry.as_str(), micros(now)])?;
        let reason = Some(expired.expiry.as_str());
        let sign = Sign { task: *task, at: now, run: Some(expired.run), reason };
        let condition = if *begun { Condition::Failure } else { Condition::Lateness };
        sign.raise(connection, condition)?;
        queue::promote(connection, *task)?;
        let over = Over { run: expired.run, task: &expired.fire.task, root: *root };
        followers.extend(chains::follow(connection, chains, over, now)?);
    }
    Ok((late.into_iter().map(|(.., expired)| expired).collect(), followers))
}

/// When the next run becomes ready; the past where one is.
fn next_due(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let ready = "SELECT due_at AS at FROM run WHERE queue = 2
         ORDER BY priority DESC, due_at, id LIMIT 1";
    match first(connection, ready)? {
        Some(ready) => Ok(Some(ready)),
        None => first(
            connection,
            "SELECT due_at AS at FROM run WHERE queue = 1 ORDER BY due_at LIMIT 1",
        ),
    }
}

/// When something is too late, or late.
fn next_expiry(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let mut next = None;
    for sql in [
        "SELECT expires_at AS at FROM run WHERE expires_at IS NOT NULL AND queue IS NOT NULL
         ORDER BY expires_at LIMIT 1",
        "SELECT late_at AS at FROM run WHERE late_at > 0 AND queue < 3 ORDER BY late_at LIMIT 1",
        // No later than the last instant there is.
        "SELECT min(proven_at + deadman, 253402207199999999) AS at FROM task
         WHERE deadman IS NOT NULL AND active AND NOT alarms & 16
         ORDER BY proven_at + deadman LIMIT 1",
    ] {
        next = next.into_iter().chain(first(connection, sql)?).min();
    }
    Ok(next)
}

fn first(connection: &Connection, sql: &str) -> rusqlite::Result<Option<Timestamp>> {
    connection.prepare_cached(sql)?.query_row([], |row| read_instant(row, "at")).optional()
}
