-- Rules that no writer can pass by. All of them work on whole statements (transition tables), so
-- that 1,000 rows cost one UPDATE, not 1,000.

CREATE FUNCTION utility.set_updated_timestamp() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated := now();
    RETURN NEW;
END
$$;

DO $do$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY[
        'agent', 'agent_config', 'cloud_hook', 'edge', 'flow', 'flow_group', 'flow_run', 'flow_run_state', 'log',
        'message', 'project', 'task', 'task_run', 'task_run_artifact', 'task_run_state', 'tenant'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER update_timestamp BEFORE UPDATE ON public.%I FOR EACH ROW '
            -- Whoever sets it himself saves the call of the function.
            'WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated) '
            'EXECUTE FUNCTION utility.set_updated_timestamp()', table_name);
    END LOOP;
END
$do$;

-- Task runs of flow runs --------------------------------------------------------------------------

CREATE FUNCTION utility.create_task_runs(flow_run_ids uuid[]) RETURNS void
LANGUAGE sql AS $$
    -- One task run per task of the flow, Pending at version 1, with its state row, in one statement.
    -- Runs that already have theirs are left alone (contract server.md 1.4 A).
    WITH created_task_run AS (
        INSERT INTO task_run (
            tenant_id, flow_run_id, task_id, cache_key, version, state, state_message, state_timestamp,
            serialized_state)
        SELECT
            flow_run.tenant_id, flow_run.id, task.id, task.cache_key, 1, 'Pending', 'Task run created', now(),
            '{"type": "Pending", "message": "Task run created"}'
        FROM flow_run JOIN task ON task.flow_id = flow_run.flow_id
        WHERE flow_run.id = ANY (flow_run_ids)
        ORDER BY flow_run.id, task.id
        ON CONFLICT ON CONSTRAINT task_run_unique_identifier_key DO NOTHING
        RETURNING id, tenant_id, version, state, state_message, state_timestamp, serialized_state
    )
    INSERT INTO task_run_state (tenant_id, task_run_id, "timestamp", state, version, message, serialized_state)
    SELECT tenant_id, id, state_timestamp, state, version, state_message, serialized_state
    FROM created_task_run
$$;
COMMENT ON FUNCTION utility.create_task_runs IS
    'Makes the unmapped task runs of the given flow runs where they are missing.';

CREATE FUNCTION utility.create_task_runs_of_new_flow_runs() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    made_by_hand uuid[];
BEGIN
    -- A client reads its task runs right after it made a run; runs the scheduler makes get theirs
    -- when they come due (get_runs_in_queue, the worker, or the state trigger below).
    SELECT array_agg(id) INTO made_by_hand FROM new_flow_run WHERE NOT auto_scheduled;
    IF made_by_hand IS NOT NULL THEN
        PERFORM utility.create_task_runs(made_by_hand);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER insert_task_runs_after_flow_run_insert
AFTER INSERT ON flow_run REFERENCING NEW TABLE AS new_flow_run
FOR EACH STATEMENT EXECUTE FUNCTION utility.create_task_runs_of_new_flow_runs();

-- States reach their runs -------------------------------------------------------------------------
-- The highest version of a statement wins if it is not below the run's (contract server.md 1.4 B).

-- What a foreign key of the history tables would say, asked once a statement.
CREATE FUNCTION utility.require_flow_runs(ids uuid[], of_table text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM unnest(ids) AS named (id) WHERE NOT EXISTS (SELECT FROM flow_run WHERE flow_run.id = named.id)
    ) THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('insert on table "%1$s" violates foreign key constraint "%1$s_flow_run_id_fkey"', of_table),
            DETAIL = 'The row belongs to a flow run that does not exist.',
            TABLE = of_table, CONSTRAINT = of_table || '_flow_run_id_fkey';
    END IF;
END
$$;

CREATE FUNCTION utility.require_task_runs(ids uuid[], of_table text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM unnest(ids) AS named (id) WHERE NOT EXISTS (SELECT FROM task_run WHERE task_run.id = named.id)
    ) THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('insert on table "%1$s" violates foreign key constraint "%1$s_task_run_id_fkey"', of_table),
            DETAIL = 'The row belongs to a task run that does not exist.',
            TABLE = of_table, CONSTRAINT = of_table || '_task_run_id_fkey';
    END IF;
END
$$;

CREATE FUNCTION utility.apply_flow_run_states() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    states bigint;
    runs bigint;
    moved bigint := 0;
    written bigint := 0;
    leaving_the_schedule uuid[];
BEGIN
    SELECT count(*), count(DISTINCT flow_run_id) INTO states, runs FROM new_state;

    -- The common case: one state for each run, each newer than what the run has.
    IF states = runs THEN
        UPDATE flow_run
        SET version = winner.version,
            state = winner.state,
            serialized_state = winner.serialized_state,
            state_message = winner.message,
            state_result = winner.result,
            state_start_time = winner.start_time,
            state_timestamp = winner."timestamp",
            start_time = CASE WHEN winner.state = 'Running' THEN least(flow_run.start_time, winner."timestamp")
                              ELSE flow_run.start_time END,
            end_time = CASE WHEN winner.state IN ('Success', 'Failed', 'Cached', 'TimedOut', 'Looped', 'Cancelled')
                            THEN greatest(flow_run.end_time, winner."timestamp")
                            ELSE flow_run.end_time END,
            -- A state by which a process announces itself is a sign of life (3.6.6 step 5).
            heartbeat = CASE WHEN winner.state IN ('Running', 'Cancelling', 'Submitted') THEN now()
                             ELSE flow_run.heartbeat END,
            updated = now()
        FROM new_state AS winner
        WHERE flow_run.id = winner.flow_run_id AND winner.version > flow_run.version;
        GET DIAGNOSTICS moved = ROW_COUNT;
    END IF;

    -- Whoever inserts run and state together has written the run's row already.
    IF moved = 0 THEN
        SELECT count(*) INTO written
        FROM new_state JOIN flow_run ON flow_run.id = new_state.flow_run_id
        WHERE (flow_run.version, flow_run.state, flow_run.state_timestamp, flow_run.state_message, flow_run.serialized_state)
              IS NOT DISTINCT FROM
              (new_state.version, new_state.state, new_state."timestamp", new_state.message, new_state.serialized_state);
    END IF;

    IF moved + written < states THEN
        -- What does not win does not touch its run: hold it, or it may be deleted before the state is committed.
        PERFORM FROM flow_run JOIN new_state ON new_state.flow_run_id = flow_run.id
        WHERE (new_state.version >= flow_run.version) IS NOT TRUE
        FOR KEY SHARE OF flow_run;
        UPDATE flow_run
        SET version = winner.version,
            state = winner.state,
            serialized_state = winner.serialized_state,
            state_message = winner.message,
            state_result = winner.result,
            state_start_time = winner.start_time,
            state_timestamp = winner."timestamp",
            start_time = least(flow_run.start_time, winner.running_since),
            end_time = greatest(flow_run.end_time, winner.finished_at),
            -- A state by which a process announces itself is a sign of life (3.6.6 step 5).
            heartbeat = CASE WHEN winner.state IN ('Running', 'Cancelling', 'Submitted') THEN now()
                             ELSE flow_run.heartbeat END,
            updated = now()
        FROM (
            SELECT DISTINCT ON (new_state.flow_run_id)
                new_state.*,
                min(new_state."timestamp") FILTER (WHERE new_state.state = 'Running') OVER same_run AS running_since,
                max(new_state."timestamp") FILTER (
                    WHERE new_state.state IN ('Success', 'Failed', 'Cached', 'TimedOut', 'Looped', 'Cancelled')
                ) OVER same_run AS finished_at
            FROM new_state JOIN flow_run AS present ON present.id = new_state.flow_run_id
            WHERE new_state.version >= present.version
            WINDOW same_run AS (PARTITION BY new_state.flow_run_id)
            ORDER BY new_state.flow_run_id, new_state.version DESC, new_state."timestamp" DESC
        ) AS winner
        WHERE flow_run.id = winner.flow_run_id
          AND winner.version >= flow_run.version
          AND (flow_run.version, flow_run.state, flow_run.state_timestamp, flow_run.state_message, flow_run.serialized_state)
              IS DISTINCT FROM
              (winner.version, winner.state, winner."timestamp", winner.message, winner.serialized_state);
        -- Asked last: by now a run that was being deleted is gone.
        PERFORM utility.require_flow_runs(ARRAY(SELECT DISTINCT flow_run_id FROM new_state), TG_TABLE_NAME);
    END IF;

    SELECT array_agg(DISTINCT new_state.flow_run_id) INTO leaving_the_schedule
    FROM new_state JOIN flow_run ON flow_run.id = new_state.flow_run_id
    WHERE new_state.state IN ('Submitted', 'Running') AND flow_run.auto_scheduled
      AND NOT EXISTS (SELECT FROM task_run WHERE task_run.flow_run_id = flow_run.id);
    IF leaving_the_schedule IS NOT NULL THEN
        PERFORM utility.create_task_runs(leaving_the_schedule);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER update_flow_run_details_on_state_insert
AFTER INSERT ON flow_run_state REFERENCING NEW TABLE AS new_state
FOR EACH STATEMENT EXECUTE FUNCTION utility.apply_flow_run_states();

CREATE FUNCTION utility.apply_task_run_states() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    states bigint;
    runs bigint;
    moved bigint := 0;
    written bigint := 0;
    waiting bigint;
BEGIN
    SELECT count(*), count(DISTINCT task_run_id),
           count(*) FILTER (WHERE state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying'))
    INTO states, runs, waiting
    FROM new_state;

    -- The common case: one state for each run, each newer than what the run has.
    IF states = runs THEN
        UPDATE task_run
        SET version = winner.version,
            state = winner.state,
            serialized_state = winner.serialized_state,
            state_message = winner.message,
            state_result = winner.result,
            state_start_time = winner.start_time,
            state_timestamp = winner."timestamp",
            start_time = CASE WHEN winner.state = 'Running' THEN least(task_run.start_time, winner."timestamp")
                              ELSE task_run.start_time END,
            end_time = CASE WHEN winner.state IN ('Success', 'Failed', 'Cached', 'TimedOut', 'Looped', 'Cancelled')
                            THEN greatest(task_run.end_time, winner."timestamp")
                            ELSE task_run.end_time END,
            heartbeat = CASE WHEN winner.state IN ('Running', 'Cancelling') THEN now() ELSE task_run.heartbeat END,
            updated = now()
        FROM new_state AS winner
        WHERE task_run.id = winner.task_run_id AND winner.version > task_run.version;
        GET DIAGNOSTICS moved = ROW_COUNT;
    END IF;

    -- Whoever inserts run and state together has written the run's row already.
    IF moved = 0 THEN
        SELECT count(*) INTO written
        FROM new_state JOIN task_run ON task_run.id = new_state.task_run_id
        WHERE (task_run.version, task_run.state, task_run.state_timestamp, task_run.state_message, task_run.serialized_state)
              IS NOT DISTINCT FROM
              (new_state.version, new_state.state, new_state."timestamp", new_state.message, new_state.serialized_state);
    END IF;

    IF moved + written < states THEN
        -- What does not win does not touch its run: hold it, or it may be deleted before the state is committed.
        PERFORM FROM task_run JOIN new_state ON new_state.task_run_id = task_run.id
        WHERE (new_state.version >= task_run.version) IS NOT TRUE
        FOR KEY SHARE OF task_run;
        UPDATE task_run
        SET version = winner.version,
            state = winner.state,
            serialized_state = winner.serialized_state,
            state_message = winner.message,
            state_result = winner.result,
            state_start_time = winner.start_time,
            state_timestamp = winner."timestamp",
            start_time = least(task_run.start_time, winner.running_since),
            end_time = greatest(task_run.end_time, winner.finished_at),
            heartbeat = CASE WHEN winner.state IN ('Running', 'Cancelling') THEN now() ELSE task_run.heartbeat END,
            updated = now()
        FROM (
            SELECT DISTINCT ON (new_state.task_run_id)
                new_state.*,
                min(new_state."timestamp") FILTER (WHERE new_state.state = 'Running') OVER same_run AS running_since,
                max(new_state."timestamp") FILTER (
                    WHERE new_state.state IN ('Success', 'Failed', 'Cached', 'TimedOut', 'Looped', 'Cancelled')
                ) OVER same_run AS finished_at
            FROM new_state JOIN task_run AS present ON present.id = new_state.task_run_id
            WHERE new_state.version >= present.version
            WINDOW same_run AS (PARTITION BY new_state.task_run_id)
            ORDER BY new_state.task_run_id, new_state.version DESC, new_state."timestamp" DESC
        ) AS winner
        WHERE task_run.id = winner.task_run_id
          AND winner.version >= task_run.version
          AND (task_run.version, task_run.state, task_run.state_timestamp, task_run.state_message, task_run.serialized_state)
              IS DISTINCT FROM
              (winner.version, winner.state, winner."timestamp", winner.message, winner.serialized_state);
        -- Asked last: by now a run that was being deleted is gone.
        PERFORM utility.require_task_runs(ARRAY(SELECT DISTINCT task_run_id FROM new_state), TG_TABLE_NAME);
    END IF;

    -- What waits is what the run says now: a state that did not win ends no waiting.
    DELETE FROM utility.waiting_task_run USING new_state
    WHERE waiting_task_run.task_run_id = new_state.task_run_id
      AND NOT EXISTS (
          SELECT FROM task_run
          WHERE task_run.id = waiting_task_run.task_run_id
            AND state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying') AND state_start_time IS NOT NULL);
    IF waiting > 0 THEN
        INSERT INTO utility.waiting_task_run (task_run_id, flow_run_id, tenant_id, start_time)
        SELECT id, flow_run_id, tenant_id, state_start_time
        FROM task_run
        WHERE id IN (SELECT task_run_id FROM new_state)
          AND state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying') AND state_start_time IS NOT NULL
        ON CONFLICT (task_run_id) DO UPDATE SET start_time = excluded.start_time;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER update_task_run_details_on_state_insert
AFTER INSERT ON task_run_state REFERENCING NEW TABLE AS new_state
FOR EACH STATEMENT EXECUTE FUNCTION utility.apply_task_run_states();

-- A new row needs a run to belong to --------------------------------------------------------------

CREATE FUNCTION utility.check_log_parents() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    held bigint;
BEGIN
    -- The share lock that a foreign key would take, once for a run and not once for a line: without it a run
    -- that is being deleted would leave these lines behind. No parameters, so that the plans are kept.
    SELECT count(*) INTO held
    FROM (SELECT FROM flow_run WHERE id IN (SELECT flow_run_id FROM new_log) ORDER BY id FOR KEY SHARE) AS parent;
    IF held < (SELECT count(DISTINCT flow_run_id) FROM new_log) THEN
        PERFORM utility.require_flow_runs(ARRAY(SELECT flow_run_id FROM new_log WHERE flow_run_id IS NOT NULL), 'log');
    END IF;
    SELECT count(*) INTO held
    FROM (SELECT FROM task_run WHERE id IN (SELECT task_run_id FROM new_log) ORDER BY id FOR KEY SHARE) AS parent;
    IF held < (SELECT count(DISTINCT task_run_id) FROM new_log) THEN
        PERFORM utility.require_task_runs(ARRAY(SELECT task_run_id FROM new_log WHERE task_run_id IS NOT NULL), 'log');
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER check_parents AFTER INSERT ON log REFERENCING NEW TABLE AS new_log
FOR EACH STATEMENT EXECUTE FUNCTION utility.check_log_parents();

-- History goes with its run -----------------------------------------------------------------------

CREATE FUNCTION utility.delete_flow_run_history() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM flow_run_state USING old_flow_run WHERE flow_run_state.flow_run_id = old_flow_run.id;
    DELETE FROM log USING old_flow_run WHERE log.flow_run_id = old_flow_run.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER delete_history AFTER DELETE ON flow_run REFERENCING OLD TABLE AS old_flow_run
FOR EACH STATEMENT EXECUTE FUNCTION utility.delete_flow_run_history();

CREATE FUNCTION utility.delete_task_run_history() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM task_run_state USING old_task_run WHERE task_run_state.task_run_id = old_task_run.id;
    DELETE FROM log USING old_task_run WHERE log.task_run_id = old_task_run.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER delete_history AFTER DELETE ON task_run REFERENCING OLD TABLE AS old_task_run
FOR EACH STATEMENT EXECUTE FUNCTION utility.delete_task_run_history();
