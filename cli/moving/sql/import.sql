-- What `lictor import` does in Lictor's database beside copying rows (target.py).

-- name: lock
SELECT pg_try_advisory_lock(hashtextextended('lictor.import', 0));

-- name: read_until
SELECT read_until FROM utility.import_progress WHERE source_id = :source_id AND table_name = :table;

-- name: note_progress
INSERT INTO utility.import_progress (source_id, table_name, read_until, rows_read)
VALUES (:source_id, :table, :read_until, :rows)
ON CONFLICT (source_id, table_name) DO UPDATE
SET read_until = greatest(import_progress.read_until, excluded.read_until),
    rows_read = import_progress.rows_read + excluded.rows_read,
    changed = now();

-- name: make_partitions
SELECT utility.ensure_partitions(:month, :month);

-- name: tables_of_tenants
-- Whatever a tenant may own. Being a member of it is no possession.
SELECT format('%I.%I', pg_namespace.nspname, pg_class.relname)
FROM pg_attribute
JOIN pg_class ON pg_class.oid = pg_attribute.attrelid
JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
WHERE pg_attribute.attname = 'tenant_id' AND NOT pg_attribute.attisdropped
  AND pg_namespace.nspname IN ('public', 'vault') AND pg_class.relkind IN ('r', 'p')
  AND pg_class.relname NOT IN ('membership', 'access_token')
ORDER BY 1;

-- name: taken_slugs
-- Tenants of Lictor's own whose slugs those of the source have.
SELECT slug, id FROM tenant WHERE slug = ANY (:slugs) AND id <> ALL (:ids);

-- name: set_aside
-- The empty tenant that `lictor up` made gives its slug to the one that comes.
UPDATE tenant SET slug = 'replaced-' || id WHERE id = :old;

-- name: replace_tenant
-- Whoever was a member of the empty tenant, or had it as default, has the new one.
WITH moved AS (
    UPDATE membership SET tenant_id = :new
    WHERE tenant_id = :old
      AND NOT EXISTS (SELECT FROM membership AS other
                      WHERE other.tenant_id = :new AND other.user_id = membership.user_id)
)
UPDATE auth_api_key SET default_tenant_id = :new WHERE default_tenant_id = :old;

-- name: delete_tenant
DELETE FROM tenant WHERE id = :old;

-- name: add_administrator
-- Tenants that nobody is a member of get the administrator, the first user made.
INSERT INTO membership (user_id, tenant_id)
SELECT (SELECT id FROM auth_user ORDER BY created, id LIMIT 1), tenant.id
FROM tenant
WHERE tenant.id = ANY (:tenants) AND EXISTS (SELECT FROM auth_user)
  AND NOT EXISTS (SELECT FROM membership WHERE membership.tenant_id = tenant.id);

-- name: list_waiting_task_runs
-- What the trigger of task_run_state keeps (migrations 0001).
INSERT INTO utility.waiting_task_run (task_run_id, flow_run_id, tenant_id, start_time)
SELECT id, flow_run_id, tenant_id, state_start_time
FROM task_run
WHERE tenant_id = ANY (:tenants)
  AND state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying') AND state_start_time IS NOT NULL
ON CONFLICT (task_run_id) DO UPDATE SET start_time = excluded.start_time
WHERE waiting_task_run.start_time <> excluded.start_time;

-- name: forget_task_runs_that_wait_no_more
DELETE FROM utility.waiting_task_run
WHERE tenant_id = ANY (:tenants)
  AND NOT EXISTS (
      SELECT FROM task_run
      WHERE task_run.id = waiting_task_run.task_run_id
        AND state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying') AND state_start_time IS NOT NULL);

-- name: set_schedules
-- Last: until here no schedule fires.
UPDATE flow SET is_schedule_active = staged.is_schedule_active
FROM staged
WHERE flow.id = staged.id AND flow.updated <= staged.updated
  AND flow.is_schedule_active <> staged.is_schedule_active;
