DROP INDEX ix_flow_run_end_time;
DROP INDEX ix_flow_run_scheduled_start_time;
