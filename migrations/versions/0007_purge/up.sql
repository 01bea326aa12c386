-- Deleting a flow run or a task takes its task runs and their history: here if they are few, else later, by the duty
-- `purge_deleted`. So task_run has no foreign keys to them; triggers on whole statements do what those did.

CREATE TABLE utility.purge (
    id uuid PRIMARY KEY,
    is_task boolean NOT NULL DEFAULT false,
    deleted timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_purge_deleted ON utility.purge (deleted);
COMMENT ON TABLE utility.purge IS 'Flow runs (or tasks) that were deleted and may have left task runs, states and logs behind.';

-- What a foreign key did: a new task run needs parents, and holds them until it is committed --------

CREATE FUNCTION utility.require_tasks(ids uuid[], of_table text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM unnest(ids) AS named (id) WHERE NOT EXISTS (SELECT FROM task WHERE task.id = named.id)
    ) THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('insert on table "%1$s" violates foreign key constraint "%1$s_task_id_fkey"', of_table),
            DETAIL = 'The row belongs to a task that does not exist.',
            TABLE = of_table, CONSTRAINT = of_table || '_task_id_fkey';
    END IF;
END
$$;

CREATE FUNCTION utility.check_task_run_parents() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    held bigint;
BEGIN
    SELECT count(*) INTO held
    FROM (SELECT FROM flow_run WHERE id IN (SELECT flow_run_id FROM new_task_run) ORDER BY id FOR KEY SHARE) AS parent;
    IF held < (SELECT count(DISTINCT flow_run_id) FROM new_task_run) THEN
        PERFORM utility.require_flow_runs(ARRAY(SELECT flow_run_id FROM new_task_run), 'task_run');
    END IF;
    SELECT count(*) INTO held
    FROM (SELECT FROM task WHERE id IN (SELECT task_id FROM new_task_run) ORDER BY id FOR KEY SHARE) AS parent;
    IF held < (SELECT count(DISTINCT task_id) FROM new_task_run) THEN
        PERFORM utility.require_tasks(ARRAY(SELECT task_id FROM new_task_run), 'task_run');
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER check_parents AFTER INSERT ON task_run REFERENCING NEW TABLE AS new_task_run
FOR EACH STATEMENT EXECUTE FUNCTION utility.check_task_run_parents();

CREATE FUNCTION utility.keep_task_run_parents() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE restrict_violation USING
        MESSAGE = 'a task run belongs to its flow run and its task for good',
        TABLE = 'task_run';
END
$$;

CREATE TRIGGER keep_parents BEFORE UPDATE OF flow_run_id, task_id ON task_run FOR EACH ROW
WHEN ((NEW.flow_run_id, NEW.task_id) IS DISTINCT FROM (OLD.flow_run_id, OLD.task_id))
EXECUTE FUNCTION utility.keep_task_run_parents();

ALTER TABLE task_run
    DROP CONSTRAINT task_run_flow_run_id_fkey,
    DROP CONSTRAINT task_run_task_id_fkey;

-- Taking away what is left ---------------------------------------------------------------------------

CREATE FUNCTION utility.purge_below(flow_runs uuid[], tasks uuid[], most integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    room integer := most;
    gone integer;
    last_line timestamptz;
    flow_run uuid;
BEGIN
    -- A run may have millions of lines: as many as there is room for, along the index.
    FOREACH flow_run IN ARRAY flow_runs LOOP
        SELECT max(line."timestamp") INTO last_line
        FROM (SELECT "timestamp" FROM log WHERE flow_run_id = flow_run ORDER BY "timestamp" LIMIT room) AS line;
        CONTINUE WHEN last_line IS NULL;
        DELETE FROM log WHERE flow_run_id = flow_run AND "timestamp" <= last_line;
        GET DIAGNOSTICS gone = ROW_COUNT;
        room := room - gone;
        IF room <= 0 THEN
            RETURN 0;
        END IF;
    END LOOP;
    -- Their states go with them (trigger delete_history).
    DELETE FROM task_run
    WHERE id = ANY (ARRAY(
        (SELECT id FROM task_run WHERE flow_run_id = ANY (flow_runs) LIMIT room)
        UNION ALL
        (SELECT id FROM task_run WHERE task_id = ANY (tasks) LIMIT room)
        LIMIT room));
    GET DIAGNOSTICS gone = ROW_COUNT;
    room := room - gone;
    IF room > 0 THEN
        DELETE FROM flow_run_state WHERE flow_run_id = ANY (flow_runs);
    END IF;
    RETURN greatest(room, 0);
END
$$;
COMMENT ON FUNCTION utility.purge_below IS
    'Deletes about `most` rows of what hangs below these; returns the room that is left: 0 if there may be more.';

CREATE FUNCTION utility.purge_deleted(most integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    flow_runs uuid[];
    tasks uuid[];
BEGIN
    SELECT coalesce(array_agg(id) FILTER (WHERE NOT is_task), '{}'), coalesce(array_agg(id) FILTER (WHERE is_task), '{}')
    INTO flow_runs, tasks
    -- As many as may share the room; whoever else purges takes others.
    FROM (SELECT id, is_task FROM utility.purge ORDER BY deleted LIMIT 200 FOR UPDATE SKIP LOCKED) AS claimed;
    IF utility.purge_below(flow_runs, tasks, most) > 0 THEN
        DELETE FROM utility.purge WHERE id = ANY (flow_runs || tasks);
    END IF;
    RETURN cardinality(flow_runs) + cardinality(tasks);
END
$$;
COMMENT ON FUNCTION utility.purge_deleted IS
    'Claims some of utility.purge and deletes about `most` rows below them; returns of how many it took care, 0: none is left.';

-- Deleting -------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION utility.delete_flow_run_history() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT id FROM old_flow_run);
BEGIN
    -- What is little goes at once, the rest is nobody's until it is purged.
    IF cardinality(ids) > 20 OR utility.purge_below(ids, '{}', 1000) = 0 THEN
        INSERT INTO utility.purge (id) SELECT unnest(ids) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION utility.delete_task_runs_of_tasks() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT id FROM old_task);
BEGIN
    IF ids <> '{}' AND utility.purge_below('{}', ids, 1000) = 0 THEN
        INSERT INTO utility.purge (id, is_task) SELECT unnest(ids), true ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER delete_task_runs AFTER DELETE ON task REFERENCING OLD TABLE AS old_task
FOR EACH STATEMENT EXECUTE FUNCTION utility.delete_task_runs_of_tasks();
