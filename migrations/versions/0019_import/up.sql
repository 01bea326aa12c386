-- How far `lictor import` has come: written together with the rows, so that whoever kills it loses no more than a batch.

CREATE TABLE utility.import_progress (
    source_id uuid NOT NULL,
    table_name text NOT NULL,
    read_until timestamptz NOT NULL,
    rows_read bigint NOT NULL,
    changed timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source_id, table_name)
);
COMMENT ON TABLE utility.import_progress IS 'How far a table of a Prefect Server has been taken over.';
COMMENT ON COLUMN utility.import_progress.source_id IS 'Which Prefect Server: the id of its oldest tenant.';
COMMENT ON COLUMN utility.import_progress.read_until IS 'Rows are read by `updated`: all until this time are here.';
