-- How many runs may be under way at once (contract ui-and-cloud.md B.3, 10 and 11). A slot is nobody's counter: who
-- holds one is read off the states of the runs, so whatever ends, deletes or moves a run frees its slots.

CREATE TABLE flow_concurrency_limit (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT flow_concurrency_limit_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    name varchar NOT NULL,
    "limit" integer NOT NULL CONSTRAINT flow_concurrency_limit_limit_check CHECK ("limit" >= 0),
    CONSTRAINT flow_concurrency_limit_tenant_id_name_key UNIQUE (tenant_id, name)
);
COMMENT ON TABLE flow_concurrency_limit IS 'At most so many flow runs with the label `name` are Submitted, Running or Cancelling.';

CREATE TABLE task_tag_limit (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT task_tag_limit_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    tag varchar NOT NULL,
    "limit" integer NOT NULL CONSTRAINT task_tag_limit_limit_check CHECK ("limit" >= 0),
    CONSTRAINT task_tag_limit_tenant_id_tag_key UNIQUE (tenant_id, tag)
);
COMMENT ON TABLE task_tag_limit IS 'At most so many task runs with the tag are Running or Cancelling.';

CREATE VIEW task_concurrency_limit AS
SELECT id, created, updated, tenant_id, tag AS name, "limit" FROM task_tag_limit;
COMMENT ON VIEW task_concurrency_limit IS 'task_tag_limit by its later name.';

CREATE TRIGGER update_timestamp BEFORE UPDATE ON flow_concurrency_limit FOR EACH ROW
WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated) EXECUTE FUNCTION utility.set_updated_timestamp();
CREATE TRIGGER update_timestamp BEFORE UPDATE ON task_tag_limit FOR EACH ROW
WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated) EXECUTE FUNCTION utility.set_updated_timestamp();

-- No index on task_run may name its state (docs/decisions/0007-hot-updates.md), so that the few task runs under a limit
-- are listed here when they start. Only those whose task run is still under way, in a flow run that has not ended,
-- count; whoever next takes a slot of the limit clears the others away. Hence ending a task run costs nothing, and no foreign key is needed.
CREATE TABLE utility.task_run_slot (
    limit_id uuid NOT NULL CONSTRAINT task_run_slot_limit_id_fkey REFERENCES task_tag_limit ON DELETE CASCADE,
    task_run_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    PRIMARY KEY (limit_id, task_run_id)
);
COMMENT ON TABLE utility.task_run_slot IS 'Task runs that took a slot of a limit; it is held while the task run is Running or Cancelling and its flow run has not ended.';
