-- Walks along the edges of a flow (contract server.md 1.4 C).

CREATE TABLE utility.traversal (
    tenant_id uuid,
    task_id uuid,
    depth integer
);
COMMENT ON TABLE utility.traversal IS 'The shape of what the traversal functions return; always empty.';

CREATE FUNCTION utility.downstream_tasks(start_task_ids uuid[], depth_limit integer DEFAULT 50)
RETURNS SETOF utility.traversal
LANGUAGE sql STABLE
AS $$
    WITH RECURSIVE walk (tenant_id, task_id, depth) AS (
        SELECT task.tenant_id, task.id, 0 FROM task WHERE task.id = ANY (start_task_ids)
        UNION
        SELECT edge.tenant_id, edge.downstream_task_id, walk.depth + 1
        FROM walk JOIN edge ON edge.upstream_task_id = walk.task_id
        WHERE walk.depth < least(50, depth_limit)
    )
    SELECT tenant_id, task_id, max(depth) FROM walk GROUP BY tenant_id, task_id ORDER BY 3, 2, 1
$$;

CREATE FUNCTION utility.upstream_tasks(start_task_ids uuid[], depth_limit integer DEFAULT 50)
RETURNS SETOF utility.traversal
LANGUAGE sql STABLE
AS $$
    WITH RECURSIVE walk (tenant_id, task_id, depth) AS (
        SELECT task.tenant_id, task.id, 0 FROM task WHERE task.id = ANY (start_task_ids)
        UNION
        SELECT edge.tenant_id, edge.upstream_task_id, walk.depth + 1
        FROM walk JOIN edge ON edge.downstream_task_id = walk.task_id
        WHERE walk.depth < least(50, depth_limit)
    )
    SELECT tenant_id, task_id, max(depth) FROM walk GROUP BY tenant_id, task_id ORDER BY 3, 2, 1
$$;
