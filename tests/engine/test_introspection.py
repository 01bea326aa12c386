"""Introspection: what GraphiQL, code generators and clients read."""

from __future__ import annotations

import asyncio

import pytest
from graphql import (
    NoUnusedVariablesRule,
    build_client_schema,
    get_introspection_query,
    parse,
    print_schema,
    specified_rules,
    validate,
    validate_schema,
)

from lictor.engine import Engine, GraphQLFailure, Session
from tests.engine.conftest import METADATA

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
