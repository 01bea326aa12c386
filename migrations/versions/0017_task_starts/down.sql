DROP FUNCTION utility.flow_run_states_now(uuid[]);
