"""Introspection: what GraphiQL, code generators and clients read."""

from __future__ import annotations

import asyncio

import asyncpg
import orjson
import pytest
from graphql import (
    NoUnusedVariablesRule,
    build_client_schema,
    build_schema,
    get_introspection_query,
    introspection_types,
    parse,
    print_schema,
    specified_rules,
    validate,
    validate_schema,
)

from lictor.engine import Engine, GraphQLFailure, Session
from tests.engine.conftest import HERE, METADATA

QUERY = get_introspection_query(descriptions=True)


async def schema_of(ask, **session):
    return build_client_schema(await ask(QUERY, **session))


async def test_the_schema_is_one(ask):
    schema = await schema_of(ask)
    assert validate_schema(schema) == []
    assert {"query_root", "mutation_root", "author", "author_bool_exp", "author_order_by", "author_select_column",
            "author_aggregate", "author_aggregate_fields", "author_avg_fields", "author_max_fields",
            "Int_comparison_exp", "String_comparison_exp", "uuid_comparison_exp", "jsonb_comparison_exp",
            "jsonb_cast_exp", "String_array_comparison_exp", "timestamptz", "order_by", "stats_visit_bool_exp",
            "article_aggregate_order_by", "article_sum_order_by", "stats_articles_of_args", "publish_input",
            "thing_kind", "UUID", "uuid", "_int4", "label"} <= set(schema.type_map)  # fmt: skip


SIGNATURES = [
    ("query_root", "author", 'author(\n    """distinct select on columns"""\n', "[author!]!"),
    ("query_root", "author_by_pk", "(id: Int!)", "author"),
    ("query_root", "author_aggregate", "", "author_aggregate!"),
    ("query_root", "articles", "", "[article!]!"),
    ("query_root", "article", "(id: uuid!)", "article"),
    ("query_root", "first_author", "", "author"),
    ("query_root", "stats_articles_of", "", "[article!]!"),
    ("query_root", "find_things", "", "[thing!]!"),
    ("article", "author", "", "author!"),
    ("article", "editor", "", "author"),
    ("article", "article_tags", "", "[article_tag!]!"),
    ("article", "article_tags_aggregate", "", "article_tag_aggregate!"),
    ("article", "labels", "", "[String!]"),
    ("article", "views", "", "bigint!"),
    ("article", "words", "", "smallint"),
    ("article", "ratio", "", "Float"),
    ("article", "score", "", "float8"),
    ("author", "created_at", "", "timestamptz!"),
    ("author", "nickname", "", "String"),
    ("article_sum_fields", "views", "", "bigint"),
    ("article_avg_fields", "views", "", "Float"),
    ("article_aggregate_fields", "count", "", "Int!"),
    ("mutation_root", "publish", "", "publish_payload"),
]


async def test_types_of_fields(ask):
    schema = await schema_of(ask)
    for owner, field, _, expected in SIGNATURES:
        assert str(schema.type_map[owner].fields[field].type) == expected, (owner, field)
    by_pk = schema.type_map["query_root"].fields["article_tag_by_pk"]
    assert {name: str(argument.type) for name, argument in by_pk.args.items()} == {
        "article_id": "uuid!", "tag": "String!",
    }  # fmt: skip
    rows = schema.type_map["query_root"].fields["author"]
    assert {name: str(argument.type) for name, argument in rows.args.items()} == {
        "distinct_on": "[author_select_column!]", "limit": "Int", "offset": "Int",
        "order_by": "[author_order_by!]", "where": "author_bool_exp",
    }  # fmt: skip
    assert schema.type_map["author"].description == 'who writes\n\n\ncolumns and relationships of "author"\n'
    assert schema.type_map["author"].fields["created_at"].description == "when the row was made"


async def test_every_document_of_the_select_tests_validates_against_it(ask):
    """What the engine accepts is what its schema says, by graphql-core's own validation."""
    from tests.engine.test_aggregate import CASES as AGGREGATES
    from tests.engine.test_select import CASES
    from tests.engine.test_where import ARTICLES, AUTHORS, VARIABLES

    schema = await schema_of(ask)
    documents = [case[0] for case in (*CASES.values(), *AGGREGATES.values(), *VARIABLES.values())]
    documents += [f"{{ author(where: {{{where}}}) {{ id }} }}" for where in AUTHORS]
    documents += [f"{{ articles(where: {{{where}}}) {{ id }} }}" for where in ARTICLES]
    # Accepted beyond the schema, as by Hasura: fragments that do not apply, 64-bit offsets as strings.
    beyond = ("nonsense", 'offset: "3"')
    rules = [rule for rule in specified_rules if rule is not NoUnusedVariablesRule]
    for document in documents:
        if not any(text in document for text in beyond):
            assert validate(schema, parse(document), rules) == [], document


async def test_one_type_by_name_with_alias_variable_and_fragment(ask):
    query = """
    query ($n: String!, $d: Boolean = false) {
        a: __type(name: "author_by_nothing") { name }
        b: __type(name: $n) { ...T fields(includeDeprecated: $d) { name } }
        author(limit: 1, order_by: {id: asc}) { id }
        __typename
    }
    fragment T on __Type { kind __typename name }
    """
    data = await ask(query, {"n": "publish_payload"})
    assert data == {
        "a": None,
        "b": {"kind": "OBJECT", "__typename": "__Type", "name": "publish_payload",
              "fields": [{"name": "id"}, {"name": "ok"}]},
        "author": [{"id": 1}],
        "__typename": "query_root",
    }  # fmt: skip
    assert (await ask(query, {"n": "thing_kind"}))["b"]["kind"] == "ENUM"
    assert await ask('{ __type(name: "thing_kind") { enumValues { name } } }') == {
        "__type": {"enumValues": [{"name": "BOOK"}, {"name": "FILM"}]}
    }
    assert await ask('{ __type(name: "mood_comparison_exp") { kind } }') == {
        "__type": {"kind": "INPUT_OBJECT"}
    }


async def test_a_role_sees_its_own_schema(ask):
    schema = await schema_of(ask, role="reader")
    assert set(schema.type_map["query_root"].fields) == {"ping"}
    assert schema.mutation_type is None
    nobody = await schema_of(ask, role="nobody")
    assert set(nobody.type_map["query_root"].fields) == {"no_queries_available"}


async def test_wrong_selections_of_introspection(ask):
    with pytest.raises(GraphQLFailure):
        await ask("{ __type { name } }")


def test_sdl(strict_engine):
    sdl = print_schema(strict_engine.graphql_schema())
    assert "type query_root {" in sdl
    assert "lost_table" not in sdl


async def test_other_requests_go_on_while_a_schema_is_read(library_pool):
    """The first introspection takes long; it must not hold up the event loop."""
    engine = await Engine.start(library_pool, METADATA)
    reading = asyncio.create_task(engine.execute(QUERY, None, None, Session()))
    answered = 0
    while not reading.done():
        await engine.execute("{ author_by_pk(id: 1) { id } }", None, None, Session())
        answered += 1
    assert answered > 1
    assert b'"query_root"' in await reading


async def test_every_role_has_a_schema_without_loose_ends(postgres, strict_engine, ask):
    """What an introspection answers is a valid schema by itself, for any role and any metadata; so is its SDL."""
    for role in ("admin", "reader", "nobody"):
        answer = await ask(QUERY, role=role)
        schema = build_client_schema(answer)  # raises for a type that is named and not there
        assert validate_schema(schema) == []
        assert validate_schema(build_schema(print_schema(schema))) == []
        named = {entry["name"] for entry in answer["__schema"]["types"]}
        assert not {name for name in named if name.startswith("__")} - set(introspection_types)


async def test_roles_of_other_metadata(postgres):
    """Column permissions, a role that may only change, and one that may only count."""
    tables = [
        {"table": {"schema": "public", "name": "author"},
         "array_relationships": [{"name": "articles", "using": {"foreign_key_constraint_on": {
             "column": "author_id", "table": {"schema": "public", "name": "article"}}}}],
         "select_permissions": [
             {"role": "reader", "permission": {"columns": ["id", "name"], "filter": {}}},
             {"role": "counter", "permission": {"columns": [], "filter": {}, "allow_aggregations": True}}],
         "insert_permissions": [{"role": "writer", "permission": {"columns": ["id", "name"], "check": {}}}],
         "delete_permissions": [{"role": "reader", "permission": {"filter": {"id": {"_gt": 5}}}},
                                {"role": "remover", "permission": {"filter": {}}}]},
        {"table": {"schema": "public", "name": "article"},
         "select_permissions": [{"role": "reader", "permission": {
             "columns": "*", "filter": {}, "allow_aggregations": True}}]},
    ]  # fmt: skip
    document = {"version": 3, "sources": [{"name": "default", "kind": "postgres", "tables": tables, "configuration": {}}],
                "graphql_schema_introspection": {"disabled_for_roles": ["writer"]}}  # fmt: skip
    postgres.create_database("engine_roles")
    async with asyncpg.create_pool(postgres.dsn("engine_roles"), min_size=1, max_size=1) as pool:
        await pool.execute((HERE / "library.sql").read_text())
        engine = await Engine.start(pool, document)
        roots = {}
        for role in ("admin", "reader", "counter", "remover"):
            body = await engine.execute(QUERY, None, None, Session(role))
            schema = build_client_schema(orjson.loads(body)["data"])
            assert validate_schema(schema) == []
            roots[role] = set(schema.type_map["query_root"].fields)
        assert roots["admin"] >= {"author", "author_by_pk", "author_aggregate", "article"}
        assert roots["reader"] >= {"author", "author_by_pk", "article", "article_aggregate"}
        assert "author_aggregate" not in roots["reader"]
        for query in ("{ __schema { types { name } } }", '{ x: __type(name: "author") { name } }'):
            with pytest.raises(GraphQLFailure) as caught:
                await engine.execute(query, None, None, Session("writer"))
            assert caught.value.errors == [{
                "message": 'introspection is disabled for role: "writer"',
                "extensions": {"path": "$", "code": "not-supported"},
            }]  # fmt: skip
            await engine.execute(query, None, None, Session("reader"))
        assert await engine.execute("{ __typename }", None, None, Session("writer"))
    postgres.drop_database("engine_roles")


async def test_directives_and_deprecation(ask):
    schema = await ask("{ __schema { directives { name locations isRepeatable args { name type { name kind } "
                       "defaultValue } } } __type(name: \"author\") { fields(includeDeprecated: true) "
                       "{ isDeprecated deprecationReason } } }")  # fmt: skip
    directives = {entry["name"]: entry for entry in schema["__schema"]["directives"]}
    assert set(directives) == {"include", "skip", "cached"}
    assert directives["cached"]["locations"] == ["QUERY"]
    assert [entry["defaultValue"] for entry in directives["cached"]["args"]] == ["60", "false"]
    assert all(
        field == {"isDeprecated": False, "deprecationReason": None} for field in schema["__type"]["fields"]
    )


WRONG = {
    "{ __schema { nope } }": ("$.selectionSet.__schema.selectionSet.nope", "field 'nope' not found in type: '__Schema'"),
    "{ __schema }": ("$.selectionSet.__schema.selectionSet", "missing selection set for '__Schema'"),
    "{ __schema { types } }": (
        "$.selectionSet.__schema.selectionSet.types.selectionSet", "missing selection set for '__Type'"),
    "{ __schema { types { name { x } } } }": (
        "$.selectionSet.__schema.selectionSet.types.selectionSet.name", "unexpected subselection set for non-object field"),
    "{ __schema(x: 1) { types { name } } }": ("$.selectionSet.__schema", "'__schema' has no argument named 'x'"),
    "{ __type { name } }": ("$.selectionSet.__type.args.name", "missing required field 'name'"),
    '{ __type(name: "x") { ...F } } fragment F on __Type { fields(all: true) { name } }': (
        "$.selectionSet.__type.selectionSet.fields", "'fields' has no argument named 'all'"),
    "mutation { __schema { types { name } } }": (
        "$.selectionSet.__schema", "field '__schema' not found in type: 'mutation_root'"),
}  # fmt: skip


@pytest.mark.parametrize("document", WRONG)
async def test_wrong_introspections(refuses, document):
    _, code, path, message = await refuses(document)
    assert (code, (path, message)) == ("validation-failed", WRONG[document])
