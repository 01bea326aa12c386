-- Takes away all that revision 0001 brought, data included.
DROP TABLE utility.waiting_task_run, log, task_run_state, flow_run_state, task_run_artifact, task_run, flow_run, edge, task, flow,
    flow_group, agent, agent_config, message, cloud_hook, project, tenant CASCADE;
DROP SCHEMA history CASCADE;
DROP SCHEMA utility CASCADE;
DROP FUNCTION IF EXISTS public.uuidv7();
DROP EXTENSION IF EXISTS pg_trgm;
