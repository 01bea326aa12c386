-- A company: what mutations are tried on. The rows are made anew before every test (company_rows.sql).
CREATE TYPE mood AS ENUM ('calm', 'cross');

CREATE TABLE team (
    id serial PRIMARY KEY,
    name text UNIQUE,
    budget numeric NOT NULL DEFAULT 10,
    note text
);
CREATE TABLE person (
    id serial PRIMARY KEY,
    team_id integer REFERENCES team (id),
    boss_id integer REFERENCES person (id),
    name text NOT NULL,
    email text UNIQUE,
    age integer CONSTRAINT grown CHECK (age >= 0),
    mood mood DEFAULT 'calm',
    secret text DEFAULT 'none',
    created_by text
);
-- one to one, the key is on this side
CREATE TABLE badge (
    person_id integer PRIMARY KEY REFERENCES person (id),
    code text UNIQUE,
    level integer NOT NULL DEFAULT 1
);
CREATE TABLE task (
    id bigserial PRIMARY KEY,
    owner_id integer NOT NULL REFERENCES person (id),
    title text NOT NULL,
    points integer DEFAULT 1,
    doc jsonb,
    UNIQUE (owner_id, title)
);
CREATE TABLE tag (name text PRIMARY KEY, color text);
CREATE TABLE task_tag (
    task_id bigint REFERENCES task (id),
    tag text REFERENCES tag (name),
    weight double precision,
    PRIMARY KEY (task_id, tag)
);
CREATE TABLE grid (a integer, b text, label text, PRIMARY KEY (a, b));
CREATE TABLE cell (a integer, b text, n integer, PRIMARY KEY (a, b, n), FOREIGN KEY (a, b) REFERENCES grid (a, b));
CREATE TABLE booking (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    during int4range NOT NULL,
    hours integer GENERATED ALWAYS AS (upper(during) - lower(during)) STORED,
    CONSTRAINT one_at_a_time EXCLUDE USING gist (during WITH &&)
);
CREATE TABLE ledger (id integer PRIMARY KEY, owner text, amount integer) PARTITION BY RANGE (id);
CREATE TABLE ledger_low PARTITION OF ledger FOR VALUES FROM (0) TO (100);
CREATE TABLE ledger_high PARTITION OF ledger FOR VALUES FROM (100) TO (200);

CREATE TABLE thread (id serial PRIMARY KEY, title text);
CREATE TABLE message (id serial PRIMARY KEY, thread_id integer REFERENCES thread (id), body text);
-- the database may refuse rows without a word
CREATE FUNCTION no_spam() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.title LIKE 'spam%' THEN RETURN NULL; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER no_spam BEFORE INSERT ON thread FOR EACH ROW EXECUTE FUNCTION no_spam();

CREATE VIEW adult AS SELECT id, name, age FROM person WHERE age >= 18 WITH CHECK OPTION;
CREATE VIEW total AS SELECT owner_id, sum(points) AS points FROM task GROUP BY owner_id;
