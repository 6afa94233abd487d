-- The same condition, in words that take no table of their own at each write.
DROP INDEX run_trouble;
CREATE INDEX run_trouble ON run (state, id)
    WHERE state <> 'scheduled' AND state <> 'retry_wait' AND state <> 'running'
        AND state <> 'succeeded';
