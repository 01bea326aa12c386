DROP FUNCTION utility.retention_preview(jsonb, timestamptz);
DROP FUNCTION utility.delete_from_partition(text, uuid[], bigint, bigint);
DROP FUNCTION utility.drop_partition(text, text);
DROP VIEW utility.history_partition;
DROP FUNCTION utility.retention_cutoffs(jsonb, timestamptz);
DROP TABLE utility.retention_cleaned, retention_policy;
