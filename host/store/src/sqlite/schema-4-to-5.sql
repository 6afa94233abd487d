-- Alerts, and what they are raised by.
ALTER TABLE task ADD COLUMN alarms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN deadman INTEGER;
ALTER TABLE task ADD COLUMN proven_at INTEGER;

CREATE INDEX task_deadman ON task (proven_at + deadman)
    WHERE deadman IS NOT NULL AND active AND NOT alarms & 16;

-- What failed or was put aside before is known: it is not told as if it were new.
UPDATE task SET alarms = (failures > 0) + 8 * (pause IS 'quarantined') WHERE active;

ALTER TABLE run ADD COLUMN late_at INTEGER;

CREATE INDEX run_late ON run (late_at) WHERE late_at > 0 AND queue < 3;

-- What people want to hear of a task: once, however long it goes on.
CREATE TABLE alert (
    -- Never given twice: the newest alert is not pruned.
    id        INTEGER PRIMARY KEY,
    task      INTEGER NOT NULL REFERENCES task (id),
    condition TEXT    NOT NULL,
    raised    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    -- When it was raised, where this is its end.
    since     INTEGER,
    run       INTEGER,
    reason    TEXT
) STRICT;

CREATE INDEX alert_task ON alert (task, id);

-- Alerts on their way to channels. Which ones have been routed stands in meta.
CREATE TABLE delivery (
    alert    INTEGER NOT NULL,
    channel  TEXT    NOT NULL,
    task     INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    since    INTEGER NOT NULL,
    -- While it waits: when it is tried next.
    due_at   INTEGER,
    tries    INTEGER NOT NULL DEFAULT 0,
    tried_at INTEGER,
    error    TEXT,
    PRIMARY KEY (alert, channel)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_due ON delivery (channel, due_at) WHERE due_at IS NOT NULL;
-- Whether an earlier one of the same task is on its way.
CREATE INDEX delivery_order ON delivery (channel, task, alert) WHERE due_at IS NOT NULL;
