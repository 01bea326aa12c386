-- What the rest of the schema stands on. Only what both managed and embedded servers have:
-- pg_trgm is a trusted extension; gen_random_uuid() is built in since Postgres 13.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE SCHEMA utility;
COMMENT ON SCHEMA utility IS 'Functions and shapes that serve the public tables.';

-- Postgres 18 brings uuidv7(); older servers get a function of the same name, so that ids of the
-- fast-growing tables are ordered by time and land at the right edge of their indexes.
DO $do$
BEGIN
    IF to_regprocedure('pg_catalog.uuidv7()') IS NULL THEN
        CREATE FUNCTION public.uuidv7() RETURNS uuid
        LANGUAGE sql VOLATILE PARALLEL SAFE
        AS $body$
            -- 48 bits of Unix milliseconds over a random version-4 UUID, then the version bits 0100 -> 0111.
            SELECT encode(
                set_bit(set_bit(
                    overlay(uuid_send(gen_random_uuid())
                        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                        FROM 1 FOR 6),
                    52, 1), 53, 1),
                'hex')::uuid
        $body$;
    END IF;
END
$do$;
