-- What is not purged yet goes now: it would not satisfy the foreign keys.
DO $$ BEGIN WHILE utility.purge_deleted(100000) > 0 LOOP END LOOP; END $$;

DROP TRIGGER delete_task_runs ON task;
DROP TRIGGER check_parents ON task_run;
DROP TRIGGER keep_parents ON task_run;

CREATE OR REPLACE FUNCTION utility.delete_flow_run_history() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM flow_run_state USING old_flow_run WHERE flow_run_state.flow_run_id = old_flow_run.id;
    DELETE FROM log USING old_flow_run WHERE log.flow_run_id = old_flow_run.id;
    RETURN NULL;
END
$$;

ALTER TABLE task_run
    ADD CONSTRAINT task_run_flow_run_id_fkey FOREIGN KEY (flow_run_id) REFERENCES flow_run ON DELETE CASCADE,
    ADD CONSTRAINT task_run_task_id_fkey FOREIGN KEY (task_id) REFERENCES task ON DELETE CASCADE;

DROP FUNCTION utility.delete_task_runs_of_tasks;
DROP FUNCTION utility.purge_deleted;
DROP FUNCTION utility.purge_below;
DROP FUNCTION utility.keep_task_run_parents;
DROP FUNCTION utility.check_task_run_parents;
DROP FUNCTION utility.require_tasks;
DROP TABLE utility.purge;
