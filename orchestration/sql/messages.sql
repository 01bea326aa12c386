-- Messages of the UI (contract server.md 3.6.10). :caller_tenant_id: the tenant the caller acts for; NULL means any.

-- name: mark_message
UPDATE message SET read = :read
WHERE id = :message_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
RETURNING id;

-- name: delete_message
DELETE FROM message
WHERE id = :message_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
RETURNING id;
