-- The audit trail (orchestration/audit.py).

-- name: write
-- :entries: a JSON array of entries; one that is there already is passed over. Without a tenant said, an entry is of its
-- object's. What somebody is called is part of the sentence: nobody can look it up when they are gone.
INSERT INTO audit_log (
    id, "timestamp", tenant_id, user_id, api_key_id, role_id, address, forwarded_for, user_agent, core_version,
    request_id, operation, object_table, object_id, outcome, code, message, info)
SELECT
    entry.id, entry."timestamp", coalesce(entry.tenant_id, parent.tenant_id), entry.user_id, entry.api_key_id,
    entry.role_id, entry.address, entry.forwarded_for, entry.user_agent, entry.core_version, entry.request_id,
    entry.operation, entry.object_table, entry.object_id, entry.outcome, entry.code,
    coalesce(auth_user.username, CASE WHEN entry.user_id IS NULL THEN 'Somebody' ELSE 'A deleted user' END)
        || entry.message,
    entry.info
FROM jsonb_to_recordset(:entries::jsonb) AS entry (
    id uuid, "timestamp" timestamptz, tenant_id uuid, user_id uuid, api_key_id uuid, role_id uuid, address inet,
    forwarded_for text, user_agent text, core_version text, request_id text, operation text, object_table text,
    object_id uuid, outcome text, code text, message text, info jsonb)
LEFT JOIN auth_user ON auth_user.id = entry.user_id
LEFT JOIN LATERAL (
    SELECT tenant_id FROM flow_run WHERE entry.object_table = 'flow_run' AND id = entry.object_id
    UNION ALL SELECT tenant_id FROM task_run WHERE entry.object_table = 'task_run' AND id = entry.object_id
    UNION ALL SELECT tenant_id FROM flow WHERE entry.object_table = 'flow' AND id = entry.object_id
    UNION ALL SELECT tenant_id FROM flow_group WHERE entry.object_table = 'flow_group' AND id = entry.object_id
    UNION ALL SELECT tenant_id FROM project WHERE entry.object_table = 'project' AND id = entry.object_id
    UNION ALL SELECT tenant_id FROM agent WHERE entry.object_table = 'agent' AND id = entry.object_id
    UNION ALL SELECT id FROM tenant WHERE entry.object_table = 'tenant' AND id = entry.object_id
) AS parent ON entry.tenant_id IS NULL
ON CONFLICT DO NOTHING;

-- name: listed
-- Newest first: what people look at.
SELECT
    id, "timestamp", tenant_id, user_id, api_key_id, role_id, host(address) AS address, forwarded_for, user_agent,
    core_version, request_id, operation, object_table, object_id, outcome, code, message, info::text AS info
FROM audit_log
WHERE "timestamp" >= coalesce(:since::timestamptz, '-infinity') AND "timestamp" < coalesce(:until::timestamptz, 'infinity')
  AND tenant_id IS NOT DISTINCT FROM coalesce(:tenant_id::uuid, tenant_id)
  AND user_id IS NOT DISTINCT FROM coalesce(:user_id::uuid, user_id)
  AND object_id IS NOT DISTINCT FROM coalesce(:object_id::uuid, object_id)
ORDER BY "timestamp" DESC, id DESC
LIMIT :most::bigint;

-- name: exported
-- Oldest first: a file to which more can be added.
SELECT
    id, "timestamp", tenant_id, user_id, api_key_id, role_id, host(address) AS address, forwarded_for, user_agent,
    core_version, request_id, operation, object_table, object_id, outcome, code, message, info::text AS info
FROM audit_log
WHERE "timestamp" >= coalesce(:since::timestamptz, '-infinity') AND "timestamp" < coalesce(:until::timestamptz, 'infinity')
  AND tenant_id IS NOT DISTINCT FROM coalesce(:tenant_id::uuid, tenant_id)
  AND user_id IS NOT DISTINCT FROM coalesce(:user_id::uuid, user_id)
  AND object_id IS NOT DISTINCT FROM coalesce(:object_id::uuid, object_id)
ORDER BY "timestamp", id;

-- name: user_named
SELECT id FROM auth_user WHERE username = :name;

-- name: tenant_named
SELECT id FROM tenant WHERE slug = :name;

-- name: drop_expired
SELECT count(*) FROM utility.drop_expired_audit(:days);

-- name: row_before
SELECT utility.audited_row(:table_name, :id, :tenant_id, :columns::text[])::text;
