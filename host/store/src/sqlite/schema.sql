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
    active        INTEGER NOT NULL,
    -- The most runs that go on at once; any number where null.
    slots         INTEGER,
    -- Why nothing of it starts, and since when.
    pause         TEXT,
    paused_at     INTEGER,
    -- Failed runs in a row.
    failures      INTEGER NOT NULL DEFAULT 0,
    -- What is wrong with it, as a number (see core's alert.rs).
    alarms        INTEGER NOT NULL DEFAULT 0,
    -- Within how many microseconds it should succeed; some time where null.
    deadman       INTEGER,
    -- When it did last, or since when it should.
    proven_at     INTEGER
) STRICT;

CREATE INDEX task_aside ON task (id) WHERE pause IS NOT NULL;
CREATE INDEX task_deadman ON task (proven_at + deadman)
    WHERE deadman IS NOT NULL AND active AND NOT alarms & 16;

CREATE TABLE run (
    -- Never given twice: the newest run is not pruned.
    id               INTEGER PRIMARY KEY,
    task             INTEGER NOT NULL REFERENCES task (id),
    trigger          TEXT    NOT NULL,
    scheduled_for    INTEGER NOT NULL,
    state            TEXT    NOT NULL,
    reason           TEXT,
    created_at       INTEGER NOT NULL,
    started_at       INTEGER,
    ended_at         INTEGER,
    -- Attempts used, the current one included.
    attempt          INTEGER NOT NULL DEFAULT 0,
    -- Leases given. The last one counts while the state is running.
    lease            INTEGER NOT NULL DEFAULT 0,
    lease_until      INTEGER,

    -- While it waits: for what (see queue.rs), since or until when, in which order.
    queue            INTEGER,
    due_at           INTEGER,
    priority         INTEGER NOT NULL DEFAULT 0,
    -- When waiting is over in vain.
    expires_at       INTEGER,
    -- From when on its first attempt begins late; 0 once that is known while it waits.
    late_at          INTEGER,
    -- When it must be over.
    end_by           INTEGER,
    -- Since when it is to end.
    cancelled_at     INTEGER,

    -- What it was started with.
    args             TEXT,
    unique_key       TEXT,
    repeats          INTEGER,

    error            TEXT,
    output           TEXT,

    -- The current attempt, or the last one. Those before are in their own table.
    number           INTEGER,
    node             TEXT,
    attempt_at       INTEGER,
    attempt_ended_at INTEGER,
    verdict          TEXT,
    backtrace        TEXT,
    fuel             INTEGER,
    peak_memory      INTEGER,
    wall_us          INTEGER,
    plugin           TEXT,

    -- The run that has started it, and the one at the top of that tree.
    parent           INTEGER,
    root             INTEGER,
    -- By the instant first: new runs stand beside each other in its index.
    UNIQUE (scheduled_for, task, trigger)
) STRICT;

CREATE INDEX run_task ON run (task, id);
-- Whether it has a slot of its task comes second: however many wait, those are few.
CREATE INDEX run_open ON run (task, (state <> 'scheduled' OR queue = 2)) WHERE ended_at IS NULL;
CREATE INDEX run_tree ON run (root, task) WHERE root IS NOT NULL;
CREATE INDEX run_tree_open ON run (root, task) WHERE root IS NOT NULL AND ended_at IS NULL;
CREATE INDEX run_ready ON run (priority DESC, due_at, id) WHERE queue = 2;
CREATE INDEX run_later ON run (due_at) WHERE queue = 1;
CREATE INDEX run_held ON run (task, id) WHERE queue = 0;
CREATE INDEX run_parked ON run (id) WHERE queue = 3;
CREATE INDEX run_expiring ON run (expires_at) WHERE expires_at IS NOT NULL AND queue IS NOT NULL;
CREATE INDEX run_late ON run (late_at) WHERE late_at > 0 AND queue < 3;
CREATE INDEX run_leased ON run (lease_until) WHERE state = 'running';
CREATE UNIQUE INDEX run_unique_key ON run (task, unique_key) WHERE unique_key IS NOT NULL;
-- Those that people look for, and that are rare. Not by `NOT IN`: SQLite would make a table
-- of the four words at each write.
CREATE INDEX run_trouble ON run (state, id)
    WHERE state <> 'scheduled' AND state <> 'retry_wait' AND state <> 'running'
        AND state <> 'succeeded';

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

-- How many runs ended in which hour, counted from 1970, and how: of each task, and of
-- all of them as task 0. What ended long ago stands at hour 0.
CREATE TABLE tally (
    hour  INTEGER NOT NULL,
    task  INTEGER NOT NULL,
    state TEXT    NOT NULL,
    runs  INTEGER NOT NULL,
    -- By the hour first: what is written now stands beside each other.
    PRIMARY KEY (hour, task, state)
) STRICT, WITHOUT ROWID;

-- By triggers: a run ends in many ways, and none of them is forgotten.
CREATE TRIGGER run_ends AFTER UPDATE OF ended_at ON run
WHEN new.ended_at IS NOT NULL AND old.ended_at IS NULL
BEGIN
    INSERT INTO tally (hour, task, state, runs)
    VALUES (new.ended_at / 3600000000, 0, new.state, 1),
           (new.ended_at / 3600000000, new.task, new.state, 1)
    ON CONFLICT (hour, task, state) DO UPDATE SET runs = runs + 1;
END;

CREATE TRIGGER run_made AFTER INSERT ON run
WHEN new.ended_at IS NOT NULL
BEGIN
    INSERT INTO tally (hour, task, state, runs)
    VALUES (new.ended_at / 3600000000, 0, new.state, 1),
           (new.ended_at / 3600000000, new.task, new.state, 1)
    ON CONFLICT (hour, task, state) DO UPDATE SET runs = runs + 1;
END;

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
    -- What brings it, or was the last to do so, where that is a run.
    run      INTEGER,
    PRIMARY KEY (alert, channel)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_due ON delivery (channel, due_at) WHERE due_at IS NOT NULL;
-- Whether an earlier one of the same task is on its way.
CREATE INDEX delivery_order ON delivery (channel, task, alert) WHERE due_at IS NOT NULL;
-- Whether a run brings one.
CREATE INDEX delivery_run ON delivery (run) WHERE run IS NOT NULL AND due_at IS NOT NULL;

-- What tasks keep from one run to the next.
CREATE TABLE bucket (
    id      INTEGER PRIMARY KEY,
    -- Whose it is, or how those who share it call it.
    task    INTEGER UNIQUE REFERENCES task (id),
    name    TEXT    UNIQUE,
    -- How many times it was changed, and what it holds.
    version INTEGER NOT NULL,
    keys    INTEGER NOT NULL,
    bytes   INTEGER NOT NULL,
    CHECK ((task IS NULL) <> (name IS NULL))
) STRICT;

CREATE TABLE entry (
    bucket  INTEGER NOT NULL REFERENCES bucket (id),
    key     TEXT    NOT NULL,
    value   BLOB    NOT NULL,
    -- The bucket's when this was written.
    version INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    -- By which run.
    run     INTEGER,
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

-- What attempts leave to the next one of their run.
CREATE TABLE checkpoint (
    run     INTEGER PRIMARY KEY,
    -- The attempt that has saved it.
    attempt INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    value   BLOB    NOT NULL
) STRICT;
