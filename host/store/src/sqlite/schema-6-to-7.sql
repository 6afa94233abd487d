-- What has come from what.
ALTER TABLE run ADD COLUMN parent INTEGER;
ALTER TABLE run ADD COLUMN root INTEGER;

CREATE INDEX run_tree ON run (root, task) WHERE root IS NOT NULL;
CREATE INDEX run_tree_open ON run (root, task) WHERE root IS NOT NULL AND ended_at IS NULL;

-- Those of a task's runs that have a slot of it are found beside those that wait.
DROP INDEX run_open;
CREATE INDEX run_open ON run (task, (state <> 'scheduled' OR queue = 2)) WHERE ended_at IS NULL;
