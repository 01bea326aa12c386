DROP TRIGGER write_outbox_of_automations_on_state_insert ON flow_run_state;
DROP FUNCTION utility.owe_automations();
DROP FUNCTION utility.flow_run_event(uuid);
DELETE FROM hook_delivery WHERE kind = 'automation';
DROP TABLE utility.automation_run, utility.agent_sla_failure, utility.flow_sla_failure;
ALTER TABLE agent_config DROP COLUMN sla_min_healthy;
DROP TABLE flow_group_sla, flow_sla_config, hook, action;
