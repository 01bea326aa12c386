-- Whoever writes a state writes, in the same transaction, which automations it sets off. As for cloud hooks (0014_outbox).

CREATE FUNCTION utility.flow_run_event(flow_run_id uuid) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'tenant_id', tenant.id, 'tenant_slug', tenant.slug, 'flow_id', flow.id, 'flow_name', flow.name,
        'flow_group_id', flow.flow_group_id, 'flow_run_id', run.id, 'flow_run_name', run.name, 'timestamp', now())
    FROM flow_run AS run
    JOIN flow ON flow.id = run.flow_id
    JOIN tenant ON tenant.id = run.tenant_id
    WHERE run.id = flow_run_event.flow_run_id
$$;
COMMENT ON FUNCTION utility.flow_run_event IS
    'What every event of a flow run tells. Links and the message are added when it is told (orchestration/automation_events.py).';

CREATE FUNCTION utility.owe_automations() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- All that whoever has no automation for these states pays.
    IF NOT EXISTS (
        SELECT FROM new_state JOIN hook ON hook.tenant_id = new_state.tenant_id
        WHERE hook.event_type = 'FlowRunStateChangedEvent' AND hook.event_tags -> 'state' ? new_state.state
    ) THEN
        RETURN NULL;
    END IF;
    INSERT INTO hook_delivery (tenant_id, kind, target_id, subject_id, event_id, event)
    SELECT
        state.tenant_id, 'automation', hook.id, state.flow_run_id, state.id,
        utility.flow_run_event(run.id) || jsonb_build_object(
            'id', state.id, 'event_name', hook.event_type, 'state', state.state, 'state_message', state.message)
    FROM new_state AS state
    JOIN flow_run AS run ON run.id = state.flow_run_id
    JOIN flow ON flow.id = run.flow_id
    JOIN hook ON hook.tenant_id = state.tenant_id AND hook.event_type = 'FlowRunStateChangedEvent'
        AND hook.event_tags -> 'state' ? state.state
        AND (NOT hook.event_tags ? 'flow_group_id' OR hook.event_tags -> 'flow_group_id' ? flow.flow_group_id::text)
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
COMMENT ON FUNCTION utility.owe_automations IS
    'Writes which automations new states of flow runs set off, and wakes the workers when that is committed.';

CREATE TRIGGER write_outbox_of_automations_on_state_insert
AFTER INSERT ON flow_run_state REFERENCING NEW TABLE AS new_state
FOR EACH STATEMENT EXECUTE FUNCTION utility.owe_automations();

CREATE TRIGGER forget_deliveries AFTER DELETE ON hook REFERENCING OLD TABLE AS old_target
FOR EACH STATEMENT EXECUTE FUNCTION utility.forget_deliveries();
