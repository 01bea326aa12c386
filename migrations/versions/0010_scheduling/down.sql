DROP INDEX ix_flow_group_late_policy;
ALTER TABLE flow_group DROP COLUMN late_policy, DROP COLUMN late_after_seconds;
ALTER TABLE flow DROP COLUMN schedule_error;
