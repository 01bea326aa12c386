-- Projects: naming and describing them, moving flows between them.

-- name: set_project_name
UPDATE project SET name = :name
WHERE id = :project_id AND tenant_id = coalesce(:tenant_id, tenant_id)
RETURNING id;

-- name: set_project_description
UPDATE project SET description = :description
WHERE id = :project_id AND tenant_id = coalesce(:tenant_id, tenant_id)
RETURNING id;

-- name: update_flow_project
-- Only into a project of the flow's own tenant.
UPDATE flow SET project_id = project.id
FROM project
WHERE flow.id = :flow_id AND project.id = :project_id AND project.tenant_id = flow.tenant_id
  AND flow.tenant_id = coalesce(:tenant_id, flow.tenant_id)
RETURNING flow.id;
