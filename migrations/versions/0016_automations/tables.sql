-- Automations (contract ui-and-cloud.md B.4). Names of tables and columns are Prefect Cloud's.

CREATE TABLE action (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT action_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    name varchar,
    action_type varchar NOT NULL,
    config jsonb NOT NULL,
    signing_secret varchar DEFAULT utility.new_signing_secret()
);
COMMENT ON TABLE action IS 'What an automation does. config has one key, which names the kind (orchestration/action_config.py).';
COMMENT ON COLUMN action.action_type IS 'The class of the kind, such as WebhookAction.';
COMMENT ON COLUMN action.signing_secret IS 'A WebhookAction signs its requests with it; NULL: it does not sign.';
CREATE INDEX ix_action_tenant_id ON action (tenant_id);

CREATE TABLE hook (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT hook_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    action_id uuid NOT NULL CONSTRAINT hook_action_id_fkey REFERENCES action ON DELETE CASCADE,
    event_type varchar NOT NULL CONSTRAINT hook_event_type_check
        CHECK (event_type IN ('FlowRunStateChangedEvent', 'FlowSLAFailedEvent', 'AgentSLAFailedEvent')),
    event_tags jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE hook IS 'An automation: which events lead to which action. (Cloud hooks are another thing: cloud_hook.)';
COMMENT ON COLUMN hook.event_tags IS 'Which events of the type: a key is a field, its value a list of what it may be. Without a key: any.';
CREATE INDEX ix_hook_tenant_id_event_type ON hook (tenant_id, event_type);
CREATE INDEX ix_hook_action_id ON hook (action_id);

CREATE TABLE flow_sla_config (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT flow_sla_config_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    kind varchar NOT NULL CONSTRAINT flow_sla_config_kind_check
        CHECK (kind IN ('SCHEDULED_NOT_STARTED', 'STARTED_NOT_FINISHED')),
    duration_seconds integer NOT NULL CONSTRAINT flow_sla_config_duration_seconds_check CHECK (duration_seconds > 0)
);
COMMENT ON TABLE flow_sla_config IS 'How long runs may take to start, or to finish.';
CREATE INDEX ix_flow_sla_config_tenant_id ON flow_sla_config (tenant_id);

CREATE TABLE flow_group_sla (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT flow_group_sla_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    flow_sla_config_id uuid NOT NULL CONSTRAINT flow_group_sla_flow_sla_config_id_fkey
        REFERENCES flow_sla_config ON DELETE CASCADE,
    flow_group_id uuid NOT NULL CONSTRAINT flow_group_sla_flow_group_id_fkey REFERENCES flow_group ON DELETE CASCADE,
    CONSTRAINT flow_group_sla_flow_sla_config_id_flow_group_id_key UNIQUE (flow_sla_config_id, flow_group_id)
);
COMMENT ON TABLE flow_group_sla IS 'Runs of the flow group are held to the SLA config, from `created` on.';
CREATE INDEX ix_flow_group_sla_flow_group_id ON flow_group_sla (flow_group_id);
CREATE INDEX ix_flow_group_sla_tenant_id ON flow_group_sla (tenant_id);

ALTER TABLE agent_config ADD COLUMN sla_min_healthy integer NOT NULL DEFAULT 1
    CONSTRAINT agent_config_sla_min_healthy_check CHECK (sla_min_healthy > 0);
COMMENT ON COLUMN agent_config.sla_min_healthy IS 'With fewer agents that have asked for runs lately, its SLA is broken.';

-- What has been told already.
CREATE TABLE utility.flow_sla_failure (
    flow_run_id uuid NOT NULL CONSTRAINT flow_sla_failure_flow_run_id_fkey REFERENCES flow_run ON DELETE CASCADE,
    flow_sla_config_id uuid NOT NULL CONSTRAINT flow_sla_failure_flow_sla_config_id_fkey
        REFERENCES flow_sla_config ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT uuidv7(),
    created timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT flow_sla_failure_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    PRIMARY KEY (flow_run_id, flow_sla_config_id)
);
COMMENT ON TABLE utility.flow_sla_failure IS 'A run that has broken an SLA: told once. id: of the event.';
CREATE INDEX ix_flow_sla_failure_flow_sla_config_id ON utility.flow_sla_failure (flow_sla_config_id);
CREATE INDEX ix_flow_sla_failure_tenant_id ON utility.flow_sla_failure (tenant_id);

CREATE TABLE utility.agent_sla_failure (
    agent_config_id uuid PRIMARY KEY CONSTRAINT agent_sla_failure_agent_config_id_fkey
        REFERENCES agent_config ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT uuidv7(),
    created timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT agent_sla_failure_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE
);
COMMENT ON TABLE utility.agent_sla_failure IS
    'An outage of the agents of a config that goes on and was told; gone when they have recovered. id: of the event.';
CREATE INDEX ix_agent_sla_failure_tenant_id ON utility.agent_sla_failure (tenant_id);

CREATE TABLE utility.automation_run (
    -- No foreign key: what descends from a deleted run descends from it all the same.
    flow_run_id uuid PRIMARY KEY,
    root_id uuid NOT NULL,
    created timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT automation_run_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE
);
COMMENT ON TABLE utility.automation_run IS
    'A run that an automation made, and the run made by others that it all began with: so that automations which set off each other come to an end.';
CREATE INDEX ix_automation_run_root_id ON utility.automation_run (root_id);
CREATE INDEX ix_automation_run_created ON utility.automation_run (created);
CREATE INDEX ix_automation_run_tenant_id ON utility.automation_run (tenant_id);

DO $do$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['action', 'hook', 'flow_sla_config', 'flow_group_sla'] LOOP
        EXECUTE format(
            'CREATE TRIGGER update_timestamp BEFORE UPDATE ON public.%I FOR EACH ROW '
            'WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated) EXECUTE FUNCTION utility.set_updated_timestamp()',
            table_name);
    END LOOP;
    -- The others need one of these.
    FOREACH table_name IN ARRAY ARRAY['action', 'flow_sla_config'] LOOP
        EXECUTE format(
            'CREATE TRIGGER refuse_deleted_tenants AFTER INSERT ON public.%I REFERENCING NEW TABLE AS new_row '
            'FOR EACH STATEMENT EXECUTE FUNCTION utility.refuse_rows_of_deleted_tenants()', table_name);
    END LOOP;
END
$do$;
