-- What deletes have left behind.

-- name: purge_deleted
SELECT utility.purge_deleted(:most);
