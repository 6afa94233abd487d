-- What attempts leave to the next one of their run.
CREATE TABLE checkpoint (
    run     INTEGER PRIMARY KEY,
    -- The attempt that has saved it.
    attempt INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    value   BLOB    NOT NULL
) STRICT;
