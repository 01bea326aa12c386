"""Enum tables: their rows are a GraphQL enum, and what refers to them takes and gives its values."""

from __future__ import annotations

import pytest
from graphql import print_type

from tests.engine.own_database import document, may_select, serving, table, to_many, to_one

SQL = """
CREATE SCHEMA paint;
CREATE TABLE colour (value text PRIMARY KEY, comment text);
CREATE TABLE paint.gloss (name text PRIMARY KEY);
CREATE TABLE wall (id int PRIMARY KEY, colour text NOT NULL REFERENCES colour, gloss text REFERENCES paint.gloss,
                   under text REFERENCES colour);
CREATE TABLE door (colour text PRIMARY KEY REFERENCES colour, open boolean);
INSERT INTO colour VALUES ('red', '#FF0000'), ('blue', '#0000FF'), ('dark_red', NULL);
INSERT INTO paint.gloss VALUES ('matt');
INSERT INTO wall VALUES (1, 'red', NULL, 'blue'), (2, 'blue', 'matt', NULL), (3, 'dark_red', 'matt', 'red');
INSERT INTO door VALUES ('red', true), ('blue', false);

CREATE TABLE no_key (value text);
CREATE TABLE two_keys (a text, b text, PRIMARY KEY (a, b));
CREATE TABLE of_numbers (id int PRIMARY KEY, comment text);
CREATE TABLE of_varchars (id varchar PRIMARY KEY);
CREATE TABLE number_comment (value text PRIMARY KEY, comment int);
CREATE TABLE three_columns (value text PRIMARY KEY, a text, b text);
CREATE TABLE no_rows (value text PRIMARY KEY);
CREATE TABLE bad_value (value text PRIMARY KEY);
INSERT INTO bad_value VALUES ('fine'), ('not fine');
CREATE TABLE bad_values (value text PRIMARY KEY);
INSERT INTO bad_values VALUES ('true'), ('__x'), ('9'), ('ok');
"""
AS_ENUM = "cannot be used as an enum because "
WRONG = {
    "no_key": "the table must have a primary key",
    "two_keys": AS_ENUM + "the table's primary key must not span multiple columns (a, b)",
    "of_numbers": AS_ENUM + 'the table\'s primary key ("id") must have type "text", not type "int4"',
    "of_varchars": AS_ENUM + 'the table\'s primary key ("id") must have type "text", not type "varchar"',
    "number_comment": AS_ENUM + 'the table\'s comment column ("comment") must have type "text", not type "int4"',
    "three_columns": AS_ENUM + "the table must have exactly one primary key and optionally one comment column, not "
    "3 columns (a, b, value)",
    "no_rows": AS_ENUM + "the table must have at least one row",
    "bad_value": AS_ENUM + 'the value "not fine" is not a valid GraphQL enum value name',
    "bad_values": AS_ENUM + 'the values "9", "__x", "true" are not valid GraphQL enum value names',
}  # fmt: skip
METADATA = document(
    [
        table("colour", is_enum=True, array_relationships=[to_many("walls", "wall", "colour")]),
        table("gloss", "paint", is_enum=True, configuration={"custom_name": "Gloss"}),
        table(
            "wall",
            object_relationships=[to_one("of_colour", "colour")],
            select_permissions=[
                may_select("reader", ["id", "colour"], {"colour": {"_in": ["red", "dark_red"]}}),
                may_select("session", ["id"], {"colour": {"_eq": "X-Hasura-Colour"}}),
                may_select("counter", "*", {}, allow_aggregations=True),
                may_select("wrong", ["id"], {"colour": {"_eq": "green"}}),
                may_select("wrong_list", ["id"], {"colour": {"_in": ["X-Hasura-Colour", "red", "green"]}}),
            ],
        ),
        table("door"),
        *(table(name, is_enum=True) for name in WRONG),
    ]
)


@pytest.fixture(scope="module")
async def served(postgres):
    async with serving(postgres, "engine_enum_tables", SQL, METADATA) as found:
        yield found


CASES = {
    "values": ("{ wall(order_by: {id: asc}) { colour gloss } }", None, {
        "wall": [{"colour": "red", "gloss": None}, {"colour": "blue", "gloss": "matt"},
                 {"colour": "dark_red", "gloss": "matt"}]}),
    "_eq": ("{ wall(where: {colour: {_eq: red}}) { id } }", None, {"wall": [{"id": 1}]}),
    "_neq": ("{ wall(where: {under: {_neq: red}}) { id } }", None, {"wall": [{"id": 1}]}),
    "_in": ("{ wall(where: {colour: {_in: [red, blue]}}, order_by: {id: asc}) { id } }", None,
            {"wall": [{"id": 1}, {"id": 2}]}),
    "_in of one": ("{ wall(where: {colour: {_in: blue}}) { id } }", None, {"wall": [{"id": 2}]}),
    "_nin": ("{ wall(where: {colour: {_nin: [red, blue]}}) { id } }", None, {"wall": [{"id": 3}]}),
    "_is_null": ("{ wall(where: {gloss: {_is_null: true}}) { id } }", None, {"wall": [{"id": 1}]}),
    "a variable": ("query ($c: colour_enum!) { wall(where: {colour: {_eq: $c}}) { id } }", {"c": "blue"},
                   {"wall": [{"id": 2}]}),
    "a default": ("query ($c: colour_enum = red) { wall(where: {colour: {_eq: $c}}) { id } }", {}, {"wall": [{"id": 1}]}),
    "a list of variables": ("query ($c: colour_enum!) { wall(where: {colour: {_in: [$c, red]}}, order_by: {id: asc})"
                            " { id } }", {"c": "blue"}, {"wall": [{"id": 1}, {"id": 2}]}),
    "a list as a variable": ("query ($c: [colour_enum!]!) { wall(where: {colour: {_in: $c}}) { id } }",
                             {"c": ["blue"]}, {"wall": [{"id": 2}]}),
    "inside a variable": ("query ($w: wall_bool_exp!) { wall(where: $w) { id } }",
                          {"w": {"colour": {"_eq": "dark_red"}}}, {"wall": [{"id": 3}]}),
    "a comparison as a variable": ("query ($c: colour_enum_comparison_exp!) { wall(where: {colour: $c}) { id } }",
                                   {"c": {"_in": ["red"]}}, {"wall": [{"id": 1}]}),
    "by primary key": ("{ door_by_pk(colour: red) { open } }", None, {"door_by_pk": {"open": True}}),
    "by primary key from a variable": ("query ($c: colour_enum!) { door_by_pk(colour: $c) { open } }", {"c": "blue"},
                                       {"door_by_pk": {"open": False}}),
    "custom name, another schema": ("{ wall(where: {gloss: {_eq: matt}, id: {_gt: 2}}) { id } }", None, {"wall": [{"id": 3}]}),
    "order and distinct": ("{ wall(order_by: {colour: desc}, distinct_on: colour) { colour } }", None,
                           {"wall": [{"colour": "red"}, {"colour": "dark_red"}, {"colour": "blue"}]}),
    "the table itself has strings": ('{ colour(where: {value: {_like: "%red"}}, order_by: {value: asc}) { value comment'
                                     ' walls { id } } }', None,
                                     {"colour": [{"value": "dark_red", "comment": None, "walls": [{"id": 3}]},
                                                 {"value": "red", "comment": "#FF0000", "walls": [{"id": 1}]}]}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_answers(served, case):
    query, variables, expected = CASES[case]
    assert await served.ask(query, variables) == expected


ONE_OF = "expected one of the values ['blue', 'dark_red', 'red'] for type 'colour_enum', but found "
EQ = "$.selectionSet.wall.args.where.colour._eq"
REFUSALS = {
    "no such value": ("{ wall(where: {colour: {_eq: green}}) { id } }", None, EQ, ONE_OF + "'green'"),
    "a string literal": ('{ wall(where: {colour: {_eq: "red"}}) { id } }', None, EQ,
                         "expected an enum value for type 'colour_enum', but found a string"),
    "a number": ("{ wall(where: {colour: {_eq: 1}}) { id } }", None, EQ,
                 "expected an enum value for type 'colour_enum', but found an integer"),
    "a wrong variable": ("query ($c: colour_enum!) { wall(where: {colour: {_eq: $c}}) { id } }", {"c": "green"}, EQ,
                         ONE_OF + "'green'"),
    "a variable that is no string": ("query ($c: colour_enum!) { wall(where: {colour: {_eq: $c}}) { id } }", {"c": 3}, EQ,
                                     "expected an enum value for type 'colour_enum', but found a number"),
    "wrong inside a list": ("{ wall(where: {colour: {_in: [red, green]}}) { id } }", None,
                            "$.selectionSet.wall.args.where.colour._in[1]", ONE_OF + "'green'"),
    "strings in a list": ('{ wall(where: {colour: {_in: ["red", "blue"]}}) { id } }', None,
                          "$.selectionSet.wall.args.where.colour._in[0]",
                          "expected an enum value for type 'colour_enum', but found a string"),
    "wrong in a list of a variable": ("query ($c: [colour_enum!]!) { wall(where: {colour: {_in: $c}}) { id } }",
                                      {"c": ["red", "x"]}, "$.selectionSet.wall.args.where.colour._in[1]", ONE_OF + "'x'"),
    "another type of variable": ("query ($c: String!) { wall(where: {colour: {_eq: $c}}) { id } }", {"c": "red"}, EQ,
                                 "variable 'c' is declared as 'String!', but used where 'colour_enum' is expected"),
    "no order": ("{ wall(where: {colour: {_gt: red}}) { id } }", None, "$.selectionSet.wall.args.where.colour._gt",
                 "field '_gt' not found in type: 'colour_enum_comparison_exp'"),
    "by primary key": ("{ door_by_pk(colour: green) { open } }", None, "$.selectionSet.door_by_pk.args.colour",
                       ONE_OF + "'green'"),
    "inserted": ("mutation ($c: colour_enum!) { insert_wall(objects: {id: 9, colour: $c}) { affected_rows } }", {"c": "x"},
                 "$.selectionSet.insert_wall.args.objects[0].colour", ONE_OF + "'x'"),
    "a string inserted": ('mutation { insert_wall_one(object: {id: 9, colour: "red"}) { id } }', None,
                          "$.selectionSet.insert_wall_one.args.object.colour",
                          "expected an enum value for type 'colour_enum', but found a string"),
    "updated": ("mutation { update_wall(where: {}, _set: {colour: green}) { affected_rows } }", None,
                "$.selectionSet.update_wall.args._set.colour", ONE_OF + "'green'"),
    "no maximum": ("{ wall_aggregate { aggregate { max { colour } } } }", None,
                   "$.selectionSet.wall_aggregate.selectionSet.aggregate.selectionSet.max.selectionSet.colour",
                   "field 'colour' not found in type: 'wall_max_fields'"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
async def test_refusals(served, case):
    query, variables, path, message = REFUSALS[case]
    assert await served.refuse(query, variables) == ("validation-failed", path, message)


async def test_one_plan_for_all_values_of_a_variable(served):
    query = "query ($c: colour_enum!) { wall(where: {colour: {_eq: $c}}) { id } }"
    assert [(await served.ask(query, {"c": c}))["wall"][0]["id"] for c in ("red", "blue", "red")] == [1, 2, 1]
    wrong = await served.refuse(query, {"c": "no"})
    assert wrong[2].endswith("'no'")


async def test_mutations(served):
    answer = await served.ask(
        """mutation ($gloss: Gloss_enum) {
          insert_wall(objects: [{id: 10, colour: red}, {id: 11, colour: blue, gloss: $gloss}]) {
            returning { colour gloss } }
          update_wall(where: {id: {_eq: 10}}, _set: {colour: dark_red, under: null}) { returning { colour } }
          delete_wall(where: {id: {_gte: 10}, colour: {_in: [dark_red, blue]}}) { affected_rows }
        }""",
        {"gloss": "matt"},
    )
    assert answer == {
        "insert_wall": {"returning": [{"colour": "red", "gloss": None}, {"colour": "blue", "gloss": "matt"}]},
        "update_wall": {"returning": [{"colour": "dark_red"}]},
        "delete_wall": {"affected_rows": 2},
    }


async def test_roles(served):
    assert await served.ask("{ wall(order_by: {id: asc}) { id colour } }", role="reader") == {
        "wall": [{"id": 1, "colour": "red"}, {"id": 3, "colour": "dark_red"}]
    }
    # the enum is there, though the role cannot select its table
    assert await served.ask("{ wall(where: {colour: {_eq: dark_red}}) { id } }", role="reader") == {
        "wall": [{"id": 3}]
    }
    assert await served.ask("{ wall { id } }", role="session", colour="blue") == {"wall": [{"id": 2}]}
    counted = "{ wall_aggregate { aggregate { count(columns: colour) max { id } } } }"
    assert await served.ask(counted, role="counter") == {
        "wall_aggregate": {"aggregate": {"count": 3, "max": {"id": 3}}}
    }


@pytest.mark.parametrize("name", WRONG)
async def test_what_cannot_be_an_enum(served, name):
    assert WRONG[name] in served.reasons[f"table {name} in source default"]
    _, _, message = await served.refuse(f"{{ {name} {{ __typename }} }}")
    assert message == f"field '{name}' not found in type: 'query_root'"


@pytest.mark.parametrize("role", ["wrong", "wrong_list"])
async def test_a_permission_names_values_there_are(served, role):
    reason = served.reasons[f"select_permission {role} in table wall in source default"]
    assert "colour_enum: expected one of the values ['blue', 'dark_red', 'red'], found 'green'" in reason


async def test_introspection(served):
    types = served.engine.graphql_schema().type_map
    assert print_type(types["colour_enum"]) == (
        'enum colour_enum {\n  """#0000FF"""\n  blue\n  dark_red\n\n  """#FF0000"""\n  red\n}'
    )
    assert str(types["wall"].fields["colour"].type) == "colour_enum!"
    assert str(types["wall"].fields["gloss"].type) == "Gloss_enum"
    assert str(types["colour"].fields["value"].type) == "String!"
    assert {n: str(f.type) for n, f in types["colour_enum_comparison_exp"].fields.items()} == {
        "_eq": "colour_enum", "_in": "[colour_enum!]", "_is_null": "Boolean", "_neq": "colour_enum",
        "_nin": "[colour_enum!]",
    }  # fmt: skip
    assert str(types["wall_insert_input"].fields["colour"].type) == "colour_enum"
    assert str(types["wall_set_input"].fields["colour"].type) == "colour_enum"
    assert "colour_enum" in served.engine.graphql_schema("reader").type_map


async def test_reload_reads_new_values(postgres):
    async with serving(postgres, "engine_enum_reload", SQL, METADATA) as served:
        await served.pool.execute("INSERT INTO colour VALUES ('green')")
        green = "{ wall(where: {colour: {_eq: green}}) { id } }"
        assert (await served.refuse(green))[2] == ONE_OF + "'green'"
        await served.engine.reload()
        assert await served.ask(green) == {"wall": []}
