-- The condition of `run_trouble` in words that take no table of their own at each write,
-- and the identity by the instant first.
ALTER TABLE run RENAME TO run_2;
DROP INDEX run_task;
DROP INDEX run_open;
DROP INDEX run_ready;
DROP INDEX run_later;
DROP INDEX run_held;
DROP INDEX run_expiring;
DROP INDEX run_leased;
DROP INDEX run_unique_key;
DROP INDEX run_trouble;

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
    -- By the instant first: new runs stand beside each other in its index.
    UNIQUE (scheduled_for, task, trigger)
) STRICT;

INSERT INTO run SELECT * FROM run_2;
DROP TABLE run_2;


CREATE INDEX run_task ON run (task, id);
CREATE INDEX run_open ON run (task) WHERE ended_at IS NULL;
CREATE INDEX run_ready ON run (priority DESC, due_at, id) WHERE queue = 2;
CREATE INDEX run_later ON run (due_at) WHERE queue = 1;
CREATE INDEX run_held ON run (task, id) WHERE queue = 0;
CREATE INDEX run_expiring ON run (expires_at) WHERE expires_at IS NOT NULL AND queue IS NOT NULL;
CREATE INDEX run_leased ON run (lease_until) WHERE state = 'running';
CREATE UNIQUE INDEX run_unique_key ON run (task, unique_key) WHERE unique_key IS NOT NULL;
-- Those that people look for, and that are rare. Not by `NOT IN`: SQLite would make a table
-- of the four words at each write.
CREATE INDEX run_trouble ON run (state, id)
    WHERE state <> 'scheduled' AND state <> 'retry_wait' AND state <> 'running'
        AND state <> 'succeeded';
