-- Flows: groups (what all versions share), versions, tasks, edges.

CREATE TABLE flow_group (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT flow_group_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    name varchar,
    description varchar,
    labels jsonb,
    schedule jsonb,
    settings jsonb NOT NULL DEFAULT '{}',
    default_parameters jsonb NOT NULL DEFAULT '{}',
    run_config jsonb,
    CONSTRAINT flow_group_tenant_id_name_key UNIQUE (tenant_id, name)
);
COMMENT ON TABLE flow_group IS 'What all versions of a flow share; name is the version_group_id of its flows.';
COMMENT ON COLUMN flow_group.labels IS 'List of labels; SQL NULL means "not set", which is not the same as [].';

CREATE TABLE flow (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT flow_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    project_id uuid NOT NULL CONSTRAINT flow_project_id_fkey REFERENCES project ON DELETE CASCADE,
    flow_group_id uuid NOT NULL CONSTRAINT flow_flow_group_id_fkey REFERENCES flow_group ON DELETE CASCADE,
    name varchar NOT NULL,
    version integer,
    version_group_id varchar,
    description varchar,
    environment jsonb,
    run_config jsonb,
    storage jsonb,
    parameters jsonb DEFAULT '{}',
    core_version varchar,
    serialized_flow jsonb,
    schedule jsonb,
    is_schedule_active boolean NOT NULL DEFAULT false,
    archived boolean NOT NULL DEFAULT false,
    settings jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT flow_version_key UNIQUE (tenant_id, version_group_id, version)
);
COMMENT ON TABLE flow IS 'One registered version of a flow.';

-- Whoever registers, and however many do so at once: one live version per group.
CREATE UNIQUE INDEX flow_one_unarchived_per_version_group
    ON flow (tenant_id, version_group_id) WHERE NOT archived;

CREATE TABLE task (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT task_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    flow_id uuid NOT NULL CONSTRAINT task_flow_id_fkey REFERENCES flow ON DELETE CASCADE,
    name varchar,
    slug varchar,
    description varchar,
    type varchar,
    max_retries integer,
    retry_delay interval,
    trigger varchar,
    cache_key varchar,
    tags jsonb NOT NULL DEFAULT '[]',
    auto_generated boolean NOT NULL DEFAULT false,
    mapped boolean NOT NULL DEFAULT false,
    is_root_task boolean NOT NULL DEFAULT false,
    is_terminal_task boolean NOT NULL DEFAULT false,
    is_reference_task boolean NOT NULL DEFAULT false,
    CONSTRAINT task_flow_id_slug_key UNIQUE (flow_id, slug)
);
COMMENT ON COLUMN task.mapped IS 'Derived: the task stands below a mapped edge.';

CREATE TABLE edge (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT edge_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    flow_id uuid NOT NULL CONSTRAINT edge_flow_id_fkey REFERENCES flow ON DELETE CASCADE,
    upstream_task_id uuid NOT NULL CONSTRAINT edge_upstream_task_id_fkey REFERENCES task ON DELETE CASCADE,
    downstream_task_id uuid NOT NULL CONSTRAINT edge_downstream_task_id_fkey REFERENCES task ON DELETE CASCADE,
    key varchar,
    mapped boolean NOT NULL DEFAULT false,
    CONSTRAINT edge_flow_id_task_ids_key UNIQUE (flow_id, downstream_task_id, upstream_task_id)
);
