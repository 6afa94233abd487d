-- A history as the first layout had it, with runs in every state.
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

INSERT INTO meta VALUES ('instance', '0123456789ab');
INSERT INTO task VALUES (1, 'kept', 1000000, 50000000, 'every 10s', 1);
INSERT INTO task VALUES (2, 'gone', 1000000, NULL, 'once', 0);

INSERT INTO run (id, task, trigger, scheduled_for, state, reason, created_at, started_at, ended_at,
    error, output, due_at, attempt, lease, lease_until, node, attempt_at) VALUES
    (1, 1, 'schedule', 10000000, 'succeeded', NULL, 10000000, 10000001, 11000000,
        NULL, '{"rows":3}', NULL, 2, 2, NULL, 'here', 10500000),
    (2, 1, 'schedule', 20000000, 'skipped', 'overlap', 20000000, NULL, 20000000,
        NULL, NULL, NULL, 0, 0, NULL, NULL, NULL),
    (3, 1, 'schedule', 30000000, 'retry_wait', NULL, 30000000, 30000000, NULL,
        'again', NULL, 35000000, 1, 1, NULL, 'here', 30000000),
    (4, 1, 'schedule', 40000000, 'running', NULL, 40000000, 40000000, NULL,
        NULL, NULL, NULL, 1, 1, 45000000, 'here', 40000000),
    (5, 1, 'schedule', 50000000, 'scheduled', NULL, 50000000, NULL, NULL,
        NULL, NULL, 50000000, 0, 0, NULL, NULL, NULL),
    (6, 2, 'schedule', 1000000, 'scheduled', NULL, 1000000, NULL, NULL,
        NULL, NULL, 1000000, 0, 0, NULL, NULL, NULL);

INSERT INTO attempt VALUES
    (1, 1, 1, 'here', 10000001, 10400000, 'failed', 'no luck', NULL, 77, 65536, 399999, NULL),
    (1, 2, 2, 'here', 10500000, 11000000, 'succeeded', NULL, NULL, 78, 65537, 500000, NULL),
    (3, 1, 1, 'here', 30000000, 30500000, 'trapped', 'again', 'f' || char(10) || 'g', NULL, 9, 5,
        NULL);

INSERT INTO log VALUES (1, 2, 0, 10600000, 'info', 'log', 'task', 'three rows', NULL);

PRAGMA application_id = 0x486f7261;
PRAGMA user_version = 1;
