ALTER TABLE flow ADD COLUMN schedule_error varchar;
COMMENT ON COLUMN flow.schedule_error IS
    'Why the scheduler could make no runs of this flow when it last tried; NULL once it could.';

-- A default of a new column that is a constant rewrites nothing.
ALTER TABLE flow_group
    ADD COLUMN late_policy varchar NOT NULL DEFAULT 'run'
        CONSTRAINT flow_group_late_policy_check CHECK (late_policy IN ('run', 'latest', 'skip')),
    ADD COLUMN late_after_seconds integer NOT NULL DEFAULT 900
        CONSTRAINT flow_group_late_after_seconds_check CHECK (late_after_seconds BETWEEN 60 AND 31536000);
COMMENT ON COLUMN flow_group.late_policy IS
    'What becomes of scheduled runs that are late: run (all of them), latest (only the newest of each clock), skip (none).';
COMMENT ON COLUMN flow_group.late_after_seconds IS
    'Seconds after its time at which a scheduled run that still waits counts as late for late_policy.';

-- Few groups have such a policy; the duty that applies it begins with them.
CREATE INDEX ix_flow_group_late_policy ON flow_group (id) WHERE late_policy <> 'run';
