-- Taking slots. Both functions lock the limits in the order of their ids until the transaction ends, and count only
-- then: a statement of a plpgsql function sees what has been committed before it began, so that of two who ask at the
-- same moment the second sees what the first has got. The caller holds the runs' rows already.

CREATE FUNCTION utility.refuse_flow_run_slots(flow_run_ids uuid[], limit_ids uuid[])
RETURNS TABLE (refused_id uuid, limit_name varchar, limit_size integer)
LANGUAGE plpgsql AS $$
DECLARE
    free jsonb;
    asking record;
    full_limit uuid;
BEGIN
    PERFORM FROM flow_concurrency_limit WHERE id = ANY (limit_ids) ORDER BY id FOR NO KEY UPDATE;
    SELECT coalesce(jsonb_object_agg(place.id, place."limit" - held.slots), '{}') INTO free
    FROM flow_concurrency_limit AS place
    CROSS JOIN LATERAL (
        SELECT count(*) AS slots
        FROM flow_run
        WHERE flow_run.tenant_id = place.tenant_id AND flow_run.state IN ('Submitted', 'Running', 'Cancelling')
          AND flow_run.labels ? place.name AND flow_run.id <> ALL (flow_run_ids)
    ) AS held
    WHERE place.id = ANY (limit_ids);

    FOR asking IN
        SELECT pair.run_id, array_agg(pair.limit_id) AS limits
        FROM unnest(flow_run_ids, limit_ids) WITH ORDINALITY AS pair (run_id, limit_id, number)
        GROUP BY pair.run_id
        ORDER BY min(pair.number)
    LOOP
        -- A limit that was deleted a moment ago is not in `free` and limits nothing.
        SELECT wanted INTO full_limit
        FROM unnest(asking.limits) AS wanted WHERE (free ->> wanted::text)::bigint <= 0 LIMIT 1;
        IF full_limit IS NULL THEN
            SELECT free || coalesce(jsonb_object_agg(wanted, (free ->> wanted::text)::bigint - 1), '{}') INTO free
            FROM unnest(asking.limits) AS wanted WHERE free ? wanted::text;
        ELSE
            RETURN QUERY
            SELECT asking.run_id, place.name, place."limit" FROM flow_concurrency_limit AS place WHERE place.id = full_limit;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION utility.refuse_flow_run_slots IS
    'Of flow runs that ask for a slot of each of the limits beside them, in this order: those for which a limit is full. '
    'The others may be made Submitted or Running in this transaction.';

CREATE FUNCTION utility.is_under_way(of_task_run_id uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    -- A process that dies says nothing of its task runs: once its flow run has ended, nobody works on them.
    SELECT EXISTS (
        SELECT FROM task_run
        JOIN flow_run ON flow_run.id = task_run.flow_run_id
        WHERE task_run.id = of_task_run_id AND task_run.state IN ('Running', 'Cancelling')
          AND flow_run.state NOT IN (
              'Finished', 'Looped', 'Success', 'Cached', 'Mapped', 'Skipped', 'Cancelled', 'Failed', 'TimedOut',
              'TriggerFailed', 'ValidationFailed'))
$$;
COMMENT ON FUNCTION utility.is_under_way IS 'Whether a task run that took slots holds them still.';

CREATE FUNCTION utility.take_task_run_slots(task_run_ids uuid[], limit_ids uuid[])
RETURNS TABLE (refused_id uuid, limit_name varchar, limit_size integer)
LANGUAGE plpgsql AS $$
DECLARE
    free jsonb;
    asking record;
    full_limit uuid;
BEGIN
    PERFORM FROM task_tag_limit WHERE id = ANY (limit_ids) ORDER BY id FOR NO KEY UPDATE;
    DELETE FROM utility.task_run_slot AS slot
    WHERE slot.limit_id = ANY (limit_ids)
      AND (slot.task_run_id = ANY (task_run_ids)
           OR NOT utility.is_under_way(slot.task_run_id));
    SELECT coalesce(jsonb_object_agg(place.id, place."limit" - held.slots), '{}') INTO free
    FROM task_tag_limit AS place
    CROSS JOIN LATERAL (
        SELECT count(*) AS slots FROM utility.task_run_slot AS slot WHERE slot.limit_id = place.id
    ) AS held
    WHERE place.id = ANY (limit_ids);

    FOR asking IN
        SELECT pair.run_id, array_agg(pair.limit_id) AS limits
        FROM unnest(task_run_ids, limit_ids) WITH ORDINALITY AS pair (run_id, limit_id, number)
        GROUP BY pair.run_id
        ORDER BY min(pair.number)
    LOOP
        SELECT wanted INTO full_limit
        FROM unnest(asking.limits) AS wanted WHERE (free ->> wanted::text)::bigint <= 0 LIMIT 1;
        IF full_limit IS NULL THEN
            SELECT free || coalesce(jsonb_object_agg(wanted, (free ->> wanted::text)::bigint - 1), '{}') INTO free
            FROM unnest(asking.limits) AS wanted WHERE free ? wanted::text;
            INSERT INTO utility.task_run_slot (limit_id, task_run_id, tenant_id)
            SELECT place.id, asking.run_id, place.tenant_id
            FROM task_tag_limit AS place WHERE place.id = ANY (asking.limits);
        ELSE
            RETURN QUERY
            SELECT asking.run_id, place.tag, place."limit" FROM task_tag_limit AS place WHERE place.id = full_limit;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION utility.take_task_run_slots IS
    'Gives task runs a slot of each of the limits beside them, in this order; those for which a limit is full come back.';

CREATE FUNCTION utility.queued_state(present jsonb, message text, start_time timestamptz) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    -- The client looks beneath Queued and Submitted for the state to go on from (contract client.md 4.1), such as a
    -- Retrying with its run_count. Two such layers are the most there can be: an agent submits what is Queued.
    SELECT jsonb_build_object('type', 'Queued', 'message', message, 'start_time', start_time, 'state',
        CASE WHEN layer.state ->> 'type' IN ('Queued', 'Submitted') THEN layer.state -> 'state' ELSE layer.state END)
    FROM (
        SELECT CASE WHEN present ->> 'type' IN ('Queued', 'Submitted') THEN present -> 'state' ELSE present END AS state
    ) AS layer
$$;
COMMENT ON FUNCTION utility.queued_state IS 'The Queued state of a run whose state is `present` and that waits for a slot.';
