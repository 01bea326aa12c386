"""Computed fields: scalars and rows, with arguments and the session, wherever a field may stand; who sees them."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import print_type

from tests.engine.own_database import document, may_select, serving, table, to_many, to_one

SQL = """
CREATE TABLE author (id int PRIMARY KEY, first text NOT NULL, last text, pay int NOT NULL, dropped int, city text);
ALTER TABLE author DROP COLUMN dropped;
CREATE TABLE article (id int PRIMARY KEY, author_id int REFERENCES author, title text NOT NULL, stars int);
CREATE TYPE mood AS ENUM ('calm');
INSERT INTO author VALUES (1, 'Ada', 'Byron', 10, 'London'), (2, 'Bob', NULL, 30, 'Rome'), (3, 'Cyd', 'X', 20, NULL);
INSERT INTO article VALUES (1, 1, 'Engines', 5), (2, 1, 'Notes', 1), (3, 2, 'Beer', 3), (4, 3, 'Zen', NULL);

CREATE FUNCTION full_name(author) RETURNS text LANGUAGE sql STABLE AS $$ SELECT concat_ws(' ', $1.first, $1.last) $$;
COMMENT ON FUNCTION full_name IS 'both names';
CREATE FUNCTION raised(percent int, author_row author, plus int DEFAULT 0) RETURNS int LANGUAGE sql STABLE
    AS $$ SELECT author_row.pay + author_row.pay * percent / 100 + plus $$;
CREATE FUNCTION is_me(a author, session json) RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT (session ->> 'x-hasura-user-id')::int = a.id $$;
CREATE FUNCTION facts(a author) RETURNS jsonb LANGUAGE sql STABLE
    AS $$ SELECT jsonb_build_object('city', a.city, 'list', jsonb_build_array(a.id)) $$;
CREATE FUNCTION best(a author) RETURNS SETOF article LANGUAGE sql STABLE
    AS $$ SELECT * FROM article WHERE author_id = a.id AND stars >= 3 $$;
CREATE FUNCTION search(a author, word text, at_least int DEFAULT 0) RETURNS SETOF article LANGUAGE sql STABLE
    AS $$ SELECT * FROM article WHERE author_id = a.id AND title ILIKE '%' || word || '%' AND coalesce(stars, 0) >= at_least $$;
CREATE FUNCTION written_by(a article) RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT first FROM author WHERE id = a.author_id $$;

CREATE FUNCTION changes(a author) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT 1 $$;
CREATE FUNCTION no_row(n int) RETURNS int LANGUAGE sql STABLE AS $$ SELECT 1 $$;
CREATE FUNCTION nothing() RETURNS int LANGUAGE sql STABLE AS $$ SELECT 1 $$;
CREATE FUNCTION twice(a author) RETURNS int LANGUAGE sql STABLE AS $$ SELECT 1 $$;
CREATE FUNCTION twice(a article) RETURNS int LANGUAGE sql STABLE AS $$ SELECT 1 $$;
CREATE FUNCTION one_article(a author) RETURNS article LANGUAGE sql STABLE AS $$ SELECT * FROM article LIMIT 1 $$;
CREATE FUNCTION numbers(a author) RETURNS SETOF int LANGUAGE sql STABLE AS $$ SELECT 1 $$;
CREATE FUNCTION a_mood(a author) RETURNS mood LANGUAGE sql STABLE AS $$ SELECT 'calm'::mood $$;
"""


def computed(name: str, function: str | None = None, **definition: Any) -> dict[str, Any]:
    return {
        "name": name,
        "definition": {"function": {"name": function or name, "schema": "public"}, **definition},
    }


WRONG = {
    "changes": (computed("changes"), 'because the function "changes" is of type VOLATILE'),
    "no_row": (computed("no_row"), 'first argument of the function "no_row" is not COMPOSITE type'),
    "nothing": (computed("nothing"), 'the function "nothing" has no input arguments'),
    "twice": (computed("twice"), 'function "twice" is overloaded'),
    "gone": (computed("gone"), 'no such function exists: "gone"'),
    "one_article": (computed("one_article"), 'returning type "article" is not a BASE type'),
    "numbers": (computed("numbers"), 'returning set of table "int4" is not tracked or not found in database'),
    "a_mood": (computed("a_mood"), 'returning type "mood" is not a BASE type'),
    "written_by": (
        computed("written_by"),
        'of type "article" is not the table to which the computed field is',
    ),
    "other_row": (
        computed("other_row", "full_name", table_argument="who"),
        '"who" is not an input argument of the',
    ),
    "bad_session": (computed("bad_session", "search", session_argument="word"), "is not of type JSON"),
    "no_session": (
        computed("no_session", "search", session_argument="who"),
        '"who" is not an input argument',
    ),
    "first": (computed("first", "full_name"), 'field with name "first" already exists'),
    "articles": (computed("articles", "best"), 'field with name "articles" already exists'),
}
METADATA = document(
    [
        table(
            "author",
            array_relationships=[to_many("articles", "article", "author_id")],
            computed_fields=[
                computed("full_name"),
                computed("raised", table_argument="author_row"),
                computed("is_me", session_argument="session"),
                {**computed("facts"), "comment": "what is known"},
                computed("best"),
                computed("search"),
                *(entry for entry, _ in WRONG.values()),
            ],
            select_permissions=[
                may_select("reader", ["id"], {"full_name": {"_like": "%a%"}}, computed_fields=["full_name"],
                           allow_aggregations=True, limit=1),
                may_select("me", ["id"], {"is_me": {"_eq": True}}, computed_fields=["raised"]),
                may_select("fan", ["id"], {"best": {"stars": {"_gt": 4}}}),
                may_select("wrong", ["id"], {"raised": {"_gt": 4}}),
                may_select("unknown", ["id"], {}, computed_fields=["nope"]),
                may_select("rows", ["id"], {}, computed_fields=["best"]),
            ],
        ),
        table(
            "article",
            object_relationships=[to_one("author", "author_id")],
            computed_fields=[computed("writer", "written_by")],
            select_permissions=[may_select("reader", ["title"], {"stars": {"_lt": 5}}), may_select("me", ["id"])],
        ),
    ],
    inherited_roles=[{"role_name": "both", "role_set": ["reader", "me"]}],
)  # fmt: skip


@pytest.fixture(scope="module")
async def served(postgres):
    async with serving(postgres, "engine_computed_fields", SQL, METADATA) as found:
        yield found


CASES = {
    "a scalar": ("{ author(order_by: {id: asc}) { full_name } }", {
        "author": [{"full_name": "Ada Byron"}, {"full_name": "Bob"}, {"full_name": "Cyd X"}]}),
    "arguments, the row not being first": (
        "{ author_by_pk(id: 1) { raised(args: {percent: 50}) more: raised(args: {percent: 50, plus: 7}) } }",
        {"author_by_pk": {"raised": 15, "more": 22}}),
    "an argument that is null": (
        "{ author_by_pk(id: 1) { raised(args: {percent: null}) } }", {"author_by_pk": {"raised": None}}),
    "json with a path": (
        '{ author_by_pk(id: 1) { facts city: facts(path: "city") n: facts(path: "$.list[0]") } }',
        {"author_by_pk": {"facts": {"city": "London", "list": [1]}, "city": "London", "n": 1}}),
    "rows": ("{ author(order_by: {id: asc}) { best { title } } }", {
        "author": [{"best": [{"title": "Engines"}]}, {"best": [{"title": "Beer"}]}, {"best": []}]}),
    "rows with arguments of both kinds": (
        '{ author_by_pk(id: 1) { search(args: {word: "e"}, where: {stars: {_gt: 0}}, order_by: {title: desc}, limit: 1,'
        ' offset: 0) { title writer author { full_name } } } }',
        {"author_by_pk": {"search": [{"title": "Notes", "writer": "Ada", "author": {"full_name": "Ada Byron"}}]}}),
    "rows distinct on a column": (
        '{ author_by_pk(id: 1) { search(args: {word: "", at_least: 2}, distinct_on: stars) { title } } }',
        {"author_by_pk": {"search": [{"title": "Engines"}]}}),
    "in where": ('{ author(where: {full_name: {_ilike: "%x"}}) { id } }', {"author": [{"id": 3}]}),
    "null in where": ("{ author(where: {full_name: {_is_null: true}}) { id } }", {"author": []}),
    "json in where": ('{ author(where: {facts: {_contains: {city: "Rome"}}}) { id } }', {"author": [{"id": 2}]}),
    "rows in where": ("{ author(where: {best: {stars: {_gt: 3}}}) { id } }", {"author": [{"id": 1}]}),
    "not in where": ("{ author(where: {_not: {best: {}}}) { id } }", {"author": [{"id": 3}]}),
    "through a relationship in where": (
        '{ article(where: {author: {full_name: {_eq: "Bob"}}}) { title } }', {"article": [{"title": "Beer"}]}),
    "in order_by": ("{ author(order_by: {full_name: desc}) { id } }", {"author": [{"id": 3}, {"id": 2}, {"id": 1}]}),
    "through a relationship in order_by": (
        "{ article(order_by: [{author: {full_name: desc}}, {id: asc}]) { id } }",
        {"article": [{"id": 4}, {"id": 3}, {"id": 1}, {"id": 2}]}),
    "rows in order_by": (
        "{ author(order_by: [{best_aggregate: {count: desc}}, {best_aggregate: {max: {stars: asc}}}]) { id } }",
        {"author": [{"id": 2}, {"id": 1}, {"id": 3}]}),
    "aggregates": (
        "{ author_aggregate { aggregate { max { full_name } sum { raised(args: {percent: 100}) } } } }",
        {"author_aggregate": {"aggregate": {"max": {"full_name": "Cyd X"}, "sum": {"raised": 120}}}}),
    "aggregates of some rows": (
        "{ author_aggregate(order_by: {pay: desc}, limit: 2) { aggregate { min { full_name } } nodes { full_name } } }",
        {"author_aggregate": {"aggregate": {"min": {"full_name": "Bob"}},
                              "nodes": [{"full_name": "Bob"}, {"full_name": "Cyd X"}]}}),
    "below an aggregate of related rows": (
        "{ author_by_pk(id: 2) { articles_aggregate { nodes { writer } aggregate { min { writer } } } } }",
        {"author_by_pk": {"articles_aggregate": {"nodes": [{"writer": "Bob"}], "aggregate": {"min": {"writer": "Bob"}}}}}),
    "with distinct rows": (
        "{ article(distinct_on: author_id, order_by: [{author_id: asc}, {id: asc}]) { writer } }",
        {"article": [{"writer": "Ada"}, {"writer": "Bob"}, {"writer": "Cyd"}]}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_answers(served, case):
    query, expected = CASES[case]
    assert await served.ask(query) == expected


async def test_arguments_as_variables_keep_plans_apart(served):
    query = "query ($a: raised_author_args!) { author_by_pk(id: 2) { raised(args: $a) } }"
    for given, raised in [({"percent": 10}, 33), ({"percent": 10, "plus": 1}, 34), ({"percent": 20}, 36)]:
        assert await served.ask(query, {"a": given}) == {"author_by_pk": {"raised": raised}}
    single = "query ($p: Int, $w: String) { author_by_pk(id: 1) { raised(args: {percent: $p}) search(args: {word: $w}) { id } } }"
    answer = await served.ask(single, {"p": 100, "w": "eng"})
    assert answer == {"author_by_pk": {"raised": 20, "search": [{"id": 1}]}}


async def test_an_argument_without_a_default_cannot_be_left_out(served):
    path = "$.selectionSet.author.selectionSet.raised.args.args"
    refused = await served.refuse("{ author { raised(args: {plus: 1}) } }")
    assert refused == ("not-supported", path, "Non default arguments cannot be omitted")


async def test_the_session_is_an_argument(served):
    query = "{ author(where: {is_me: {_eq: true}}) { id is_me } }"
    assert await served.ask(query, user_id="2") == {"author": [{"id": 2, "is_me": True}]}
    assert await served.ask(query, user_id="3") == {"author": [{"id": 3, "is_me": True}]}


S = "$.selectionSet.author"
REFUSALS = {
    "arguments left out": ("{ author { raised } }", f"{S}.selectionSet.raised.args.args", "missing required field 'args'"),
    "the row as an argument": (
        "{ author { raised(args: {percent: 1, author_row: 1}) } }", f"{S}.selectionSet.raised.args.args.author_row",
        "field 'author_row' not found in type: 'raised_author_args'"),
    "no arguments to give": (
        "{ author { full_name(args: {}) } }", f"{S}.selectionSet.full_name", "'full_name' has no argument named 'args'"),
    "fields of a scalar": (
        "{ author { full_name { x } } }", f"{S}.selectionSet.full_name", "unexpected subselection set for non-object field"),
    "rows without fields": (
        "{ author { best } }", f"{S}.selectionSet.best.selectionSet", "missing selection set for 'article'"),
    "arguments in where": (
        '{ author(where: {search: {title: {_eq: "x"}}}) { id } }', f"{S}.args.where.search",
        "field 'search' not found in type: 'author_bool_exp'"),
    "arguments in order_by": (
        "{ author(order_by: {raised: asc}) { id } }", f"{S}.args.order_by[0].raised",
        "field 'raised' not found in type: 'author_order_by'"),
    "in distinct_on": (
        "{ author(distinct_on: full_name) { id } }", f"{S}.args.distinct_on[0]",
        "expected one of the values ['id', 'first', 'last', 'pay', 'city'] for type 'author_select_column', but found"
        " 'full_name'"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
async def test_refusals(served, case):
    query, path, message = REFUSALS[case]
    assert await served.refuse(query) == ("validation-failed", path, message)


@pytest.mark.parametrize("name", WRONG)
async def test_what_cannot_be_a_computed_field(served, name):
    reason = served.reasons[f"computed_field {name} in table author in source default"]
    assert reason.startswith(f'in table "author": in computed field "{name}": ')
    assert WRONG[name][1] in reason


async def test_permissions_that_cannot_be(served):
    wrong = {name: reason for name, reason in served.reasons.items() if "permission" in name}
    assert {name.split()[1] for name in wrong} == {"wrong", "unknown", "rows"}
    assert "input arguments" in wrong["select_permission wrong in table author in source default"]
    assert '"nope" does not exist' in wrong["select_permission unknown in table author in source default"]
    assert "auto-derived" in wrong["select_permission rows in table author in source default"]


async def test_a_role_sees_the_scalars_its_permission_names(served):
    assert await served.ask("{ author { id full_name } }", role="reader") == {
        "author": [{"id": 1, "full_name": "Ada Byron"}]
    }
    _, path, message = await served.refuse("{ author { full_name } }", role="me", user_id="1")
    assert (path, message) == (f"{S}.selectionSet.full_name", "field 'full_name' not found in type: 'author'")
    assert await served.ask("{ author { id raised(args: {percent: 0}) } }", role="me", user_id="3") == {
        "author": [{"id": 3, "raised": 20}]
    }
    _, path, _ = await served.refuse(
        '{ author(where: {full_name: {_eq: ""}}) { id } }', role="me", user_id="1"
    )
    assert path == f"{S}.args.where.full_name"


async def test_a_role_sees_returned_rows_as_it_sees_their_table(served):
    rows = "{ author { best { title } } }"
    assert await served.ask(rows, role="reader") == {"author": [{"best": []}]}  # five stars are not for it
    _, path, message = await served.refuse("{ author { best { id } } }", role="reader")
    assert path == f"{S}.selectionSet.best.selectionSet.id"
    assert message == "field 'id' not found in type: 'article'"
    _, path, message = await served.refuse("{ author { best { id } } }", role="fan")
    assert (path, message) == (f"{S}.selectionSet.best", "field 'best' not found in type: 'author'")
    refused = await served.refuse(
        "{ author(order_by: {best_aggregate: {count: asc}}) { id } }", role="reader"
    )
    assert refused[1] == f"{S}.args.order_by[0].best_aggregate"


async def test_in_the_filter_of_a_permission(served):
    assert await served.ask("{ author { id } }", role="fan") == {"author": [{"id": 1}]}
    assert await served.ask("{ author { id } }", role="me", user_id="2") == {"author": [{"id": 2}]}


async def test_aggregates_of_a_role_with_a_limit(served):
    answer = await served.ask(
        "{ author_aggregate { aggregate { count max { full_name } } nodes { full_name } } }", role="reader"
    )
    assert answer == {
        "author_aggregate": {
            "aggregate": {"count": 1, "max": {"full_name": "Ada Byron"}},
            "nodes": [{"full_name": "Ada Byron"}],
        }
    }


async def test_an_inherited_role_sees_a_value_where_a_parent_does(served):
    answer = await served.ask(
        "{ author(order_by: {id: asc}) { id full_name raised(args: {percent: 0}) } }",
        role="both",
        user_id="3",
    )
    assert answer == {
        "author": [
            {"id": 1, "full_name": "Ada Byron", "raised": None},
            {"id": 3, "full_name": None, "raised": 20},
        ]
    }


async def test_in_what_a_mutation_returns(served):
    answer = await served.ask(
        """mutation {
          insert_article_one(object: {id: 90, author_id: 3, title: "New", stars: 4}) { writer author { best { title } } }
          update_author(where: {full_name: {_eq: "Cyd X"}}, _set: {last: "Y"}) { returning { full_name best { id } } }
          delete_article(where: {writer: {_eq: "Cyd"}, id: {_gt: 80}}) { affected_rows returning { writer } }
          back: update_author_by_pk(pk_columns: {id: 3}, _set: {last: "X"}) { full_name }
        }"""
    )
    assert answer == {
        "insert_article_one": {"writer": "Cyd", "author": {"best": [{"title": "New"}]}},
        "update_author": {"returning": [{"full_name": "Cyd Y", "best": [{"id": 90}]}]},
        "delete_article": {"affected_rows": 1, "returning": [{"writer": "Cyd"}]},
        "back": {"full_name": "Cyd X"},
    }


async def test_introspection(served):
    schema = served.engine.graphql_schema()
    fields = schema.type_map["author"].fields
    assert str(fields["search"].type) == "[article!]"
    assert {name: str(a.type) for name, a in fields["search"].args.items()} == {
        "args": "search_author_args!", "distinct_on": "[article_select_column!]", "limit": "Int", "offset": "Int",
        "order_by": "[article_order_by!]", "where": "article_bool_exp",
    }  # fmt: skip
    assert str(fields["raised"].args["args"].type) == "raised_author_args!"
    assert fields["facts"].description == "what is known"
    assert fields["full_name"].description == (
        'both names\n\n\nA computed field, executes function "full_name"\n'
    )
    assert print_type(schema.type_map["search_author_args"]).splitlines()[1:] == [
        "  word: String", "  at_least: Int", "}"]  # fmt: skip
    assert {"full_name", "facts", "is_me", "best"} <= set(schema.type_map["author_bool_exp"].fields)
    assert not {"raised", "search"} & set(schema.type_map["author_bool_exp"].fields)
    assert {"full_name", "best_aggregate"} <= set(schema.type_map["author_order_by"].fields)
    assert "raised" in schema.type_map["author_sum_fields"].fields
