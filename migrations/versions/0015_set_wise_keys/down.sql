-- Task runs of a deleted flow run that are not purged yet go now: their tenant may be gone.
DO $$ BEGIN WHILE utility.purge_deleted(100000) > 0 LOOP END LOOP; END $$;

ALTER TABLE task_run ADD CONSTRAINT task_run_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant ON DELETE CASCADE;
ALTER TABLE task ADD CONSTRAINT task_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant ON DELETE CASCADE;
ALTER TABLE edge ADD CONSTRAINT edge_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant ON DELETE CASCADE;

DROP TRIGGER keep_tenant ON edge;
DROP TRIGGER keep_tenant ON task;
DROP TRIGGER keep_tenant ON task_run;
DROP TRIGGER keep_tenant ON flow_run;
DROP TRIGGER keep_tenant ON flow;
DROP FUNCTION utility.keep_tenant;
DROP TRIGGER check_tenant ON edge;
DROP TRIGGER check_tenant ON task;
DROP FUNCTION utility.check_tenant_of_flow;

CREATE OR REPLACE FUNCTION utility.check_task_run_parents() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    held bigint;
BEGIN
    SELECT count(*) INTO held
    FROM (SELECT FROM flow_run WHERE id IN (SELECT flow_run_id FROM new_task_run) ORDER BY id FOR KEY SHARE) AS parent;
    IF held < (SELECT count(DISTINCT flow_run_id) FROM new_task_run) THEN
        PERFORM utility.require_flow_runs(ARRAY(SELECT flow_run_id FROM new_task_run), 'task_run');
    END IF;
    SELECT count(*) INTO held
    FROM (SELECT FROM task WHERE id IN (SELECT task_id FROM new_task_run) ORDER BY id FOR KEY SHARE) AS parent;
    IF held < (SELECT count(DISTINCT task_id) FROM new_task_run) THEN
        PERFORM utility.require_tasks(ARRAY(SELECT task_id FROM new_task_run), 'task_run');
    END IF;
    RETURN NULL;
END
$$;
DROP FUNCTION utility.refuse_tenant_of_row;

DROP FUNCTION utility.flow_runs_without_slot(uuid[], uuid[], jsonb[]);
DROP FUNCTION utility.task_runs_without_slot(uuid[], uuid[], uuid[], jsonb[]);
DROP FUNCTION utility.flow_run_locked(uuid, uuid, jsonb, integer);
DROP FUNCTION utility.task_run_locked(uuid, uuid, jsonb, integer);
