DROP FUNCTION utility.zombie_flow_runs(interval, interval, timestamptz);
DROP FUNCTION utility.zombie_task_runs(interval, interval, timestamptz);
DROP FUNCTION utility.lost_flow_runs(interval, interval, timestamptz);
DROP FUNCTION utility.silent_flow_runs(interval, interval, timestamptz);
DROP FUNCTION utility.plain_time(timestamptz);
DROP FUNCTION utility.recovered(jsonb);
DROP FUNCTION utility.api_uptime_start(interval, timestamptz);
DROP FUNCTION utility.api_is_alive(interval);
DROP TABLE utility.runner_read, utility.api_outage, utility.api_life;
