-- What the statement that sets states (orchestration/sql/states.sql) seldom has to know, in functions: a plan's steps cost
-- setting up in each call, whether they are taken or not.
--
-- Who asks for slots says what runs there are; which limits these mean is looked up here.

CREATE FUNCTION utility.flow_runs_without_slot(flow_run_ids uuid[], of_tenants uuid[], of_labels jsonb[]) RETURNS jsonb
LANGUAGE plpgsql STRICT AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM flow_concurrency_limit WHERE tenant_id = ANY (of_tenants)) THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT jsonb_object_agg(answer.refused_id, jsonb_build_object('name', answer.limit_name, 'size', answer.limit_size))
        FROM (
            SELECT array_agg(id ORDER BY number) AS ids, array_agg(limit_id ORDER BY number) AS limit_ids
            FROM (
                SELECT DISTINCT ON (run.id, place.id) run.id, place.id AS limit_id, run.number
                FROM unnest(flow_run_ids, of_tenants, of_labels) WITH ORDINALITY AS run (id, tenant_id, labels, number)
                -- One look into the index for each of the run's few labels (LIMIT keeps it that), whatever other limits exist.
                CROSS JOIN LATERAL jsonb_array_elements_text(
                    CASE jsonb_typeof(run.labels) WHEN 'array' THEN run.labels ELSE '[]' END) AS label (name)
                CROSS JOIN LATERAL (
                    SELECT id FROM flow_concurrency_limit WHERE tenant_id = run.tenant_id AND name = label.name LIMIT 1
                ) AS place
                ORDER BY run.id, place.id, run.number
            ) AS pair
            HAVING count(*) > 0
        ) AS asking
        CROSS JOIN LATERAL utility.refuse_flow_run_slots(asking.ids, asking.limit_ids) AS answer);
END
$$;
COMMENT ON FUNCTION utility.flow_runs_without_slot IS
    'Of flow runs that ask for a slot of each limit on their labels, in this order: {id: {name, size} of the limit that '
    'is full}, NULL if there is none. The others may be made Submitted or Running in this transaction.';

CREATE FUNCTION utility.task_runs_without_slot(
    task_run_ids uuid[], of_tenants uuid[], of_tasks uuid[], of_tags jsonb[]
) RETURNS jsonb
LANGUAGE plpgsql STRICT AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM task_tag_limit WHERE tenant_id = ANY (of_tenants)) THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT jsonb_object_agg(answer.refused_id, jsonb_build_object('name', answer.limit_name, 'size', answer.limit_size))
        FROM (
            SELECT array_agg(id ORDER BY number) AS ids, array_agg(limit_id ORDER BY number) AS limit_ids
            FROM (
                SELECT DISTINCT ON (run.id, place.id) run.id, place.id AS limit_id, run.number
                FROM unnest(task_run_ids, of_tenants, of_tasks, of_tags) WITH ORDINALITY
                    AS run (id, tenant_id, task_id, tags, number)
                -- A state made by hand does not say its task's tags.
                CROSS JOIN LATERAL (
                    SELECT coalesce(
                        nullif(run.tags, 'null'), (SELECT tags FROM task WHERE task.id = run.task_id)) AS tags
                ) AS tagged
                CROSS JOIN LATERAL jsonb_array_elements_text(
                    CASE jsonb_typeof(tagged.tags) WHEN 'array' THEN tagged.tags ELSE '[]' END) AS tag (name)
                CROSS JOIN LATERAL (
                    SELECT id FROM task_tag_limit WHERE tenant_id = run.tenant_id AND task_tag_limit.tag = tag.name LIMIT 1
                ) AS place
                ORDER BY run.id, place.id, run.number
            ) AS pair
            HAVING count(*) > 0
        ) AS asking
        CROSS JOIN LATERAL utility.take_task_run_slots(asking.ids, asking.limit_ids) AS answer);
END
$$;
COMMENT ON FUNCTION utility.task_runs_without_slot IS
    'Gives task runs, in this order, a slot of each limit on their tags; of those that get none {id: {name, size} of the '
    'limit that is full}, NULL if there is none.';

-- Whether a caller who names `of_version` (NULL: none), which is not the run's, may still start the run: not if its flow
-- group locks versions, nor if a service has moved the run on since. STABLE: as the statement that asks sees it.

CREATE FUNCTION utility.flow_run_locked(of_flow_run uuid, of_flow uuid, present jsonb, of_version integer) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT flow_group.settings -> 'version_locking_enabled' = 'true'
            FROM flow JOIN flow_group ON flow_group.id = flow.flow_group_id
            WHERE flow.id = of_flow)
        OR (of_version IS NOT NULL AND utility.recovered(present))
        OR EXISTS (SELECT FROM flow_run_state AS since
                   WHERE since.flow_run_id = of_flow_run AND since.version > of_version
                     AND utility.recovered(since.serialized_state));
END
$$;
COMMENT ON FUNCTION utility.flow_run_locked IS
    'Whether a flow run is closed to who read it at an older version, or at none: versions are locked, or it was recovered.';

CREATE FUNCTION utility.task_run_locked(of_task_run uuid, of_flow uuid, present jsonb, of_version integer) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT flow_group.settings -> 'version_locking_enabled' = 'true'
            FROM flow JOIN flow_group ON flow_group.id = flow.flow_group_id
            WHERE flow.id = of_flow)
        OR (of_version IS NOT NULL AND utility.recovered(present))
        OR EXISTS (SELECT FROM task_run_state AS since
                   WHERE since.task_run_id = of_task_run AND since.version > of_version
                     AND utility.recovered(since.serialized_state));
END
$$;
COMMENT ON FUNCTION utility.task_run_locked IS
    'Whether a task run is closed to who read it at an older version, or at none: versions are locked, or it was recovered.';
