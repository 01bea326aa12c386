-- A small library: nothing of it occurs in Lictor. The engine must serve it all the same.
CREATE SCHEMA stats;
CREATE TYPE mood AS ENUM ('calm', 'cross');

CREATE TABLE author (
    id integer PRIMARY KEY,
    name text NOT NULL,
    nickname varchar(40),
    rating numeric(6, 2),
    born date,
    active boolean NOT NULL,
    profile jsonb,
    notes json,
    mood mood,
    created timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE author IS 'who writes';

CREATE TABLE article (
    id uuid PRIMARY KEY,
    author_id integer NOT NULL REFERENCES author (id),
    editor_id integer REFERENCES author (id),
    title text NOT NULL,
    score float8,
    views bigint NOT NULL DEFAULT 0,
    words smallint,
    ratio real,
    labels text[],
    meta jsonb,
    reading_time interval,
    published_at timestamptz,
    UNIQUE (author_id, title)
);

CREATE TABLE tag (name text PRIMARY KEY);
CREATE TABLE article_tag (
    article_id uuid REFERENCES article (id),
    tag text REFERENCES tag (name),
    weight integer,
    PRIMARY KEY (article_id, tag)
);

-- partitioned, without a key
CREATE TABLE stats.visit (
    article_id uuid NOT NULL,
    at timestamptz NOT NULL,
    seconds integer
) PARTITION BY RANGE (at);
CREATE TABLE stats.visit_2026_01 PARTITION OF stats.visit FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE stats.visit_2026_02 PARTITION OF stats.visit FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');

CREATE VIEW active_author AS SELECT id, name FROM author WHERE active;

INSERT INTO author (id, name, nickname, rating, born, active, profile, notes, mood, created) VALUES
    (1, 'Ada', 'countess', 9.50, '1815-12-10', true, '{"langs": ["en", "fr"], "home": {"city": "London"}}', '{"a": 1}', 'calm', '2026-01-01 10:00:00+00'),
    (2, 'Bob', NULL, 3.25, NULL, true, '{"langs": ["de"], "age": 40}', NULL, 'cross', '2026-01-02 10:00:00.123456+00'),
    (3, 'Cyd', 'cy', NULL, '1990-05-05', false, NULL, NULL, NULL, '2026-01-03 12:00:00+02'),
    (4, 'dee_100%', 'D''ee "q" \ x', 3.25, '1970-01-01', true, '[1, 2, "x"]', NULL, 'calm', '2026-01-04 10:00:00+00');

INSERT INTO article (id, author_id, editor_id, title, score, views, words, ratio, labels, meta, reading_time, published_at) VALUES
    ('00000000-0000-0000-0000-000000000001', 1, 2, 'Engines', 4.5, 9007199254740993, 100, 0.5, '{a,b}', '{"kind": "essay", "deep": {"x": [10, 20]}}', '01:02:03', '2026-01-05 00:00:00+00'),
    ('00000000-0000-0000-0000-000000000002', 1, NULL, 'Notes', NULL, 10, 20, NULL, '{}', '{"kind": "note"}', '3 days', NULL),
    ('00000000-0000-0000-0000-000000000003', 2, 1, 'Beer', 1.25, 5, NULL, 2.5, NULL, NULL, NULL, '2026-02-01 12:30:00+00'),
    ('00000000-0000-0000-0000-000000000004', 2, 1, 'Cats', 4.5, 7, 20, NULL, '{b}', '{"kind": "essay", "stars": 3}', NULL, '2026-02-02 12:30:00+00'),
    ('00000000-0000-0000-0000-000000000005', 4, NULL, 'Zen', 2, 0, 1, 1.5, '{c,NULL}', '"text"', '00:00:01.5', '2026-02-03 12:30:00+00');

INSERT INTO tag VALUES ('math'), ('fun'), ('none');
INSERT INTO article_tag VALUES
    ('00000000-0000-0000-0000-000000000001', 'math', 3),
    ('00000000-0000-0000-0000-000000000001', 'fun', 1),
    ('00000000-0000-0000-0000-000000000003', 'fun', NULL);
INSERT INTO stats.visit VALUES
    ('00000000-0000-0000-0000-000000000001', '2026-01-10 00:00:00+00', 30),
    ('00000000-0000-0000-0000-000000000001', '2026-02-10 00:00:00+00', 60),
    ('00000000-0000-0000-0000-000000000003', '2026-02-11 00:00:00+00', NULL);

-- rows of a tracked table
CREATE FUNCTION stats.articles_of(author_ids integer[], least_views bigint DEFAULT 0) RETURNS SETOF article
LANGUAGE sql STABLE AS $$
    SELECT * FROM article WHERE author_id = ANY (author_ids) AND views >= least_views
$$;
CREATE FUNCTION first_author() RETURNS author LANGUAGE sql STABLE AS $$ SELECT * FROM author ORDER BY id LIMIT 1 $$;
CREATE FUNCTION my_articles(hasura_session json) RETURNS SETOF article LANGUAGE sql STABLE AS $$
    SELECT * FROM article WHERE author_id = (hasura_session ->> 'x-hasura-user-id')::integer
$$;
CREATE FUNCTION fails() RETURNS SETOF article LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE EXCEPTION 'no luck'; END $$;
