//! Alerts, and their way to where people hear of them.

use horarium_core::{
    alert::{Alert, AlertId, Condition, Delivery, DeliveryState, Tried},
    name::ChannelName,
    run::RunId,
    store::{AlertQuery, AlertView, DeliveryView, Due},
    text,
};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::codec::{micros, nonsense, read_instant, read_instant_option, read_word};

const ALERT: &str = "SELECT alert.id AS alert, task.name AS task, condition, raised, at,
    alert.since AS since, run, reason FROM alert JOIN task ON task.id = alert.task";

/// That an alert began what is still so. The numbers are those of core's alert.rs.
const OPEN: &str = "alert.raised AND task.alarms & CASE alert.condition
        WHEN 'failure' THEN 1 WHEN 'skip' THEN 2 WHEN 'lateness' THEN 4
        WHEN 'quarantine' THEN 8 WHEN 'deadman' THEN 16 ELSE 0 END
    AND NOT EXISTS (
        SELECT 1 FROM alert AS later WHERE later.task = alert.task AND later.id > alert.id
            AND later.condition = alert.condition)";

/// Alerts that are kept, beside those of what is still so and those that are on their way.
const KEPT: i64 = 10_000;

/// Alerts that are forgotten in one transaction.
const FORGOTTEN: i64 = 500;

/// Alerts, newest first.
pub(super) fn alerts(
    connection: &Connection,
    query: &AlertQuery,
) -> rusqlite::Result<Vec<AlertView>> {
    let before = query.before.map_or(i64::MAX, |alert| alert.0);
    let open = if query.open { format!("AND task.active AND {OPEN}") } else { String::new() };
    let limit = query.limit;
    let found: Vec<Alert> = match &query.task {
        Some(task) => connection
            .prepare_cached(&format!(
                "{ALERT} WHERE alert.task = (SELECT id FROM task WHERE name = ?1)
                     AND alert.id < ?2 {open} ORDER BY alert.id DESC LIMIT ?3"
            ))?
            .query_map(params![task.as_str(), before, limit], alert)?
            .collect::<rusqlite::Result<_>>()?,
        None => connection
            .prepare_cached(&format!(
                "{ALERT} WHERE alert.id < ?1 {open} ORDER BY alert.id DESC LIMIT ?2"
            ))?
            .query_map(params![before, limit], alert)?
            .collect::<rusqlite::Result<_>>()?,
    };
    found
        .into_iter()
        .map(|alert| Ok(AlertView { deliveries: deliveries(connection, alert.alert)?, alert }))
        .collect()
}

fn alert(row: &Row<'_>) -> rusqlite::Result<Alert> {
    let task: String = row.get("task")?;
    Ok(Alert {
        alert: AlertId(row.get("alert")?),
        task: task.parse().map_err(|reason| nonsense(row, "task", format!("{reason}")))?,
        condition: read_word(row, "condition", Condition::from_word)?,
        raised: row.get("raised")?,
        at: read_instant(row, "at")?,
        since: read_instant_option(row, "since")?,
        run: run(row, "run")?,
        reason: row.get("reason")?,
    })
}

fn deliveries(connection: &Connection, alert: AlertId) -> rusqlite::Result<Vec<DeliveryView>> {
    connection
        .prepare_cached(
            "SELECT channel, state, tries, tried_at, due_at, run, error FROM delivery
             WHERE alert = ?1 ORDER BY channel",
        )?
        .query_map([alert.0], |row| {
            Ok(DeliveryView {
                channel: channel(row)?,
                state: read_word(row, "state", DeliveryState::from_word)?,
                tries: row.get("tries")?,
                tried_at: read_instant_option(row, "tried_at")?,
                due_at: read_instant_option(row, "due_at")?,
                run: run(row, "run")?,
                error: row.get("error")?,
            })
        })?
        .collect()
}

fn run(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<RunId>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(RunId))
}

fn channel(row: &Row<'_>) -> rusqlite::Result<ChannelName> {
    let name: String = row.get("channel")?;
    name.parse().map_err(|reason| nonsense(row, "channel", format!("{reason}")))
}

/// Alerts about which nobody has decided, oldest first.
pub(super) fn unrouted(connection: &Connection, limit: u32) -> rusqlite::Result<Vec<Alert>> {
    connection
        .prepare_cached(&format!(
            "{ALERT} WHERE alert.id > coalesce(
                 (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'routed'), 0)
             ORDER BY alert.id LIMIT ?1"
        ))?
        .query_map([limit], alert)?
        .collect()
}

/// Has alerts go where it is said, each at most once.
pub(super) fn route(
    connection: &Connection,
    up_to: AlertId,
    routes: &[(AlertId, ChannelName)],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT OR IGNORE INTO delivery (alert, channel, task, state, since, due_at)
         SELECT id, ?2, task, ?3, ?4, ?4 FROM alert WHERE id = ?1",
    )?;
    let waiting = DeliveryState::Waiting.as_str();
    for (alert, channel) in routes {
        insert.execute(params![alert.0, channel.as_str(), waiting, micros(now)])?;
    }
    connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES ('routed', ?1)
             ON CONFLICT (key) DO UPDATE
                 SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))",
        )?
        .execute([up_to.0.to_string()])?;
    Ok(())
}

/// A delivery that a run brings, and that is not over: none claims it meanwhile.
const HANDED: &str = "EXISTS (
    SELECT 1 FROM run WHERE run.id = delivery.run AND run.ended_at IS NULL)";

/// Deliveries to a channel whose time has come, but for those that wait for an earlier one
/// of the same task, and those that runs bring which are not over.
pub(super) fn due(
    connection: &Connection,
    channel: &ChannelName,
    now: Timestamp,
    limit: u32,
) -> rusqlite::Result<Due> {
    let deliveries = connection
        .prepare_cached(&format!(
            "SELECT alert.id AS alert, task.name AS task, condition, raised, at,
                 alert.since AS since, alert.run AS run, reason, tries,
                 delivery.since AS sent, delivery.run AS handed
             FROM delivery
             JOIN alert ON alert.id = delivery.alert
             JOIN task ON task.id = alert.task
             WHERE channel = ?1 AND due_at IS NOT NULL AND due_at <= ?2 AND NOT EXISTS (
                 SELECT 1 FROM delivery AS earlier
                 WHERE earlier.channel = ?1 AND earlier.task = delivery.task
                     AND earlier.alert < delivery.alert AND earlier.due_at IS NOT NULL)
                 AND NOT {HANDED}
             ORDER BY due_at, delivery.alert LIMIT ?3"
        ))?
        .query_map(params![channel.as_str(), micros(now), limit], |row| {
            Ok(Delivery {
                alert: alert(row)?,
                channel: channel.clone(),
                tries: row.get("tries")?,
                since: read_instant(row, "sent")?,
                run: run(row, "handed")?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let next: Option<i64> = connection
        .prepare_cached(
            "SELECT min(due_at) FROM delivery
             WHERE channel = ?1 AND due_at IS NOT NULL AND due_at > ?2",
        )?
        .query_row(params![channel.as_str(), micros(now)], |row| row.get(0))?;
    let next = next.and_then(|at| Timestamp::from_microsecond(at).ok());
    let handed = connection
        .prepare_cached(&format!(
            "SELECT EXISTS (SELECT 1 FROM delivery
                 WHERE channel = ?1 AND due_at IS NOT NULL AND run IS NOT NULL AND {HANDED})"
        ))?
        .query_row([channel.as_str()], |row| row.get(0))?;
    Ok(Due { deliveries, next, handed })
}

/// The clock was set back by so many microseconds: what waits for a length of time waits
/// for that and no longer.
pub(super) fn set_back(connection: &Connection, by: i64, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE delivery SET due_at = min(due_at, max(due_at - ?1, ?2)), since = min(since, ?2)
             WHERE due_at IS NOT NULL",
        )?
        .execute(params![by, micros(now)])
        .map(drop)
}

/// Gives up what is on its way to other channels than these.
pub(super) fn abandon(
    connection: &Connection,
    known: &[ChannelName],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let lost: Vec<(i64, ChannelName)> = connection
        .prepare_cached("SELECT alert, channel FROM delivery WHERE due_at IS NOT NULL")?
        .query_map([], |row| Ok((row.get("alert")?, channel(row)?)))?
        .filter(|found| found.as_ref().map_or(true, |(_, channel)| !known.contains(channel)))
        .collect::<rusqlite::Result<_>>()?;
    for (alert, channel) in lost {
        let error = "there is no such channel any more".to_owned();
        tried(connection, AlertId(alert), &channel, &Tried::GivenUp { error }, now)?;
    }
    Ok(())
}

/// Writes down how a try to deliver went.
pub(super) fn tried(
    connection: &Connection,
    alert: AlertId,
    channel: &ChannelName,
    tried: &Tried,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let (state, due_at, error) = match tried {
        Tried::Handed { run } => return hand(connection, alert, channel, *run),
        Tried::Delivered => (DeliveryState::Delivered, None, None),
        Tried::Again { error, due_at } => (DeliveryState::Waiting, Some(*due_at), Some(error)),
        Tried::GivenUp { error } => (DeliveryState::GivenUp, None, Some(error)),
    };
    connection
        .prepare_cached(
            "UPDATE delivery SET state = ?3, due_at = ?4, error = ?5, tries = tries + 1,
                 tried_at = ?6, run = CASE WHEN ?3 = 'waiting' THEN NULL ELSE run END
             WHERE alert = ?1 AND channel = ?2 AND due_at IS NOT NULL",
        )?
        .execute(params![
            alert.0,
            channel.as_str(),
            state.as_str(),
            due_at.map(micros),
            error.map(|error| text::beginning(error, Alert::REASON)),
            micros(now)
        ])?;
    Ok(())
}

/// Leaves a delivery to a run.
fn hand(
    connection: &Connection,
    alert: AlertId,
    channel: &ChannelName,
    run: RunId,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE delivery SET run = ?3
             WHERE alert = ?1 AND channel = ?2 AND due_at IS NOT NULL",
        )?
        .execute(params![alert.0, channel.as_str(), run.0])
        .map(drop)
}

/// Forgets the oldest alerts that are nobody's concern any more. Says whether there may be
/// more of them.
pub(super) fn prune(connection: &Connection) -> rusqlite::Result<bool> {
    let newest: Option<i64> =
        connection.prepare_cached("SELECT max(id) FROM alert")?.query_row([], |row| row.get(0))?;
    let Some(before) = newest.map(|newest| newest - KEPT).filter(|before| *before > 0) else {
        return Ok(false);
    };
    let oldest: Vec<i64> = connection
        .prepare_cached(&format!(
            "SELECT alert.id FROM alert JOIN task ON task.id = alert.task
             WHERE alert.id <= ?1
                 AND alert.id <= (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'routed')
                 AND NOT EXISTS (
                 SELECT 1 FROM delivery WHERE alert = alert.id AND due_at IS NOT NULL)
                 AND NOT ({OPEN})
             ORDER BY alert.id LIMIT ?2"
        ))?
        .query_map([before, FORGOTTEN], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let more = i64::try_from(oldest.len()).is_ok_and(|found| found == FORGOTTEN);
    for alert in oldest {
        connection.prepare_cached("DELETE FROM delivery WHERE alert = ?1")?.execute([alert])?;
        connection.prepare_cached("DELETE FROM alert WHERE id = ?1")?.execute([alert])?;
    }
    Ok(more)
}

#[cfg(test)]
mod tests {
    use horarium_core::alert::Conditions;

    use super::{super::schema, *};

    #[test]
    fn of_many_alerts_the_oldest_are_forgotten_once_they_have_arrived() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::prepare(&mut connection, "here").unwrap();
        let task = "INSERT INTO task (id, name, created_at, schedule, active)
            VALUES (1, 'a', 0, 'manual', 1)";
        connection.execute(task, []).unwrap();
        let alert = "INSERT INTO alert (task, condition, raised, at) VALUES (1, 'skip', 1, ?1)";
        for at in 0..KEPT + 4 {
            connection.execute(alert, [at]).unwrap();
        }
        let channel: ChannelName = "ops".parse().unwrap();
        let routes = [1, 2].map(|alert| (AlertId(alert), channel.clone()));
        route(&connection, AlertId(KEPT), &routes, Timestamp::UNIX_EPOCH).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        tried(&connection, AlertId(1), &channel, &Tried::Delivered, now).unwrap();
        prune(&connection).unwrap();
        let left = |before| {
            let query =
                AlertQuery { task: None, before: Some(AlertId(before)), open: false, limit: 9 };
            let left = alerts(&connection, &query).unwrap();
            left.iter().map(|view| view.alert.alert.0).collect::<Vec<_>>()
        };
        // The first one had arrived, the second one has not.
        assert_eq!(left(6), [5, 2]);
        let deliveries: i64 =
            connection.query_row("SELECT count(*) FROM delivery", [], |row| row.get(0)).unwrap();
        assert_eq!(deliveries, 1);
    }
    #[test]
    fn what_is_still_so_is_not_forgotten() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::prepare(&mut connection, "here").unwrap();
        // All that can be wrong with it is.
        let task = "INSERT INTO task (id, name, created_at, schedule, active, alarms)
            VALUES (1, 'a', 0, 'manual', 1, ?1)";
        let all: Conditions = Condition::ALL.into_iter().collect();
        connection.execute(task, [all.number()]).unwrap();
        let alert = "INSERT INTO alert (task, condition, raised, at) VALUES (1, ?1, 1, 0)";
        for condition in Condition::ALL {
            connection.execute(alert, [condition.as_str()]).unwrap();
        }
        // Skipped again and again: of that only the last one counts.
        for _ in 0..KEPT + 9 {
            connection.execute(alert, ["skip"]).unwrap();
        }
        route(&connection, AlertId(i64::MAX), &[], Timestamp::UNIX_EPOCH).unwrap();
        prune(&connection).unwrap();
        let query = AlertQuery { open: true, limit: 9, ..AlertQuery::default() };
        let open = alerts(&connection, &query).unwrap();
        let open: Vec<_> =
            open.iter().map(|view| (view.alert.alert.0, view.alert.condition)).collect();
        let (quarantine, deadman) = (Condition::Quarantine, Condition::Deadman);
        assert_eq!(
            open[1..],
            [(5, deadman), (4, quarantine), (3, Condition::Lateness), (1, Condition::Failure)]
        );
        assert_eq!(open[0], (KEPT + 14, Condition::Skip));
        // Of a task that is gone nothing is wrong any more.
        connection.execute("UPDATE task SET active = 0", []).unwrap();
        assert_eq!(alerts(&connection, &query).unwrap(), []);
    }
}
