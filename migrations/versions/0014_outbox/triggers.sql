-- Whoever writes a state writes, in the same transaction, who has to be told of it.

CREATE FUNCTION utility.flow_run_state_changed(facts jsonb) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT facts || jsonb_build_object(
        'flow_run', part.flow_run || jsonb_build_object('flow', part.flow, 'tenant', part.tenant),
        'state', part.state, 'flow', part.flow, 'tenant', part.tenant)
    FROM (
        SELECT
            to_jsonb(jsonb_populate_record(NULL::flow_run, facts -> 'flow_run')) AS flow_run,
            to_jsonb(jsonb_populate_record(NULL::flow_run_state, facts -> 'state')) AS state,
            to_jsonb(jsonb_populate_record(NULL::flow, facts -> 'flow')) AS flow,
            to_jsonb(jsonb_populate_record(NULL::tenant, facts -> 'tenant')) AS tenant
    ) AS part
$$;
COMMENT ON FUNCTION utility.flow_run_state_changed IS
    'The event FlowRunStateChange as listeners get it (contract server.md 3.6.11): all columns, those not told are null.';

CREATE FUNCTION utility.flow_run_state_facts(state flow_run_state) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
    -- The run has its new state already; the one before is in its history.
    RETURN (
        SELECT jsonb_build_object(
            'id', state.id, 'timestamp', now(), 'type', 'FlowRunStateChange', 'is_test_event', false,
            'flow_run', jsonb_build_object(
                'id', run.id, 'name', run.name, 'state', before.state, 'version', coalesce(before.version, 0)),
            'state', jsonb_build_object(
                'id', state.id, 'flow_run_id', state.flow_run_id, 'state', state.state, 'version', state.version,
                'timestamp', state."timestamp", 'message', state.message, 'result', state.result,
                'start_time', state.start_time, 'serialized_state', state.serialized_state),
            'flow', jsonb_build_object(
                'id', flow.id, 'name', flow.name, 'flow_group_id', flow.flow_group_id,
                'version_group_id', flow.version_group_id),
            'tenant', jsonb_build_object('id', tenant.id, 'slug', tenant.slug))
        FROM flow_run AS run
        JOIN flow ON flow.id = run.flow_id
        JOIN tenant ON tenant.id = run.tenant_id
        LEFT JOIN LATERAL (
            SELECT earlier.state, earlier.version
            FROM flow_run_state AS earlier
            WHERE earlier.flow_run_id = run.id AND earlier.version < state.version
            ORDER BY earlier.version DESC
            LIMIT 1
        ) AS before ON true
        WHERE run.id = state.flow_run_id);
END
$$;
COMMENT ON FUNCTION utility.flow_run_state_facts IS
    'What hook_delivery.event keeps of a state that a flow run has just entered; flow_run_state_changed makes it whole.';

CREATE FUNCTION utility.owe_cloud_hooks() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- All that whoever has no hook for these states pays.
    IF NOT EXISTS (
        SELECT FROM new_state JOIN cloud_hook ON cloud_hook.tenant_id = new_state.tenant_id
        WHERE cloud_hook.active AND cloud_hook.states ? upper(new_state.state)
    ) THEN
        RETURN NULL;
    END IF;
    -- The numbers of `sequence` are taken while the run's row is locked: for one run they are in the order of commits.
    INSERT INTO hook_delivery (tenant_id, kind, target_id, subject_id, event_id, event)
    SELECT state.tenant_id, 'cloud_hook', hook.id, state.flow_run_id, state.id,
        utility.flow_run_state_facts(ROW (state.*)::flow_run_state)
    FROM new_state AS state
    JOIN flow_run AS run ON run.id = state.flow_run_id
    JOIN flow ON flow.id = run.flow_id
    JOIN cloud_hook AS hook ON hook.tenant_id = state.tenant_id AND hook.active
        AND hook.states ? upper(state.state)
        AND (hook.version_group_id IS NULL OR hook.version_group_id = flow.version_group_id)
    -- A state older than the run's is history that somebody adds, and no change.
    WHERE NOT EXISTS (
        SELECT FROM flow_run_state AS later
        WHERE later.flow_run_id = state.flow_run_id AND later.version > state.version
          AND NOT EXISTS (SELECT FROM new_state AS beside WHERE beside.id = later.id))
    ORDER BY state.flow_run_id, state.version, state."timestamp"
    ON CONFLICT ON CONSTRAINT hook_delivery_target_id_event_id_key DO NOTHING;
    IF FOUND THEN
        NOTIFY lictor_hook_delivery;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION utility.owe_cloud_hooks IS
    'Writes what new states of flow runs owe to cloud hooks, and wakes the workers when that is committed.';

-- Triggers fire in the order of their names: this one after update_flow_run_details_on_state_insert.
CREATE TRIGGER write_outbox_on_state_insert
AFTER INSERT ON flow_run_state REFERENCING NEW TABLE AS new_state
FOR EACH STATEMENT EXECUTE FUNCTION utility.owe_cloud_hooks();

CREATE FUNCTION utility.forget_deliveries() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM hook_delivery
    WHERE id IN (
        SELECT hook_delivery.id FROM hook_delivery JOIN old_target ON old_target.id = hook_delivery.target_id
        -- As whoever records what became of several locks them.
        ORDER BY hook_delivery.id FOR UPDATE OF hook_delivery);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION utility.forget_deliveries IS 'What a deleted target was owed goes with it.';

CREATE TRIGGER forget_deliveries AFTER DELETE ON cloud_hook REFERENCING OLD TABLE AS old_target
FOR EACH STATEMENT EXECUTE FUNCTION utility.forget_deliveries();
