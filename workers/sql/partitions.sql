-- name: ensure_partitions
-- Make the partitions of the coming months that are missing; returns how many were made.
SELECT count(*) FROM utility.ensure_partitions();
