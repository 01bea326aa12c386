"""Tracked functions: arguments, defaults, the session, names, aggregates, permissions, and what cannot be tracked."""

from __future__ import annotations

from typing import Any

import pytest

from lictor.engine import EngineOptions
from tests.engine.own_database import document, may_select, serving, table, to_many

SQL = """
CREATE SCHEMA shop;
CREATE TABLE item (id int PRIMARY KEY, name text NOT NULL, price int);
CREATE TABLE hidden (id int PRIMARY KEY);
CREATE TABLE note (id int PRIMARY KEY, item_id int REFERENCES item);
CREATE TYPE pair AS (a int, b int);
INSERT INTO item VALUES (1, 'ant', 10), (2, 'bee', 20), (3, 'cat', NULL);
INSERT INTO note VALUES (1, 1), (2, 1);

CREATE FUNCTION find(word text, at_most int DEFAULT 100, at_least int DEFAULT 0) RETURNS SETOF item LANGUAGE sql STABLE
    AS $$ SELECT * FROM item WHERE name LIKE word AND price BETWEEN at_least AND at_most $$;
COMMENT ON FUNCTION find IS 'finds items';
CREATE FUNCTION unnamed(text, int DEFAULT 5) RETURNS SETOF item LANGUAGE sql STABLE
    AS $$ SELECT * FROM item WHERE name LIKE $1 AND coalesce(price, 0) >= $2 $$;
CREATE FUNCTION half_named(word text, int, low int DEFAULT 0, int DEFAULT 100) RETURNS SETOF item LANGUAGE sql STABLE
    AS $$ SELECT * FROM item WHERE name LIKE word AND id > $2 AND price BETWEEN low AND $4 $$;
CREATE FUNCTION everything() RETURNS SETOF item LANGUAGE sql STABLE AS $$ SELECT * FROM item $$;
CREATE FUNCTION optional(least_price int DEFAULT 0) RETURNS SETOF item LANGUAGE sql STABLE
    AS $$ SELECT * FROM item WHERE price >= least_price $$;
CREATE FUNCTION the_item(wanted int) RETURNS item LANGUAGE sql STABLE AS $$ SELECT * FROM item WHERE id = wanted $$;
CREATE FUNCTION shop.mine(session json, word text DEFAULT '%') RETURNS SETOF public.item LANGUAGE sql STABLE
    AS $$ SELECT * FROM public.item WHERE id = (session ->> 'x-hasura-item')::int AND name LIKE word $$;
CREATE FUNCTION rows_with_out(INOUT id int, OUT name text, OUT price int) RETURNS SETOF record LANGUAGE sql STABLE
    AS $$ SELECT 1, 'x', 2 $$;
CREATE FUNCTION outs(OUT id int, low int, OUT name text, high int) RETURNS SETOF record LANGUAGE sql STABLE
    AS $$ SELECT 1, 'x' $$;
CREATE FUNCTION a_table() RETURNS TABLE (id int, name text) LANGUAGE sql STABLE AS $$ SELECT 1, 'x' $$;
CREATE FUNCTION a_number() RETURNS int LANGUAGE sql STABLE AS $$ SELECT 1 $$;
CREATE FUNCTION a_pair() RETURNS SETOF pair LANGUAGE sql STABLE AS $$ SELECT 1, 2 $$;
CREATE FUNCTION of_hidden() RETURNS SETOF hidden LANGUAGE sql STABLE AS $$ SELECT 1 $$;
CREATE FUNCTION many(VARIADIC ids int[]) RETURNS SETOF item LANGUAGE sql STABLE AS $$ SELECT * FROM item $$;
CREATE FUNCTION twice(a int) RETURNS SETOF item LANGUAGE sql STABLE AS $$ SELECT * FROM item $$;
CREATE FUNCTION twice(a text) RETURNS SETOF item LANGUAGE sql STABLE AS $$ SELECT * FROM item $$;
CREATE FUNCTION odd_argument("a b" int) RETURNS SETOF item LANGUAGE sql STABLE AS $$ SELECT * FROM item $$;
CREATE FUNCTION text_session(session text) RETURNS SETOF item LANGUAGE sql STABLE AS $$ SELECT * FROM item $$;
CREATE FUNCTION raise_price(by int, of_item int DEFAULT 1) RETURNS SETOF item LANGUAGE sql VOLATILE
    AS $$ UPDATE item SET price = price + by WHERE id = of_item RETURNING * $$;
CREATE FUNCTION volatile_query() RETURNS SETOF item LANGUAGE sql VOLATILE AS $$ SELECT * FROM item $$;
CREATE PROCEDURE a_procedure() LANGUAGE sql AS $$ SELECT 1 $$;
"""


def function(
    name: str, schema: str = "public", roles: tuple[str, ...] = (), **configuration: Any
) -> dict[str, Any]:
    return {
        "function": {"name": name, "schema": schema}, "configuration": configuration,
        "permissions": [{"role": role} for role in roles],
    }  # fmt: skip


CANNOT = "cannot be tracked because "
WRONG = {
    "rows_with_out": (function("rows_with_out"), CANNOT + 'the function does not return a "COMPOSITE" type'),
    "a_table": (function("a_table"), CANNOT + 'the function does not return a "COMPOSITE" type'),
    "a_number": (function("a_number"), CANNOT + 'the function does not return a "COMPOSITE" type'),
    "a_pair": (function("a_pair"), CANNOT + "the function does not return a table"),
    "of_hidden": (function("of_hidden"), CANNOT + 'the table "hidden" it returns is not tracked'),
    "many": (function("many"), CANNOT + 'function with "VARIADIC" parameters are not supported'),
    "twice": (function("twice"), 'function "twice" is overloaded. Overloaded functions are not supported'),
    "odd_argument": (
        function("odd_argument"),
        CANNOT + "the function arguments a b are not legal GraphQL identifiers",
    ),
    "text_session": (function("text_session", session_argument="session"), "is not of type JSON"),
    "gone": (function("gone"), 'no such function exists: "gone"'),
    "a_procedure": (function("a_procedure"), 'no such function exists: "a_procedure"'),
    "unnamed": (
        function("unnamed", session_argument="nobody"),
        '"nobody" is not an input argument of the function',
    ),
    "the_item": (function("the_item", exposed_as="mutation"), "is not marked VOLATILE"),
}
METADATA = document(
    [
        table(
            "item",
            array_relationships=[to_many("notes", "note", "item_id")],
            select_permissions=[
                may_select("reader", ["id", "name"], {"price": {"_lt": 20}}, allow_aggregations=True),
                may_select("plain", ["id"]),
            ],
        ),
        table("note"),
    ],
    [
        function("find", roles=("reader",)),
        function("unnamed"),
        function("half_named"),
        function("everything"),
        function(
            "optional", custom_root_fields={"function": "from_price", "function_aggregate": "from_price_sums"}
        ),
        function("the_item", custom_name="one"),
        function("mine", "shop", session_argument="session"),
        function("raise_price", roles=("plain",)),
        function("volatile_query", exposed_as="query"),
    ],
)


@pytest.fixture(scope="module")
async def served(postgres):
    async with serving(postgres, "engine_functions", SQL, METADATA) as found:
        yield found


CASES = {
    "arguments": ('{ find(args: {word: "%e%"}) { id } }', {"find": [{"id": 2}]}),
    "defaults": ('{ find(args: {word: "%", at_least: 15}) { id } }', {"find": [{"id": 2}]}),
    "an argument that is null": ('{ find(args: {word: "%", at_least: null}) { id } }', {"find": []}),
    "no name": ('{ unnamed(args: {arg_1: "%"}, order_by: {id: asc}) { id } }', {"unnamed": [{"id": 1}, {"id": 2}]}),
    "names and none": ('{ half_named(args: {word: "%", arg_2: 0}, order_by: {id: asc}) { id } }', {"half_named": [{"id": 1}, {"id": 2}]}),
    "names and none, all given": ('{ half_named(args: {arg_4: 10, low: 1, arg_2: 0, word: "%"}) { id } }', {"half_named": [{"id": 1}]}),
    "no name, no default": ('{ unnamed(args: {arg_1: "%", arg_2: 20}) { id } }', {"unnamed": [{"id": 2}]}),
    "no arguments": ("{ everything(order_by: {id: desc}, limit: 1, offset: 1) { id } }", {"everything": [{"id": 2}]}),
    "where and relationships": (
        '{ everything(where: {name: {_eq: "ant"}}) { name notes(order_by: {id: asc}) { id } notes_aggregate'
        " { aggregate { count } } } }",
        {"everything": [{"name": "ant", "notes": [{"id": 1}, {"id": 2}], "notes_aggregate": {"aggregate": {"count": 2}}}]}),
    "distinct": ("{ everything(distinct_on: id, where: {id: {_lt: 2}}) { id } }", {"everything": [{"id": 1}]}),
    "only optional arguments": ("{ a: from_price(order_by: {id: asc}) { id } b: from_price(args: {least_price: 15}) { id } }",
                                {"a": [{"id": 1}, {"id": 2}], "b": [{"id": 2}]}),
    "args that are null": ("{ from_price(args: null, where: {id: {_eq: 1}}) { id } }", {"from_price": [{"id": 1}]}),
    "one row": ("{ one(args: {wanted: 3}) { name } }", {"one": {"name": "cat"}}),
    "one row and its notes": ("{ one(args: {wanted: 1}) { notes(limit: 1) { id } } }", {"one": {"notes": [{"id": 1}]}}),
    "aggregates": ('{ find_aggregate(args: {word: "%"}, order_by: {id: asc}) { aggregate { count sum { price } } nodes { id } } }',
                   {"find_aggregate": {"aggregate": {"count": 2, "sum": {"price": 30}}, "nodes": [{"id": 1}, {"id": 2}]}}),
    "aggregates under another name": ("{ from_price_sums { aggregate { count } } }",
                                      {"from_price_sums": {"aggregate": {"count": 2}}}),
    "aggregates of one row": ("{ one_aggregate(args: {wanted: 2}) { aggregate { max { price } } } }",
                              {"one_aggregate": {"aggregate": {"max": {"price": 20}}}}),
    "a volatile one as a query": ("{ volatile_query(where: {id: {_eq: 2}}) { id } }", {"volatile_query": [{"id": 2}]}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_answers(served, case):
    query, expected = CASES[case]
    assert await served.ask(query) == expected


async def test_the_session_is_an_argument(served):
    query = "query ($w: String) { shop_mine(args: {word: $w}) { id } }"
    assert await served.ask(query, {"w": "%"}, item="2") == {"shop_mine": [{"id": 2}]}
    assert await served.ask("{ shop_mine { id } }", item="3") == {"shop_mine": [{"id": 3}]}
    _, path, message = await served.refuse('{ shop_mine(args: {session: "{}"}) { id } }')
    assert path == "$.selectionSet.shop_mine.args.args.session"
    assert message == "field 'session' not found in type: 'shop_mine_args'"


async def test_variables_keep_plans_apart(served):
    query = "query ($a: find_args!) { find(args: $a) { id } }"
    assert await served.ask(query, {"a": {"word": "a%"}}) == {"find": [{"id": 1}]}
    assert await served.ask(query, {"a": {"word": "b%", "at_least": 1}}) == {"find": [{"id": 2}]}
    single = "query ($l: Int) { from_price(args: {least_price: $l}, order_by: {id: asc}) { id } }"
    assert await served.ask(single) == {"from_price": [{"id": 1}, {"id": 2}]}
    assert await served.ask(single, {"l": 20}) == {"from_price": [{"id": 2}]}
    assert await served.ask(single, {"l": None}) == {"from_price": []}


async def test_as_a_mutation(served):
    query = "mutation ($a: raise_price_args!) { raise_price(args: $a) { id price } }"
    assert await served.ask(query, {"a": {"by": 5, "of_item": 2}}) == {
        "raise_price": [{"id": 2, "price": 25}]
    }
    assert await served.ask(query, {"a": {"by": -5, "of_item": 2}}) == {
        "raise_price": [{"id": 2, "price": 20}]
    }
    assert await served.ask(query, {"a": {"by": 0}}) == {"raise_price": [{"id": 1, "price": 10}]}
    _, path, message = await served.refuse("{ raise_price(args: {by: 1}) { id } }")
    assert (path, message) == (
        "$.selectionSet.raise_price",
        "field 'raise_price' not found in type: 'query_root'",
    )
    _, _, message = await served.refuse("mutation { raise_price_aggregate(args: {by: 1}) { nodes { id } } }")
    assert message == "field 'raise_price_aggregate' not found in type: 'mutation_root'"


async def test_a_role_calls_what_returns_the_table_it_selects(served):
    assert await served.ask('{ find(args: {word: "%"}) { id name } }', role="reader") == {
        "find": [{"id": 1, "name": "ant"}]
    }
    counted = '{ find_aggregate(args: {word: "%"}) { aggregate { count } } }'
    assert await served.ask(counted, role="reader") == {"find_aggregate": {"aggregate": {"count": 1}}}
    assert (await served.refuse(counted, role="plain"))[1] == "$.selectionSet.find_aggregate"
    assert (await served.refuse("{ everything { price } }", role="plain"))[1].endswith(
        ".everything.selectionSet.price"
    )
    assert await served.ask("{ everything(where: {id: {_gt: 1}}) { id } }", role="plain") == {
        "everything": [{"id": 2}, {"id": 3}]
    }


async def test_a_mutation_is_for_the_roles_it_names(served):
    query = "mutation { raise_price(args: {by: 0}) { id } }"
    assert await served.ask(query, role="plain") == {"raise_price": [{"id": 1}]}
    assert await served.refuse(query, role="reader") == (
        "validation-failed",
        "$",
        "no mutations exist",
    )


async def test_permissions_that_are_not_inferred(postgres):
    options = EngineOptions(infer_function_permissions=False)
    async with serving(postgres, "engine_functions_explicit", SQL, METADATA, options) as served:
        assert await served.ask('{ find(args: {word: "%"}) { id } }', role="reader") == {"find": [{"id": 1}]}
        assert (await served.refuse("{ everything { id } }", role="reader"))[1] == "$.selectionSet.everything"
        assert (await served.refuse('{ find(args: {word: ""}) { id } }', role="plain"))[
            1
        ] == "$.selectionSet.find"
        assert len((await served.ask("{ everything { id } }"))["everything"]) == 3


REFUSALS = {
    "args left out": ("{ find { id } }", "$.selectionSet.find.args.args", "missing required field 'args'"),
    "args that are null": ("{ find(args: null) { id } }", "$.selectionSet.find.args.args",
                           "expected an object for type 'find_args', but found null"),
    "an unknown argument": ('{ find(args: {word: "", x: 1}) { id } }', "$.selectionSet.find.args.args.x",
                            "field 'x' not found in type: 'find_args'"),
    "an argument of another type": ("{ find(args: {word: 1}) { id } }", "$.selectionSet.find.args.args.word",
                                    "expected a string for type 'String', but found an integer"),
    "nothing to give": ("{ everything(args: {}) { id } }", "$.selectionSet.everything",
                        "'everything' has no argument named 'args'"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
async def test_refusals(served, case):
    query, path, message = REFUSALS[case]
    assert await served.refuse(query) == ("validation-failed", path, message)


async def test_arguments_that_cannot_be_left_out(served):
    find = "{ find(args: {at_most: 1}) { id } }"
    message = "Non default arguments cannot be omitted"
    assert await served.refuse(find) == ("not-supported", "$.selectionSet.find.args.args", message)
    query = '{ half_named(args: {word: "%", arg_2: 0, arg_4: 10}) { id } }'
    message = "Only last set of positional arguments can be omitted"
    assert await served.refuse(query) == ("not-supported", "$.selectionSet.half_named.args.args", message)


async def test_what_cannot_be_tracked(postgres):
    metadata = document([table("item")], [entry for entry, _ in WRONG.values()])
    async with serving(postgres, "engine_functions_wrong", SQL, metadata) as served:
        reasons = served.reasons
        assert set(reasons) == {f"function {name} in source default" for name in WRONG}
        for name, (_, reason) in WRONG.items():
            assert reason in reasons[f"function {name} in source default"], name


async def test_several_reasons(postgres):
    metadata = document([table("item")], [function("many", exposed_as="mutation", session_argument="x")])
    async with serving(postgres, "engine_functions_reasons", SQL, metadata) as served:
        assert served.reasons["function many in source default"] == (
            'in function "many": the function "many" cannot be tracked for the following reasons:\n'
            ' • function with "VARIADIC" parameters are not supported\n'
            " • the function was requested to be exposed as a mutation, but is not marked VOLATILE. Maybe the function was"
            " given the wrong volatility when it was defined?\n"
            ' • given session argument "x" is not an input argument of the function "many"'
        )


async def test_input_arguments_stand_between_outputs(served):
    """The catalog names input arguments rightly when OUT arguments come before and between them."""
    [outs] = served.engine.state.catalog.functions["public", "outs"]
    assert [(a.name, a.pg_type) for a in outs.arguments] == [("low", "int4"), ("high", "int4")]
    [inout] = served.engine.state.catalog.functions["public", "rows_with_out"]
    assert [a.name for a in inout.arguments] == ["id"]


async def test_introspection(served):
    schema = served.engine.graphql_schema()
    query = schema.query_type.fields
    assert query["find"].description == "finds items"
    assert query["everything"].description == 'execute function "everything" which returns "item"'
    assert query["find_aggregate"].description == (
        'execute function "find" and query aggregates on result of table type "item"'
    )
    assert str(query["find"].type) == "[item!]!"
    assert str(query["one"].type) == "item"
    assert str(query["find"].args["args"].type) == "find_args!"
    assert str(query["from_price"].args["args"].type) == "optional_args"
    assert query["find"].args["args"].description == 'input parameters for function "find"'
    assert "args" not in query["everything"].args
    assert {n: str(f.type) for n, f in schema.type_map["find_args"].fields.items()} == {
        "word": "String", "at_most": "Int", "at_least": "Int",
    }  # fmt: skip
    assert list(schema.type_map["shop_mine_args"].fields) == ["word"]
    assert str(schema.mutation_type.fields["raise_price"].type) == "[item!]!"
