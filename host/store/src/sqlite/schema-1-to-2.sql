ALTER TABLE task ADD COLUMN slots INTEGER;
ALTER TABLE task ADD COLUMN pause TEXT;
ALTER TABLE task ADD COLUMN paused_at INTEGER;
ALTER TABLE task ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
-- Version 1 let one run of a task go on at a time.
UPDATE task SET slots = 1;

ALTER TABLE run RENAME TO run_1;
DROP INDEX run_waiting;
DROP INDEX run_running;
DROP INDEX run_unfinished;
DROP INDEX run_task;
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
    UNIQUE (task, trigger, scheduled_for)
) STRICT;

CREATE INDEX run_task ON run (task, id);
CREATE INDEX run_open ON run (task) WHERE ended_at IS NULL;
CREATE INDEX run_ready ON run (priority DESC, due_at, id) WHERE queue = 2;
CREATE INDEX run_later ON run (due_at) WHERE queue = 1;
CREATE INDEX run_held ON run (task, id) WHERE queue = 0;
CREATE INDEX run_expiring ON run (expires_at) WHERE expires_at IS NOT NULL AND queue IS NOT NULL;
CREATE INDEX run_leased ON run (lease_until) WHERE state = 'running';
CREATE UNIQUE INDEX run_unique_key ON run (task, unique_key) WHERE unique_key IS NOT NULL;
-- Those that people look for, and that are rare.
CREATE INDEX run_trouble ON run (state, id)
    WHERE state NOT IN ('scheduled', 'retry_wait', 'running', 'succeeded');

INSERT INTO run (id, task, trigger, scheduled_for, state, reason, created_at, started_at, ended_at,
    attempt, lease, lease_until, queue, due_at, args, error, output, number, node, attempt_at,
    attempt_ended_at, verdict, backtrace, fuel, peak_memory, wall_us, plugin)
SELECT run_1.id, task, trigger, scheduled_for, state, reason, run_1.created_at, run_1.started_at,
    run_1.ended_at, attempt, run_1.lease, lease_until,
    CASE
        WHEN state NOT IN ('scheduled', 'retry_wait') THEN NULL
        WHEN NOT task.active THEN 3
        ELSE 1
    END,
    due_at, args, run_1.error, output,
    coalesce(last.number, iif(state = 'running', attempt, NULL)),
    coalesce(last.node, run_1.node), coalesce(last.started_at, attempt_at),
    last.ended_at, last.verdict, last.backtrace, last.fuel, last.peak_memory, last.wall_us,
    last.plugin
FROM run_1 JOIN task ON task.id = run_1.task
LEFT JOIN attempt AS last ON last.run = run_1.id AND last.lease = run_1.lease;

-- The last attempt stands in its run now.
DELETE FROM attempt WHERE EXISTS (
    SELECT 1 FROM run_1 WHERE run_1.id = attempt.run AND run_1.lease = attempt.lease);
DROP TABLE run_1;
