-- What is owed to hooks. A row is the debt and its account; it stays when it is paid, until retention takes it.

CREATE FUNCTION utility.new_signing_secret() RETURNS varchar
LANGUAGE sql VOLATILE AS $$
    -- The form of Standard Webhooks. Two version 4 UUIDs hold 244 random bits.
    SELECT 'whsec_' || encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64')
$$;
COMMENT ON FUNCTION utility.new_signing_secret IS 'A key by which a listener can tell who sent a request.';

-- Hooks that exist get one each: the default is volatile.
ALTER TABLE cloud_hook ADD COLUMN signing_secret varchar DEFAULT utility.new_signing_secret();
COMMENT ON COLUMN cloud_hook.signing_secret IS 'WEBHOOK hooks sign their requests with it; NULL: they do not sign.';

CREATE TABLE hook_delivery (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT hook_delivery_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    kind varchar NOT NULL,
    target_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    event_id uuid NOT NULL,
    event jsonb NOT NULL,
    sequence bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    status varchar NOT NULL DEFAULT 'Pending'
        CONSTRAINT hook_delivery_status_check CHECK (status IN ('Pending', 'Delivered', 'Dead')),
    next_attempt timestamptz NOT NULL DEFAULT clock_timestamp(),
    claimed_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    parts_sent integer NOT NULL DEFAULT 0,
    last_attempt timestamptz,
    last_status integer,
    last_error varchar,
    finished timestamptz,
    CONSTRAINT hook_delivery_target_id_event_id_key UNIQUE (target_id, event_id),
    CONSTRAINT hook_delivery_finished_check CHECK ((status = 'Pending') = (finished IS NULL))
);
COMMENT ON TABLE hook_delivery IS
    'An event that is owed to a hook, or was: Pending, Delivered, or Dead (given up; retry_hook_delivery tries again).';
COMMENT ON COLUMN hook_delivery.kind IS 'Whose id target_id is, and how it is told (orchestration/delivery_kinds.py).';
COMMENT ON COLUMN hook_delivery.target_id IS 'Who is told: for the kind cloud_hook, a cloud_hook.';
COMMENT ON COLUMN hook_delivery.subject_id IS
    'What the event is about, such as a flow run: a target hears of one subject in the order of `sequence`.';
COMMENT ON COLUMN hook_delivery.event_id IS 'The same for all targets and all attempts; for a state change, the state''s id.';
COMMENT ON COLUMN hook_delivery.next_attempt IS
    'When it may be claimed. A claim moves it to when the claim runs out, a failure to when it is tried again.';
COMMENT ON COLUMN hook_delivery.claimed_until IS 'When the claim of the worker that is at it runs out; nobody else has this value.';
COMMENT ON COLUMN hook_delivery.attempts IS 'How often it was claimed, since it was made or taken up again.';
COMMENT ON COLUMN hook_delivery.parts_sent IS 'How many of its requests were taken, when one of several has failed.';

-- To claim: a stretch per target, so that one with a long queue hides no other. To release: the next of a subject.
CREATE INDEX ix_hook_delivery_due ON hook_delivery (target_id, next_attempt, sequence) WHERE status = 'Pending';
CREATE INDEX ix_hook_delivery_order ON hook_delivery (target_id, subject_id, sequence) WHERE status = 'Pending';
CREATE INDEX ix_hook_delivery_next_attempt ON hook_delivery (next_attempt) WHERE status = 'Pending';
CREATE INDEX ix_hook_delivery_finished ON hook_delivery (finished) WHERE finished IS NOT NULL;
CREATE INDEX ix_hook_delivery_tenant_id_created ON hook_delivery (tenant_id, created);
CREATE INDEX ix_hook_delivery_subject_id ON hook_delivery (subject_id);

CREATE TRIGGER update_timestamp BEFORE UPDATE ON hook_delivery FOR EACH ROW
WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated) EXECUTE FUNCTION utility.set_updated_timestamp();
