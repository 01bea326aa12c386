"""run_sql over real HTTP: results, refusals, and what happens to the metadata when SQL changes the catalog."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from lictor.cli.embedded.postgres import PostgresServer
from lictor.engine.server import ServerSettings
from tests.engine.serving import Admin, administered
from tests.engine.shop import shop_settings

SHOP = """
CREATE TABLE author (id integer PRIMARY KEY, name text NOT NULL, bio text);
CREATE TABLE article (id integer PRIMARY KEY, title text NOT NULL, author_id integer REFERENCES author (id));
CREATE VIEW titles AS SELECT title FROM article;
CREATE FUNCTION search_articles(search text) RETURNS SETOF article LANGUAGE sql STABLE
    AS 'SELECT * FROM article WHERE title ILIKE search';
INSERT INTO author VALUES (1, 'Ada', NULL), (2, 'Bob', 'b');
INSERT INTO article VALUES (1, 'Engines', 1), (2, 'Beer', 2);
"""
BY_KEY = {
    "foreign_key_constraint_on": {"column": "author_id", "table": {"name": "article", "schema": "public"}}
}
TABLES = [
    {
        "table": {"name": "author", "schema": "public"},
        "array_relationships": [{"name": "articles", "using": BY_KEY}],
        "configuration": {"column_config": {"bio": {"custom_name": "biography"}}},
    },
    {
        "table": {"name": "article", "schema": "public"},
        "object_relationships": [{"name": "author", "using": {"foreign_key_constraint_on": "author_id"}}],
        "select_permissions": [{"role": "user", "permission": {
            "columns": ["id", "title"],
            "filter": {"_and": [
                {"author": {"name": {"_eq": "x-hasura-name"}}},
                {"_not": {"title": {"_ceq": "title"}}},
                {"_exists": {"_table": {"name": "author", "schema": "public"}, "_where": {"name": {"_eq": "Ada"}}}},
            ]},
        }}],
        "insert_permissions": [{"role": "user", "permission": {
            "columns": ["id"], "check": {}, "set": {"title": "x-hasura-title"},
        }}],
    },
]  # fmt: skip


@pytest.fixture
async def settings(postgres: PostgresServer) -> AsyncIterator[ServerSettings]:
    async with shop_settings(postgres, SHOP) as settings:
        yield settings


@pytest.fixture
async def dsn(settings: ServerSettings) -> str:
    return settings.database_url


@pytest.fixture
async def admin(settings: ServerSettings) -> AsyncIterator[Admin]:
    async with administered(settings) as admin:
        yield admin


@pytest.fixture
async def shop(admin: Admin) -> Admin:
    """The server with the shop's tables tracked."""
    functions = [{"function": {"name": "search_articles", "schema": "public"}}]
    source = {"name": "default", "kind": "postgres", "tables": TABLES, "functions": functions}
    metadata = {"version": 3, "sources": [source]}
    await admin.does("replace_metadata", {"metadata": metadata})
    return admin


@pytest.fixture(scope="module")
async def reader(postgres: PostgresServer) -> AsyncIterator[Admin]:
    """A server for SQL that leaves nothing behind."""
    postgres.create_database("run_sql_reader")
    connection = await asyncpg.connect(postgres.dsn("run_sql_reader"))
    await connection.execute(SHOP)
    await connection.close()
    settings = ServerSettings(postgres.dsn("run_sql_reader"), admin_secret="sesame", pool_size=2)
    async with administered(settings) as admin:
        yield admin


# --- results ----------------------------------------------------------------------------------------------

COMMAND_OK = {"result_type": "CommandOk", "result": None}


def tuples(*rows: list[str]) -> dict[str, Any]:
    return {"result_type": "TuplesOk", "result": list(rows)}


RESULTS = {
    "SELECT id, name FROM author ORDER BY id": tuples(["id", "name"], ["1", "Ada"], ["2", "Bob"]),
    "SELECT bio FROM author ORDER BY id": tuples(["bio"], ["NULL"], ["b"]),
    "SELECT 1 AS a, 2 AS a": tuples(["a", "a"], ["1", "2"]),
    "SELECT WHERE false": tuples([]),
    "SELECT 1; SELECT 2 AS b": tuples(["b"], ["2"]),
    "SELECT 1; SET LOCAL work_mem = '8MB'": COMMAND_OK,
    "SELECT true AS t, 1.50 AS n, '2026-01-02'::date AS d, ARRAY[1, NULL] AS l, '{\"a\": 1}'::jsonb AS j": tuples(
        ["t", "n", "d", "l", "j"], ["t", "1.50", "2026-01-02", "{1,NULL}", '{"a": 1}']
    ),
    "SELECT '%s %(x)s $1' AS \"größe\"": tuples(["größe"], ["%s %(x)s $1"]),
    "SELECT 'a;b' AS c -- ; SELECT 2": tuples(["c"], ["a;b"]),
    "": COMMAND_OK,
    "DO $$ BEGIN PERFORM 1; END $$": COMMAND_OK,
}


@pytest.mark.parametrize("sql", RESULTS, ids=range(len(RESULTS)))
async def test_results(reader, sql):
    assert await reader.sql(sql) == (200, RESULTS[sql])


async def test_bulk(reader):
    body = {"type": "bulk", "args": [
        {"type": "run_sql", "args": {"sql": f"SELECT {number} AS n"}} for number in (1, 2)
    ]}  # fmt: skip
    assert await reader.post("/v2/query", body) == (200, [tuples(["n"], ["1"]), tuples(["n"], ["2"])])
    body["args"].append({"type": "run_sql", "args": {"sql": "SELECT 1/0"}})
    status, refusal = await reader.post("/v2/query", body)
    assert (status, refusal["code"], refusal["path"]) == (400, "postgres-error", "$.args[2]")


async def test_several_statements_are_one_transaction(reader):
    status, _ = await reader.sql("INSERT INTO author VALUES (9, 'x', NULL); SELECT 1/0")
    assert status == 400
    assert await reader.sql("SELECT count(*) FROM author") == (200, tuples(["count"], ["2"]))


# --- refusals ---------------------------------------------------------------------------------------------


async def test_what_postgres_says(reader):
    sql = "SELECT nam FROM author"
    assert await reader.sql(sql) == (400, {
        "internal": {
            "statement": sql,
            "prepared": False,
            "error": {
                "exec_status": "FatalError",
                "hint": 'Perhaps you meant to reference the column "author.name".',
                "message": 'column "nam" does not exist',
                "status_code": "42703",
                "description": None,
            },
            "arguments": [],
        },
        "path": "$",
        "error": "query execution failed",
        "code": "postgres-error",
    })  # fmt: skip
    _, refusal = await reader.sql("INSERT INTO author VALUES (1, 'x', NULL)")
    assert refusal["internal"]["error"]["description"] == "Key (id)=(1) already exists."
    # told when the transaction ends, not before
    deferred = (
        "CREATE TEMP TABLE t (i int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO t VALUES (1), (1)"
    )
    _, refusal = await reader.sql(deferred, check_metadata_consistency=False)
    assert refusal["internal"]["error"]["status_code"] == "23505"


@pytest.mark.parametrize("sql", ["DROP TABLE article", "INSERT INTO author VALUES (7, 'x', NULL)"])
async def test_read_only(reader, sql):
    status, refusal = await reader.sql(sql, read_only=True)
    assert (status, refusal["internal"]["error"]["status_code"]) == (400, "25006")
    assert await reader.sql("SELECT 'drop' AS alter", read_only=True) == (200, tuples(["alter"], ["drop"]))


MALFORMED = [
    ({"type": "run_sql", "args": {}}, "$.args", "the key 'sql' is missing"),
    ({"type": "run_sql"}, "$", "the key 'args' is missing"),
    ({"type": "run_sql", "args": {"sql": 1}}, "$.args.sql", "a string is expected, found a number"),
    ({"type": "run_sql", "args": {"sql": "SELECT '\0'"}}, "$.args.sql", "SQL cannot hold the character NUL"),
    ({"type": "run_sql", "args": {"sql": "", "cascade": "yes"}}, "$.args.cascade", "true or false is expected, found a string"),
    ({"type": "select", "args": {}}, "$", 'unknown query type "select"'),
    ({"type": "bulk", "args": [{"type": "run_sql", "args": {"sql": None}}]}, "$.args[0].args", "the key 'sql' is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "path", "error"), MALFORMED, ids=range(len(MALFORMED)))
async def test_malformed(reader, body, path, error):
    assert await reader.post("/v2/query", body) == (
        400,
        {"path": path, "error": error, "code": "parse-failed"},
    )


async def test_another_source(reader):
    assert await reader.sql("SELECT 1", source="x") == (
        400, {"path": "$", "error": 'source with name "x" does not exist', "code": "not-exists"},
    )  # fmt: skip


async def test_copy_is_refused(reader):
    status, refusal = await reader.sql("COPY author TO STDOUT")
    assert (status, refusal["code"]) == (400, "postgres-error")


async def test_outside_a_transaction(admin):
    sql = "CREATE INDEX CONCURRENTLY titles_of ON article (title)"
    status, refusal = await admin.sql(sql)
    assert (status, refusal["internal"]["error"]["status_code"]) == (400, "25001")
    assert await admin.sql(sql, no_transaction=True) == (200, COMMAND_OK)


# --- the catalog changes ----------------------------------------------------------------------------------


def entry(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The tracked table `name`."""
    [table] = [one for one in document["sources"][0]["tables"] if one["table"]["name"] == name]
    return table


async def test_new_columns_and_tables_are_seen(shop):
    assert await shop.sql("ALTER TABLE author ADD COLUMN age int DEFAULT 7; CREATE TABLE more (id int)") == (
        200,
        COMMAND_OK,
    )
    assert await shop.ask("{ author_by_pk(id: 1) { age } }") == {"author_by_pk": {"age": 7}}
    await shop.does("pg_track_table", {"table": "more"})
    assert await shop.ask("{ more { id } }") == {"more": []}


async def test_sql_that_fails_leaves_everything(shop):
    before = await shop.does("export_metadata", version=2)
    status, _ = await shop.sql("ALTER TABLE author ADD COLUMN age int; SELECT 1/0")
    assert status == 400
    assert await shop.does("export_metadata", version=2) == before
    assert "errors" in await shop.ask("{ author { age } }")


async def test_a_dropped_table_is_untracked(shop):
    await shop.does("pg_track_table", {"table": "titles"})
    assert await shop.sql("DROP VIEW titles") == (200, COMMAND_OK)
    assert await shop.tracked() == ["author", "article"]
    assert await shop.sql("DROP FUNCTION search_articles") == (200, COMMAND_OK)
    assert (await shop.export())["sources"][0]["functions"] == []


async def test_what_others_depend_on_is_not_dropped(shop):
    before = await shop.export()
    sql = "ALTER TABLE article DROP CONSTRAINT article_author_id_fkey"
    assert await shop.sql(sql) == (400, {
        "path": "$",
        "error": 'cannot drop due to the following dependent objects: relationship author.articles in source "default", '
        'relationship article.author in source "default", permission article.user.select in source "default"',
        "code": "dependency-error",
    })  # fmt: skip
    assert await shop.export() == before
    assert await shop.ask("{ author_by_pk(id: 1) { articles { id } } }") == {
        "author_by_pk": {"articles": [{"id": 1}]}
    }
    assert await shop.sql(sql, cascade=True) == (200, COMMAND_OK)
    assert "errors" in await shop.ask("{ author { articles { id } } }")
    assert entry(await shop.export(), "author")["array_relationships"] == []
    assert await shop.does("get_inconsistent_metadata") == {"is_consistent": True, "inconsistent_objects": []}


async def test_columns_go_with_their_configuration_but_not_with_permissions(shop):
    assert await shop.sql("ALTER TABLE author DROP COLUMN bio") == (200, COMMAND_OK)
    assert entry(await shop.export(), "author")["configuration"] == {"column_config": {}}
    status, refusal = await shop.sql("ALTER TABLE article DROP COLUMN title CASCADE")
    assert (status, refusal["code"]) == (400, "dependency-error")
    assert 'permission article.user.select in source "default"' in refusal["error"]
    # the database is as it was
    assert await shop.sql("SELECT title FROM article WHERE id = 1") == (200, tuples(["title"], ["Engines"]))


async def test_without_the_check_things_become_inconsistent(shop):
    assert await shop.sql("DROP TABLE article CASCADE", check_metadata_consistency=False) == (200, COMMAND_OK)
    # nobody has looked
    assert await shop.tracked() == ["author", "article"]
    found = await shop.does("reload_metadata")
    assert "table article in source default" in [one["name"] for one in found["inconsistent_objects"]]


async def test_a_renamed_table_stays_tracked(shop):
    assert await shop.sql("ALTER TABLE author RENAME TO writer") == (200, COMMAND_OK)
    assert await shop.tracked() == ["writer", "article"]
    document = await shop.export()
    exists = entry(document, "article")["select_permissions"][0]["permission"]["filter"]["_and"][2]["_exists"]
    assert exists["_table"] == {"name": "writer", "schema": "public"}
    assert await shop.ask("{ writer_by_pk(id: 2) { biography articles { author { id } } } }") == {
        "writer_by_pk": {"biography": "b", "articles": [{"author": {"id": 2}}]}
    }


async def test_tables_that_swap_names_swap_places(shop):
    sql = "ALTER TABLE author RENAME TO x; ALTER TABLE article RENAME TO author; ALTER TABLE x RENAME TO article"
    assert await shop.sql(sql) == (200, COMMAND_OK)
    assert await shop.ask(
        "{ author_by_pk(id: 1) { title author { name } } article_by_pk(id: 2) { biography } }"
    ) == {
        "author_by_pk": {"title": "Engines", "author": {"name": "Ada"}},
        "article_by_pk": {"biography": "b"},
    }


async def test_renamed_columns_stay_where_they_were_meant(shop):
    sql = (
        "ALTER TABLE author RENAME bio TO life; ALTER TABLE author RENAME name TO called;"
        "ALTER TABLE article RENAME author_id TO writer_id; ALTER TABLE article RENAME title TO heading"
    )
    assert await shop.sql(sql) == (200, COMMAND_OK)
    document = await shop.export()
    author, article = entry(document, "author"), entry(document, "article")
    assert author["configuration"] == {"column_config": {"life": {"custom_name": "biography"}}}
    assert author["array_relationships"][0]["using"]["foreign_key_constraint_on"]["column"] == "writer_id"
    assert article["object_relationships"][0]["using"] == {"foreign_key_constraint_on": "writer_id"}
    [select], [insert] = article["select_permissions"], article["insert_permissions"]
    assert select["permission"]["columns"] == ["id", "heading"]
    through, negated, exists = select["permission"]["filter"]["_and"]
    assert through == {"author": {"called": {"_eq": "x-hasura-name"}}}
    assert negated == {"_not": {"heading": {"_ceq": "heading"}}}
    assert exists["_exists"]["_where"] == {"called": {"_eq": "Ada"}}
    assert insert["permission"]["set"] == {"heading": "x-hasura-title"}
    assert await shop.ask("{ author_by_pk(id: 2) { biography called articles { heading } } }") == {
        "author_by_pk": {"biography": "b", "called": "Bob", "articles": [{"heading": "Beer"}]}
    }


async def test_a_table_made_anew_stays_tracked(shop):
    await shop.does("pg_track_table", {"table": "titles"})
    assert await shop.sql("DROP VIEW titles; CREATE VIEW titles AS SELECT id, title FROM article") == (
        200,
        COMMAND_OK,
    )
    assert await shop.ask("{ titles(where: {id: {_eq: 1}}) { title } }") == {"titles": [{"title": "Engines"}]}


async def test_the_other_server_sees_the_new_catalog(shop, dsn):
    settings = ServerSettings(dsn, admin_secret="sesame", pool_size=2, schema_sync_poll_interval=0.02)
    async with administered(settings) as other:
        await shop.sql("ALTER TABLE author ADD COLUMN age int DEFAULT 7")
        async with asyncio.timeout(10):
            while True:
                answer = await other.ask("{ author_by_pk(id: 1) { age } }")
                if "errors" not in answer:
                    break
                await asyncio.sleep(0.02)
        assert answer == {"author_by_pk": {"age": 7}}


async def test_changes_of_the_catalog_under_load(shop):
    """Queries go on while columns come and go."""
    stop = asyncio.Event()
    answers: list[Any] = []

    async def ask() -> None:
        while not stop.is_set():
            answers.append(await shop.ask("{ author(order_by: {id: asc}) { id articles { title } } }"))

    askers = [asyncio.create_task(ask()) for _ in range(8)]
    for turn in range(6):
        verb = "DROP" if turn % 2 else "ADD"
        sql = f"ALTER TABLE author {verb} COLUMN age{' int' if verb == 'ADD' else ''}"
        assert await shop.sql(sql) == (200, COMMAND_OK)
    stop.set()
    await asyncio.gather(*askers)
    expected = {
        "author": [{"id": 1, "articles": [{"title": "Engines"}]}, {"id": 2, "articles": [{"title": "Beer"}]}]
    }
    assert len(answers) > 20
    assert all(answer == expected for answer in answers)


async def test_a_database_that_is_away(postgres):
    postgres.create_database("run_sql_away")
    settings = ServerSettings(postgres.dsn("run_sql_away"), admin_secret="sesame", pool_size=1)
    async with administered(settings) as admin:
        away = await asyncpg.connect(postgres.dsn("postgres"))
        await away.execute("ALTER DATABASE run_sql_away ALLOW_CONNECTIONS false")
        try:
            status, refusal = await admin.sql("SELECT 1")
        finally:
            await away.close()
        assert (status, refusal["code"], refusal["path"]) == (500, "postgres-error", "$")
