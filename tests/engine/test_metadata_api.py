"""The metadata API over real HTTP: its commands, one by one and together, and what it refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from lictor.cli.embedded.postgres import PostgresServer
from lictor.engine.server import ServerSettings
from tests.engine.serving import SECRET, Admin, administered
from tests.engine.shop import ARTICLE, AUTHOR, BOTH, SUCCESS, TRACK, document, shop_settings


@pytest.fixture
async def settings(postgres: PostgresServer) -> AsyncIterator[ServerSettings]:
    async with shop_settings(postgres) as settings:
        yield settings


@pytest.fixture
async def admin(settings: ServerSettings) -> AsyncIterator[Admin]:
    async with administered(settings) as admin:
        yield admin


@pytest.fixture(scope="module")
async def idle(postgres: PostgresServer) -> AsyncIterator[Admin]:
    """A server for tests that are refused whatever they ask."""
    postgres.create_database("managed_idle")
    settings = ServerSettings(postgres.dsn("managed_idle"), admin_secret="sesame", pool_size=2)
    async with administered(settings) as admin:
        yield admin


async def test_nothing_is_served_before_anybody_says_what(admin, settings):
    assert await admin.export() == {
        "version": 3,
        "sources": [{
            "name": "default",
            "kind": "postgres",
            "tables": [],
            "configuration": {"connection_info": {
                "database_url": {"from_env": "HASURA_GRAPHQL_DATABASE_URL"},
                "isolation_level": "read-committed",
                "use_prepared_statements": True,
            }},
        }],
    }  # fmt: skip
    assert "errors" in await admin.ask("{ author { id } }")
    connection = await asyncpg.connect(settings.database_url)
    assert await connection.fetchval("SELECT to_regnamespace('hdb_catalog') IS NULL")
    await connection.close()


async def test_replace_and_export(admin):
    answer = await admin.does("replace_metadata", {"metadata": BOTH}, version=2)
    assert answer == {"is_consistent": True, "inconsistent_objects": []}
    assert await admin.ask("{ author(where: {id: {_eq: 1}}) { name articles { author { id } } } }") == {
        "author": [{"name": "Ada", "articles": [{"author": {"id": 1}}]}]
    }
    assert await admin.export() == BOTH
    assert await admin.does("export_metadata", version=2) == {"resource_version": 2, "metadata": BOTH}
    # the form of version 1 is the document itself, with or without saying so
    assert await admin.does("replace_metadata", document({"table": AUTHOR}), version=1) == {
        "message": "success"
    }
    assert await admin.does("replace_metadata", BOTH) == {"message": "success"}
    assert (await admin.does("export_metadata", version=2))["resource_version"] == 4


async def test_metadata_of_older_versions(admin):
    old = {
        "version": 2,
        "tables": [{"table": "author"}, {"table": "article"}],
        "functions": ["search_articles"],
    }
    assert await admin.does("replace_metadata", old) == {"message": "success"}
    [source] = (await admin.export())["sources"]
    assert (source["tables"], source["functions"]) == (old["tables"], [{"function": "search_articles"}])
    assert await admin.ask('{ search_articles(args: {search: "beer"}) { id } }') == {
        "search_articles": [{"id": 2}]
    }


INCONSISTENT = document({"table": "foobar"}, BOTH["sources"][0]["tables"][1])
OBJECTS = [
    {
        "definition": {"schema": "public", "name": "foobar"},
        "name": "table foobar in source default",
        "reason": 'Inconsistent object: no such table/view exists in source: "foobar"',
        "type": "table",
    },
    {
        "definition": {
            "using": {"foreign_key_constraint_on": "author_id"},
            "name": "author",
            "source": "default",
            "comment": None,
            "table": ARTICLE,
        },
        "name": "object_relation author in table article in source default",
        "reason": 'Inconsistent object: table "author" is not tracked',
        "type": "object_relation",
    },
]


async def test_inconsistent_metadata_are_refused(admin):
    await admin.does("replace_metadata", BOTH)
    refusal = {
        "internal": OBJECTS,
        "path": "$.args",
        "error": "cannot continue due to inconsistent metadata",
        "code": "unexpected",
    }
    assert await admin.metadata("replace_metadata", {"metadata": INCONSISTENT}, version=2) == (400, refusal)
    assert await admin.metadata("replace_metadata", INCONSISTENT) == (400, refusal)
    assert await admin.does("export_metadata", version=2) == {"resource_version": 2, "metadata": BOTH}


async def test_inconsistent_metadata_are_allowed_told_and_dropped(admin):
    told = {"is_consistent": False, "inconsistent_objects": OBJECTS}
    args = {"allow_inconsistent_metadata": True, "metadata": INCONSISTENT}
    assert await admin.does("replace_metadata", args) == told
    assert await admin.does("get_inconsistent_metadata") == told
    assert await admin.does("reload_metadata") == {"message": "success", **told}
    assert (await admin.http.get("/healthz")).text == "WARN: inconsistent objects in schema"
    assert await admin.ask("{ article { id } }") == {"article": [{"id": 1}, {"id": 2}]}
    assert await admin.does("drop_inconsistent_metadata") == {"message": "success"}
    assert await admin.does("get_inconsistent_metadata") == {
        "is_consistent": True,
        "inconsistent_objects": [],
    }
    assert await admin.export() == document({"table": ARTICLE, "object_relationships": []})


async def test_reload_sees_what_others_have_made(admin, settings):
    args = {"allow_inconsistent_metadata": True, "metadata": document({"table": "later"})}
    await admin.does("replace_metadata", args)
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute("CREATE TABLE later AS SELECT 5 AS five")
    await connection.close()
    version = (await admin.does("export_metadata", version=2))["resource_version"]
    assert await admin.does("reload_metadata", {"reload_sources": True}) == {
        "message": "success",
        "is_consistent": True,
    }
    assert await admin.ask("{ later { five } }") == {"later": [{"five": 5}]}
    assert (await admin.does("export_metadata", version=2))["resource_version"] == version + 1


async def test_clear(admin):
    await admin.does("replace_metadata", BOTH)
    assert await admin.does("clear_metadata") == {"message": "success"}
    assert await admin.tracked() == []
    assert "errors" in await admin.ask("{ author { id } }")


async def test_what_this_server_does_not_serve_is_told(admin):
    sources = [*BOTH["sources"], {"name": "other", "kind": "mssql", "tables": [], "configuration": {}}]
    foreign = {
        "version": 3,
        "sources": sources,
        "remote_schemas": [{"name": "far", "definition": {"url": "http://x"}}],
    }
    _, answer = await admin.metadata("replace_metadata", foreign)
    assert [(one["type"], one["name"], one["reason"]) for one in answer["internal"]] == [
        ("remote_schema", "remote_schema far", "Inconsistent object: this server does not support it"),
        ("source", "source other", "Inconsistent object: sources of the kind 'mssql' are not supported"),
    ]
    await admin.does("replace_metadata", {"allow_inconsistent_metadata": True, "metadata": foreign})
    assert await admin.ask("{ author_by_pk(id: 1) { name } }") == {"author_by_pk": {"name": "Ada"}}
    await admin.does("drop_inconsistent_metadata")
    assert await admin.export() == BOTH | {"remote_schemas": []}


# --- who may ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/metadata", "/v2/query", "/v1/query"])
async def test_administrators_only(idle, path):
    body = {"type": "run_sql" if path == "/v2/query" else "export_metadata", "args": {"sql": "SELECT 1"}}
    assert await idle.post(path, body, {**SECRET, "x-hasura-role": "user"}) == (
        400, {"path": "$.args", "error": "restricted access : admin only", "code": "access-denied"},
    )  # fmt: skip
    assert await idle.post(path, body, {}) == (401, {
        "path": "$", "error": "x-hasura-admin-secret/x-hasura-access-key required, but not found", "code": "access-denied",
    })  # fmt: skip
    assert (await idle.post(path, body, {"x-hasura-admin-secret": "x"}))[0] == 401
    assert (await idle.post(path, body))[0] == 200


# --- malformed requests -----------------------------------------------------------------------------------

MALFORMED = [
    ([], "$", "an object is expected, found an array"),
    ({}, "$", "the key 'type' is missing"),
    ({"type": 5}, "$.type", "a string is expected, found a number"),
    ({"type": "replace_metadata", "version": 2, "args": {}}, "$.args", "the key 'metadata' is missing"),
    ({"type": "replace_metadata", "version": 3, "args": {}}, "$", "unknown metadata command 'replace_metadata' of version 3"),
    ({"type": "replace_metadata", "args": {"version": 3, "sources": 1}}, "$.args.sources", "an array is expected, found a number"),
    ({"type": "replace_metadata", "args": {"version": 4, "sources": []}}, "$.args.version", "metadata format version 3 is expected, found 4"),
    ({"type": "replace_metadata", "args": {"metadata": document({"tabel": "x"})}},
     "$.args.metadata.sources[0].tables[0]", "the key 'table' is missing"),
    ({"type": "replace_metadata", "args": {"metadata": document({"table": {"schema": "a"}})}},
     "$.args.metadata.sources[0].tables[0].table", "the key 'name' is missing"),
    ({"type": "replace_metadata", "args": document({"table": "author", "select_permissions": [{"role": "a"}]})},
     "$.args.sources[0].tables[0].select_permissions[0]", "the key 'permission' is missing"),
    ({"type": "replace_metadata", "args": document({"table": "author", "is_enum": 1})},
     "$.args.sources[0].tables[0].is_enum", "true or false is expected, found a number"),
    ({"type": "replace_metadata", "args": document(actions=[{"name": "a", "definition": {"handler": "x", "output_type": "[Int"}}])},
     "$.args.actions[0].definition.output_type", "'[Int' is not a GraphQL type"),
    ({"type": "replace_metadata", "args": document({"table": "author", "configuration": {"custom_name": "a b"}})},
     "$.args.sources[0].tables[0].configuration.custom_name", "'a b' is not a valid GraphQL name"),
    ({"type": "replace_metadata", "args": document({"table": "author", "configuration": {"custom_root_fields": {"select": "1"}}})},
     "$.args.sources[0].tables[0].configuration.custom_root_fields.select", "'1' is not a valid GraphQL name"),
    ({"type": "pg_track_table", "args": {"table": 7}}, "$.args.table",
     "a name, or an object with schema and name, is expected, found a number"),
    ({"type": "pg_track_table", "args": {"table": {"name": "x"}, "source": 1}}, "$.args.source", "a string is expected, found a number"),
    ({"type": "bulk", "args": [{"type": "export_metadata", "args": {}}, {"type": "pg_untrack_table", "args": {"table": 1}}]},
     "$.args[1].args.table", "a name, or an object with schema and name, is expected, found a number"),
    ({"type": "bulk", "args": {}}, "$.args", "an array is expected, found an object"),
    ({"type": "pg_tarck_table", "args": {}}, "$", 'unknown metadata command "tarck_table" for backend pg'),
    ({"type": "nonsense", "args": {}}, "$",
     'unknown metadata command "nonsense"; "nonsense" was not recognized as a valid backend name'),
    ({"type": "export_metadata", "args": {}, "resource_version": "2"}, "$.resource_version", "a number is expected"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "path", "error"), MALFORMED, ids=range(len(MALFORMED)))
async def test_malformed_commands(idle, body, path, error):
    assert await idle.post("/v1/metadata", body) == (
        400, {"path": path, "error": error, "code": "parse-failed"},
    )  # fmt: skip


async def test_bodies_that_are_no_json(idle):
    for body in (b"", b"{", b"\xff"):
        response = await idle.http.post("/v1/metadata", content=body, headers=SECRET)
        assert (response.status_code, response.json()["code"], response.json()["path"]) == (
            400,
            "invalid-json",
            "$",
        )


async def test_what_hasura_can_and_this_server_cannot(idle):
    assert await idle.metadata("pg_create_event_trigger", {}) == (400, {
        "path": "$.args", "error": "'pg_create_event_trigger' is not supported by this server", "code": "not-supported",
    })  # fmt: skip


# --- one object at a time ---------------------------------------------------------------------------------


async def test_tracking_tables(admin):
    args = {
        "source": "default",
        "table": "author",
        "configuration": {"custom_root_fields": {"select": "authors"}},
    }
    assert await admin.does("pg_track_table", args) == {"message": "success"}
    assert await admin.ask("{ authors { id } }") == {"authors": [{"id": 1}, {"id": 2}]}
    assert await admin.metadata("pg_track_table", args) == (
        400, {"path": "$.args", "error": 'view/table already tracked: "author"', "code": "already-tracked"},
    )  # fmt: skip
    reason = 'Inconsistent object: no such table/view exists in source: "nowhere"'
    status, refusal = await admin.metadata("pg_track_table", {"table": {"name": "nowhere"}})
    assert (status, refusal["code"], refusal["error"], refusal["path"]) == (
        400,
        "invalid-configuration",
        reason,
        "$.args",
    )
    assert refusal["internal"][0]["name"] == "table nowhere in source default"
    assert await admin.tracked() == ["author"]
    await admin.does(
        "pg_set_table_customization", {"table": "author", "configuration": {"custom_name": "writer"}}
    )
    assert await admin.ask("{ writer_by_pk(id: 1) { name } }") == {"writer_by_pk": {"name": "Ada"}}
    status, refusal = await admin.metadata("pg_set_table_is_enum", {"table": "author", "is_enum": True})
    assert (status, refusal["code"]) == (400, "invalid-configuration")
    assert 'must have type "text", not type "int4"' in refusal["error"]
    await admin.does("pg_set_table_is_enum", {"table": "author", "is_enum": False})
    assert not (await admin.export())["sources"][0]["tables"][0].get("is_enum")
    assert await admin.does("pg_untrack_table", {"table": AUTHOR}) == {"message": "success"}
    assert await admin.metadata("pg_untrack_table", {"table": AUTHOR}) == (
        400, {"path": "$.args", "error": 'view/table already untracked: "author"', "code": "already-untracked"},
    )  # fmt: skip
    assert await admin.metadata("pg_track_table", {"table": "author", "source": "x"}) == (
        400, {"path": "$.args", "error": 'source with name "x" does not exist', "code": "not-exists"},
    )  # fmt: skip


async def test_what_others_depend_on_is_not_dropped(admin):
    await admin.does("replace_metadata", BOTH)
    assert await admin.metadata("pg_untrack_table", {"table": AUTHOR}) == (400, {
        "path": "$.args",
        "error": 'cannot drop due to the following dependent objects: relationship article.author in source "default"',
        "code": "dependency-error",
    })  # fmt: skip
    assert await admin.export() == BOTH
    assert await admin.does("pg_untrack_table", {"table": AUTHOR, "cascade": True}) == {"message": "success"}
    assert await admin.export() == document({"table": ARTICLE, "object_relationships": []})


async def test_relationships(admin):
    await admin.does("replace_metadata", document({"table": AUTHOR}, {"table": ARTICLE}))
    by_key = {"table": ARTICLE, "name": "author", "using": {"foreign_key_constraint_on": "author_id"}}
    manual = {"manual_configuration": {"remote_table": "article", "column_mapping": {"id": "author_id"}}}
    await admin.does("pg_create_object_relationship", by_key)
    await admin.does("pg_create_array_relationship", {"table": AUTHOR, "name": "articles", "using": manual})
    assert await admin.ask("{ author_by_pk(id: 2) { articles { author { name } } } }") == {
        "author_by_pk": {"articles": [{"author": {"name": "Bob"}}]}
    }
    assert (await admin.metadata("pg_create_object_relationship", by_key))[1]["code"] == "already-exists"
    bad = {**by_key, "name": "odd", "using": {"foreign_key_constraint_on": "title"}}
    status, refusal = await admin.metadata("pg_create_object_relationship", bad)
    assert (status, refusal["code"], refusal["error"]) == (
        400,
        "invalid-configuration",
        'Inconsistent object: in table "article": in relationship "odd": no foreign constraint exists on the given column(s)',
    )
    await admin.does("pg_drop_relationship", {"table": ARTICLE, "relationship": "author"})
    assert (await admin.metadata("pg_drop_relationship", {"table": ARTICLE, "relationship": "author"}))[1][
        "code"
    ] == "not-exists"
    assert "errors" in await admin.ask("{ article { author { id } } }")


@pytest.mark.parametrize("verb", ["select", "insert", "update", "delete"])
async def test_permissions_are_written(admin, verb):
    await admin.does("pg_track_table", {"table": "author"})
    permission = {
        "select": {"columns": ["id"], "filter": {}},
        "insert": {"columns": ["id"], "check": {}},
        "update": {"columns": ["name"], "filter": {}, "check": None},
        "delete": {"filter": {}},
    }[verb]
    args = {"table": "author", "role": "user", "permission": permission, "comment": "why"}
    await admin.does(f"pg_create_{verb}_permission", args)
    [table] = (await admin.export())["sources"][0]["tables"]
    assert table[f"{verb}_permissions"] == [{"role": "user", "permission": permission, "comment": "why"}]
    for role in ("user", "admin"):
        assert await admin.metadata(f"pg_create_{verb}_permission", {**args, "role": role}) == (400, {
            "path": "$.args",
            "error": f'{verb} permission already defined on table "author" with role "{role}"',
            "code": "already-exists",
        })  # fmt: skip
    await admin.does(f"pg_drop_{verb}_permission", {"table": "author", "role": "user"})
    assert (await admin.metadata(f"pg_drop_{verb}_permission", {"table": "author", "role": "user"}))[1][
        "code"
    ] == "not-exists"
    nowhere = {**args, "table": "nowhere"}
    assert (await admin.metadata(f"pg_create_{verb}_permission", nowhere))[1]["code"] == "not-exists"


async def test_functions_and_computed_fields(admin):
    await admin.does("replace_metadata", document({"table": AUTHOR}, {"table": ARTICLE}))
    await admin.does("pg_track_function", {"function": "search_articles"})
    assert await admin.ask('{ search_articles(args: {search: "eng%"}) { id } }') == {
        "search_articles": [{"id": 1}]
    }
    assert (await admin.metadata("pg_track_function", {"function": "search_articles"}))[1][
        "code"
    ] == "already-tracked"
    assert (await admin.metadata("pg_track_function", {"function": "author"}))[1][
        "error"
    ] == 'table with name "author" already exists'
    assert (await admin.metadata("pg_untrack_table", {"table": ARTICLE}))[1]["error"] == (
        'cannot drop due to the following dependent objects: function search_articles in source "default"'
    )
    await admin.does("pg_create_function_permission", {"function": "search_articles", "role": "user"})
    await admin.does(
        "pg_set_function_customization",
        {"function": "search_articles", "configuration": {"custom_name": "find"}},
    )
    assert (await admin.export())["sources"][0]["functions"] == [{
        "function": {"name": "search_articles", "schema": "public"},
        "permissions": [{"role": "user"}],
        "configuration": {"custom_name": "find"},
    }]  # fmt: skip
    await admin.does("pg_drop_function_permission", {"function": "search_articles", "role": "user"})
    await admin.does("pg_untrack_function", {"function": "search_articles"})
    assert (await admin.metadata("pg_untrack_function", {"function": "search_articles"}))[1][
        "code"
    ] == "not-exists"


async def test_actions_types_and_roles(admin):
    await admin.does(
        "set_custom_types", {"objects": [{"name": "pair", "fields": [{"name": "left", "type": "Int!"}]}]}
    )
    definition = {"handler": "http://127.0.0.1:1/x", "type": "query", "arguments": [], "output_type": "pair"}
    await admin.does("create_action", {"name": "two", "definition": definition})
    assert await admin.ask('{ __type(name: "pair") { fields { name } } }') == {
        "__type": {"fields": [{"name": "left"}]}
    }
    assert (await admin.metadata("create_action", {"name": "two", "definition": definition}))[1][
        "code"
    ] == "already-exists"
    status, refusal = await admin.metadata(
        "create_action", {"name": "three", "definition": {**definition, "output_type": "triple"}}
    )
    assert (status, refusal["code"], refusal["internal"][0]["type"]) == (
        400,
        "invalid-configuration",
        "action",
    )
    # an action leans on the type
    status, refusal = await admin.metadata("set_custom_types", {})
    assert (status, refusal["error"]) == (400, "cannot continue due to new inconsistent metadata")
    assert [one["name"] for one in refusal["internal"]] == ["action two"]
    await admin.does("create_action_permission", {"action": "two", "role": "user"})
    assert (await admin.export())["actions"][0]["permissions"] == [{"role": "user"}]
    await admin.does("drop_action_permission", {"action": "two", "role": "user"})
    await admin.does("update_action", {"name": "two", "definition": definition, "comment": "both"})
    assert (await admin.export())["actions"] == [
        {"name": "two", "definition": definition, "comment": "both", "permissions": []}
    ]
    await admin.does("drop_action", {"name": "two"})
    assert (await admin.metadata("drop_action", {"name": "two"}))[1]["code"] == "not-exists"
    await admin.does("add_inherited_role", {"role_name": "both", "role_set": ["a", "b"]})
    await admin.does("add_inherited_role", {"role_name": "both", "role_set": ["a", "c"]})
    assert (await admin.export())["inherited_roles"] == [{"role_name": "both", "role_set": ["a", "c"]}]
    assert (await admin.metadata("add_inherited_role", {"role_name": "x", "role_set": ["x"]}))[1][
        "code"
    ] == "invalid-params"
    await admin.does("drop_inherited_role", {"role_name": "both"})
    assert (await admin.metadata("drop_inherited_role", {"role_name": "both"}))[1]["code"] == "not-exists"


# --- several at once --------------------------------------------------------------------------------------

MISSING = {"type": "pg_track_table", "args": {"table": "nowhere"}}


async def test_bulk_is_all_or_nothing_and_one_version(admin):
    assert await admin.does("bulk", TRACK) == [SUCCESS] * 3
    assert (await admin.does("export_metadata", version=2))["resource_version"] == 2
    await admin.does("clear_metadata")
    status, refusal = await admin.metadata("bulk", [TRACK[0], MISSING, TRACK[1]])
    assert (status, refusal["code"], refusal["path"]) == (400, "invalid-configuration", "$.args[1].args")
    assert await admin.tracked() == []
    answers = await admin.does("bulk", [TRACK[0], {"type": "export_metadata", "args": {}}, TRACK[1]])
    assert [table["table"]["name"] for table in answers[1]["sources"][0]["tables"]] == ["author"]
    assert await admin.tracked() == ["author", "article"]


async def test_bulk_keep_going(admin):
    answers = await admin.does("bulk_keep_going", [MISSING, TRACK[0], {"type": "no", "args": {}}, TRACK[1]])
    assert [answer.get("code") for answer in answers] == ["invalid-configuration", None, "parse-failed", None]
    assert answers[0]["path"] == "$.args[0].args"
    assert await admin.tracked() == ["author", "article"]


async def test_bulk_atomic_holds_together_at_the_end(admin):
    relationship = {"type": "pg_create_object_relationship", "args": {
        "table": "article", "name": "author", "using": {"foreign_key_constraint_on": "author_id"}}}  # fmt: skip
    # the relationship's table is tracked after it
    assert await admin.does("bulk_atomic", [TRACK[1], relationship, TRACK[0]]) == SUCCESS
    assert await admin.ask("{ article_by_pk(id: 1) { author { id } } }") == {
        "article_by_pk": {"author": {"id": 1}}
    }
    await admin.does("clear_metadata")
    status, refusal = await admin.metadata("bulk_atomic", [TRACK[1], relationship])
    assert (status, refusal["code"], refusal["error"], refusal["path"]) == (
        400, "bad-request", "Schema inconsistency", "$.args",
    )  # fmt: skip
    assert refusal["internal"] == [[OBJECTS[1]]]
    assert await admin.tracked() == []


# --- beside one another ----------------------------------------------------------------------------------


async def test_one_bad_permission_leaves_the_rest(admin):
    def permission(role: str, column: str) -> dict[str, Any]:
        return {"role": role, "permission": {"columns": [column], "filter": {}}}

    metadata = document(
        {"table": AUTHOR, "select_permissions": [permission("a", "id"), permission("b", "age")]}
    )
    answer = await admin.does("replace_metadata", {"allow_inconsistent_metadata": True, "metadata": metadata})
    [told] = answer["inconsistent_objects"]
    assert (told["type"], told["name"]) == (
        "select_permission",
        "select_permission b in table author in source default",
    )
    assert told["definition"] == {
        "comment": None, "permission": permission("b", "age")["permission"], "role": "b", "source": "default", "table": AUTHOR,
    }  # fmt: skip
    role = {"x-hasura-role": "a"}
    assert await admin.ask("{ author(where: {id: {_eq: 1}}) { id } }", **role) == {"author": [{"id": 1}]}
    status, refusal = await admin.metadata(
        "pg_create_select_permission", {"table": "author", **permission("c", "age")}
    )
    assert (status, refusal["code"]) == (400, "invalid-configuration")
    await admin.does("drop_inconsistent_metadata")
    assert await admin.export() == document({"table": AUTHOR, "select_permissions": [permission("a", "id")]})


async def test_the_older_endpoint_takes_both(admin):
    body = {"type": "bulk", "args": [
        {"type": "run_sql", "args": {"sql": "CREATE TABLE fresh (id int); INSERT INTO fresh VALUES (1)"}},
        {"type": "track_table", "args": {"schema": "public", "name": "fresh"}},
        {"type": "track_table", "args": "author"},
    ]}  # fmt: skip
    assert await admin.post("/v1/query", body) == (
        200,
        [{"result_type": "CommandOk", "result": None}, SUCCESS, SUCCESS],
    )
    assert await admin.ask("{ fresh { id } author_by_pk(id: 1) { id } }") == {
        "fresh": [{"id": 1}], "author_by_pk": {"id": 1},
    }  # fmt: skip
    status, refusal = await admin.post("/v1/query", {"type": "run_sql", "args": {"sql": "SELEC 1"}})
    assert (status, refusal["path"], refusal["code"]) == (400, "$.args", "postgres-error")
