-- Counts of the runs that are over.
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

INSERT INTO tally (hour, task, state, runs)
SELECT ended_at / 3600000000 AS hour, task, state, count(*) FROM run
WHERE ended_at IS NOT NULL GROUP BY 1, 2, 3;

INSERT INTO tally (hour, task, state, runs)
SELECT hour, 0, state, sum(runs) FROM tally GROUP BY hour, state;
