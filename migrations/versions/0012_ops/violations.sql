-- All invariants together. A condition on `invariant` leaves the others unasked.

CREATE FUNCTION ops.find_violations(since timestamptz) RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    SELECT found.*
    FROM (
        SELECT * FROM ops.check_flow_run_versions(since)
        UNION ALL SELECT * FROM ops.check_task_run_versions(since)
        UNION ALL SELECT * FROM ops.check_flow_run_state(since)
        UNION ALL SELECT * FROM ops.check_task_run_state(since)
        UNION ALL SELECT * FROM ops.check_forgotten_flow_runs()
        UNION ALL SELECT * FROM ops.check_waiting_task_runs(since)
        UNION ALL SELECT * FROM ops.check_missing_task_runs()
        UNION ALL SELECT * FROM ops.check_duplicate_schedule_keys()
        UNION ALL SELECT * FROM ops.check_runs_without_schedule()
        UNION ALL SELECT * FROM ops.check_unarchived_flows()
        UNION ALL SELECT * FROM ops.check_flow_concurrency()
        UNION ALL SELECT * FROM ops.check_task_concurrency()
        UNION ALL SELECT * FROM ops.check_tenants(since)
        UNION ALL SELECT * FROM ops.check_orphans(since)
        UNION ALL SELECT * FROM ops.check_tasks_of_other_flows(since)
        UNION ALL SELECT * FROM ops.check_duties()
    ) AS found
    -- What a deleted tenant still owns goes piece by piece.
    WHERE NOT EXISTS (SELECT FROM utility.tenant_deletion AS deletion WHERE deletion.tenant_id = found.tenant_id)
$$;
COMMENT ON FUNCTION ops.find_violations IS
    'What breaks an invariant, with history searched from `since` on; -infinity searches all of it.';

CREATE VIEW ops.invariant_violations AS
SELECT invariant, tenant_id, object_type, id, detail
FROM ops.find_violations(now() - interval '1 hour');
COMMENT ON VIEW ops.invariant_violations IS
    'What breaks an invariant: always empty. History is searched one hour back; ops.find_violations searches further.';
