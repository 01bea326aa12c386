DROP FUNCTION utility.refuse_flow_run_slots(uuid[], uuid[]);
DROP FUNCTION utility.take_task_run_slots(uuid[], uuid[]);
DROP FUNCTION utility.is_under_way(uuid);
DROP FUNCTION utility.queued_state(jsonb, text, timestamptz);
DROP VIEW task_concurrency_limit;
DROP TABLE utility.task_run_slot, task_tag_limit, flow_concurrency_limit;
