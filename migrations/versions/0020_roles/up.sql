-- Roles of the members of a tenant (contract ui-and-cloud.md B.1, B.2).

CREATE TABLE auth_role (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid CONSTRAINT auth_role_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    name varchar(255) NOT NULL CONSTRAINT auth_role_name_check CHECK (name <> ''),
    permissions text[] NOT NULL DEFAULT '{}',
    CONSTRAINT auth_role_tenant_id_name_key UNIQUE NULLS NOT DISTINCT (tenant_id, name)
);
COMMENT ON TABLE auth_role IS 'What a member may do: a name for a set of permissions.';
COMMENT ON COLUMN auth_role.tenant_id IS 'Whose custom role it is; null for the built-in ones, which every tenant has.';
COMMENT ON COLUMN auth_role.permissions IS 'verb:object, as in orchestration/permissions.py.';

CREATE TRIGGER update_timestamp BEFORE UPDATE ON auth_role FOR EACH ROW
    WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated) EXECUTE FUNCTION utility.set_updated_timestamp();

CREATE TRIGGER refuse_deleted_tenants AFTER INSERT ON auth_role REFERENCING NEW TABLE AS new_row
FOR EACH STATEMENT EXECUTE FUNCTION utility.refuse_rows_of_deleted_tenants();

INSERT INTO auth_role (id, name, permissions)
SELECT id::uuid, name, string_to_array(btrim(regexp_replace(permissions, '\s+', ' ', 'g')), ' ')
FROM (VALUES
    ('00000000-0000-7000-8000-00000000a001', 'TENANT_ADMIN', '
    create:agent create:api-key create:audit-trail create:cloud-hook create:concurrency-limit create:flow
    create:flow-sla create:hook create:key-value create:log create:membership create:membership-invitation
    create:message create:project create:role create:run create:secret create:secret-value
    create:service-account create:service-api-key create:tenant create:usage create:user delete:agent
    delete:api-key delete:audit-trail delete:cloud-hook delete:concurrency-limit delete:flow delete:flow-sla
    delete:hook delete:key-value delete:log delete:membership delete:membership-invitation delete:message
    delete:project delete:role delete:run delete:secret delete:secret-value delete:service-account
    delete:service-api-key delete:tenant delete:usage delete:user feature:agent-sla feature:api-action
    feature:basic-rbac feature:concurrency-limit feature:custom-role feature:flow-sla feature:version-locking
    read:agent read:api-key read:audit-trail read:cloud-hook read:concurrency-limit read:flow read:flow-sla
    read:hook read:key-value read:log read:membership read:membership-invitation read:message read:project
    read:role read:run read:secret read:secret-value read:service-account read:service-api-key read:tenant
    read:usage read:user update:agent update:api-key update:audit-trail update:cloud-hook
    update:concurrency-limit update:flow update:flow-sla update:hook update:key-value update:log
    update:membership update:membership-invitation update:message update:project update:role update:run
    update:secret update:secret-value update:service-account update:service-api-key update:tenant update:usage
    update:user'),
    ('00000000-0000-7000-8000-00000000a002', 'USER', '
    create:agent create:api-key create:cloud-hook create:flow create:flow-sla create:hook create:key-value
    create:log create:message create:project create:run create:secret delete:agent delete:api-key
    delete:cloud-hook delete:flow delete:flow-sla delete:hook delete:key-value delete:message delete:run
    delete:secret feature:agent-sla feature:api-action feature:basic-rbac feature:concurrency-limit
    feature:custom-role feature:flow-sla feature:version-locking read:agent read:api-key read:cloud-hook
    read:concurrency-limit read:flow read:flow-sla read:hook read:key-value read:log read:membership
    read:membership-invitation read:message read:project read:role read:run read:secret read:secret-value
    read:service-account read:service-api-key read:tenant read:usage read:user update:agent update:api-key
    update:cloud-hook update:flow update:flow-sla update:hook update:key-value update:log update:message
    update:project update:run update:secret'),
    ('00000000-0000-7000-8000-00000000a003', 'READ_ONLY_USER', '
    create:api-key create:message delete:api-key delete:message feature:agent-sla feature:api-action
    feature:basic-rbac feature:concurrency-limit feature:custom-role feature:flow-sla feature:version-locking
    read:agent read:api-key read:cloud-hook read:concurrency-limit read:flow read:flow-sla read:hook
    read:key-value read:log read:membership read:membership-invitation read:message read:project read:role
    read:run read:secret read:service-account read:service-api-key read:tenant read:usage read:user
    update:api-key update:message'),
    ('00000000-0000-7000-8000-00000000a004', 'RUNNER', '
    create:agent create:key-value create:log create:run delete:key-value feature:agent-sla feature:api-action
    feature:basic-rbac feature:concurrency-limit feature:custom-role feature:flow-sla feature:version-locking
    read:agent read:concurrency-limit read:flow read:key-value read:log read:membership read:message
    read:project read:role read:run read:secret read:secret-value read:tenant read:user update:agent
    update:key-value update:log update:run'),
    ('00000000-0000-7000-8000-00000000a005', 'ENTERPRISE_LICENSE_ADMIN', '
    create:agent create:api-key create:audit-trail create:cloud-hook create:concurrency-limit create:flow
    create:flow-sla create:hook create:key-value create:license create:log create:membership
    create:membership-invitation create:message create:project create:role create:run create:secret
    create:secret-value create:service-account create:service-api-key create:tenant create:usage create:user
    delete:agent delete:api-key delete:audit-trail delete:cloud-hook delete:concurrency-limit delete:flow
    delete:flow-sla delete:hook delete:key-value delete:license delete:log delete:membership
    delete:membership-invitation delete:message delete:project delete:role delete:run delete:secret
    delete:secret-value delete:service-account delete:service-api-key delete:tenant delete:usage delete:user
    feature:agent-sla feature:api-action feature:basic-rbac feature:concurrency-limit feature:custom-role
    feature:flow-sla feature:version-locking read:agent read:api-key read:audit-trail read:cloud-hook
    read:concurrency-limit read:flow read:flow-sla read:hook read:key-value read:license read:log
    read:membership read:membership-invitation read:message read:project read:role read:run read:secret
    read:secret-value read:service-account read:service-api-key read:tenant read:usage read:user update:agent
    update:api-key update:audit-trail update:cloud-hook update:concurrency-limit update:flow update:flow-sla
    update:hook update:key-value update:license update:log update:membership update:membership-invitation
    update:message update:project update:role update:run update:secret update:secret-value
    update:service-account update:service-api-key update:tenant update:usage update:user')
) AS built_in (id, name, permissions);

-- Who is a member already could do everything, and goes on to; so does who is made one by a process of the release before.
ALTER TABLE membership
    ADD COLUMN role_id uuid NOT NULL DEFAULT '00000000-0000-7000-8000-00000000a001'
    CONSTRAINT membership_role_id_fkey REFERENCES auth_role;
CREATE INDEX ix_membership_role_id ON membership (role_id);
COMMENT ON COLUMN membership.role_id IS 'What the user may do in the tenant.';
