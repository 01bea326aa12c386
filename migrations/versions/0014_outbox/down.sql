DROP TRIGGER forget_deliveries ON cloud_hook;
DROP TRIGGER write_outbox_on_state_insert ON flow_run_state;
DROP FUNCTION utility.forget_deliveries();
DROP FUNCTION utility.owe_cloud_hooks();
DROP FUNCTION utility.flow_run_state_facts(flow_run_state);
DROP FUNCTION utility.flow_run_state_changed(jsonb);
DROP TABLE hook_delivery;
ALTER TABLE cloud_hook DROP COLUMN signing_secret;
DROP FUNCTION utility.new_signing_secret();
