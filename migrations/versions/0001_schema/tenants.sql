-- Tenants and what hangs directly under them.

CREATE TABLE tenant (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    name varchar(255) NOT NULL,
    slug varchar(255) NOT NULL CONSTRAINT tenant_slug_key UNIQUE,
    info jsonb,
    settings jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE tenant IS 'A team; owns everything else.';

CREATE TABLE project (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT project_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    name varchar NOT NULL,
    description varchar,
    CONSTRAINT project_tenant_id_name_key UNIQUE (tenant_id, name)
);
COMMENT ON TABLE project IS 'A named collection of flows.';

CREATE TABLE cloud_hook (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT cloud_hook_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    name varchar,
    type varchar NOT NULL,
    states jsonb,
    config jsonb NOT NULL DEFAULT '{}',
    active boolean NOT NULL DEFAULT true,
    version_group_id varchar
);
COMMENT ON TABLE cloud_hook IS 'Who is told of which flow run states; NULL version_group_id means all flows.';

CREATE TABLE message (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT message_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    read boolean NOT NULL DEFAULT false,
    type varchar,
    text varchar,
    content jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE message IS 'Notifications shown in the UI.';

CREATE TABLE agent_config (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT agent_config_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    name varchar,
    settings jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE agent_config IS 'Settings that an agent reads at its start.';

CREATE TABLE agent (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT agent_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    agent_config_id uuid CONSTRAINT agent_agent_config_id_fkey REFERENCES agent_config ON DELETE SET NULL,
    name varchar,
    type varchar,
    core_version varchar,
    labels jsonb NOT NULL DEFAULT '[]',
    last_queried timestamptz DEFAULT now()
) WITH (fillfactor = 50);
COMMENT ON TABLE agent IS 'A process that deploys flow runs; last_queried is its sign of life.';

-- One row per identity, however many agents register at once (contract server.md 3.6.8). The digest
-- keeps long lists of labels below the size an index entry may have.
CREATE UNIQUE INDEX agent_identity_key
    ON agent (tenant_id, type, name, core_version, md5(labels::text)) NULLS NOT DISTINCT;
