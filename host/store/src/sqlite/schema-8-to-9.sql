-- Alerts that runs bring have arrived when these have succeeded.
ALTER TABLE delivery ADD COLUMN run INTEGER;

CREATE INDEX delivery_run ON delivery (run) WHERE run IS NOT NULL AND due_at IS NOT NULL;

-- To count what is put aside without a look at every task.
CREATE INDEX task_aside ON task (id) WHERE pause IS NOT NULL;
CREATE INDEX run_parked ON run (id) WHERE queue = 3;
