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
