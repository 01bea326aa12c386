-- The switch of a tenant's work queue; orchestration/sql/queue.sql obeys it.

-- name: set_work_queue_paused
UPDATE tenant
SET settings = settings || jsonb_build_object('work_queue_paused', :paused::boolean)
WHERE id = :tenant_id AND NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id)
RETURNING id;
