"""Operators by type: whatever a column may be, it can be selected and compared."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import orjson
import pytest
from graphql import print_type

from lictor.engine import Session
from tests.engine.own_database import document, serving, table

SQL = """
-- x stays NULL: the embedded server is built without libxml
CREATE EXTENSION ltree;
CREATE EXTENSION citext;
CREATE TYPE mood AS ENUM ('calm', 'cross');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN small AS positive CHECK (VALUE < 100);
CREATE DOMAIN named AS text NOT NULL;
CREATE TABLE thing (
    id int PRIMARY KEY,
    t text, v varchar(20), c char(5), ci citext, n name, one "char",
    i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, num numeric, cash money, b bool, o oid,
    u uuid, d date, ti time, tz timetz, ts timestamp, tstz timestamptz, iv interval,
    j json, jb jsonb, x xml, by bytea, net inet, cid cidr, mac macaddr, bits bit(3), vbits varbit,
    p point, tsv tsvector, jp jsonpath,
    r int4range, rt tstzrange, mr int4multirange,
    lt ltree, m mood, cp pair, dom small, dt named DEFAULT 'x',
    ta text[], ia int[], ja jsonb[], ua uuid[], ma mood[], ca char(3)[], two int[],
    "not a name" int, "select" text
);
INSERT INTO thing VALUES (
    1, 'Anna', 'bob', 'abc', 'MiXed', 'name', 'q',
    1, 2, 9007199254740993, 1.5, 2.5, 12345678901234567890.12, 3.5, true, 26,
    '00000000-0000-0000-0000-000000000001', '2026-01-02', '10:20:30', '10:20:30+02', '2026-01-02 03:04:05',
    '2026-01-02 03:04:05+00', '1 day 02:00:00',
    '{"a": 1}', '{"a": [1, 2], "b": null}', NULL, '\\x00ff', '10.0.0.1', '10.0.0.0/8', '08:00:2b:01:02:03', '101', '10',
    '(1,2)', 'a fat cat', '$.a',
    '[1,5)', '[2026-01-01, 2026-02-01)', '{[1,2), [5,8)}',
    'top.science.astronomy', 'cross', '(1,z)', 5, 'y',
    '{a,"b c",NULL}', '{1,2,3}', ARRAY['{"k": 1}'::jsonb], '{00000000-0000-0000-0000-000000000001}', '{calm}', '{ab}',
    '{{1,2},{3,4}}', 7, 'key'
);
INSERT INTO thing (id, t, dt) VALUES (2, NULL, 'n');
"""


@pytest.fixture(scope="module")
async def served(postgres):
    async with serving(postgres, "engine_operators", SQL, document([table("thing")])) as found:
        yield found


SELECTED = {
    "t": "Anna", "v": "bob", "c": "abc  ", "ci": "MiXed", "n": "name", "one": "q",
    "i2": 1, "i4": 2, "i8": 9007199254740993, "f4": 1.5, "f8": 2.5, "num": 12345678901234567890.12, "cash": "$3.50",
    "b": True, "o": "26", "u": "00000000-0000-0000-0000-000000000001", "d": "2026-01-02", "ti": "10:20:30",
    "tz": "10:20:30+02", "ts": "2026-01-02T03:04:05", "tstz": "2026-01-02T03:04:05+00:00", "iv": "1 day 02:00:00",
    "j": {"a": 1}, "jb": {"a": [1, 2], "b": None}, "x": None, "by": "\\x00ff", "net": "10.0.0.1",
    "cid": "10.0.0.0/8", "mac": "08:00:2b:01:02:03", "bits": "101", "vbits": "10", "p": "(1,2)",
    "tsv": "'a' 'cat' 'fat'", "jp": '$."a"', "r": "[1,5)",
    "rt": '["2026-01-01 00:00:00+00","2026-02-01 00:00:00+00")', "mr": "{[1,2),[5,8)}", "lt": "top.science.astronomy",
    "m": "cross", "cp": {"a": 1, "b": "z"}, "dom": 5, "dt": "y", "ta": ["a", "b c", None], "ia": [1, 2, 3],
    "ja": [{"k": 1}], "ua": ["00000000-0000-0000-0000-000000000001"], "ma": ["calm"], "ca": ["ab "],
    "two": [[1, 2], [3, 4]], "select": "key",
}  # fmt: skip


async def test_every_type_can_be_selected(served):
    answer = await served.ask(f"{{ thing_by_pk(id: 1) {{ {' '.join(SELECTED)} }} }}")
    assert answer["thing_by_pk"] == SELECTED


async def test_a_name_that_graphql_cannot_spell_is_left_out(served):
    assert set(served.engine.graphql_schema().type_map["thing"].fields) == {"id", *SELECTED}


# a value as a literal and as a variable's type; json, xml, point and jsonpath have no equality in Postgres
EQUAL: dict[str, tuple[str, Any]] = {
    "t": ("String", "Anna"), "v": ("String", "bob"), "c": ("bpchar", "abc"), "ci": ("citext", "mixed"),
    "n": ("name", "name"), "one": ("char", "q"), "i2": ("smallint", 1), "i4": ("Int", 2),
    "i8": ("bigint", "9007199254740993"), "f4": ("Float", 1.5), "f8": ("float8", 2.5),
    "num": ("numeric", "12345678901234567890.12"), "cash": ("money", "3.50"), "b": ("Boolean", True),
    "o": ("oid", "26"), "u": ("uuid", "00000000-0000-0000-0000-000000000001"), "d": ("date", "2026-01-02"),
    "ti": ("time", "10:20:30"), "tz": ("timetz", "10:20:30+02"), "ts": ("timestamp", "2026-01-02 03:04:05"),
    "tstz": ("timestamptz", "2026-01-02T04:04:05+01:00"), "iv": ("interval", "26:00:00"),
    "jb": ("jsonb", {"b": None, "a": [1, 2]}), "by": ("bytea", "\\x00ff"), "net": ("inet", "10.0.0.1"),
    "cid": ("cidr", "10.0.0.0/8"), "mac": ("macaddr", "08:00:2B:01:02:03"), "bits": ("bit", "101"),
    "vbits": ("varbit", "10"), "tsv": ("tsvector", "a cat fat"), "r": ("int4range", "[1,4]"),
    "rt": ("tstzrange", "[2026-01-01,2026-02-01)"), "mr": ("int4multirange", "{[1,2),[5,8)}"),
    "lt": ("ltree", "top.science.astronomy"), "m": ("mood", "cross"), "cp": ("pair", "(1,z)"), "dom": ("Int", 5),
    "dt": ("String", "y"), "ia": ("[Int!]", [1, 2, 3]), "ja": ("[jsonb!]", [{"k": 1}]),
    "ua": ("[uuid!]", ["00000000-0000-0000-0000-000000000001"]), "ma": ("[mood!]", ["calm"]),
    "ca": ("[bpchar!]", ["ab"]), "select": ("String", "key"),
}  # fmt: skip


@pytest.mark.parametrize("column", EQUAL)
async def test_every_type_can_be_compared(served, column):
    kind, value = EQUAL[column]
    query = (
        f"query ($v: {kind}, $vs: [{kind}!]) {{ eq: thing(where: {{{column}: {{_eq: $v}}}}) {{ id }}"
        f" within: thing(where: {{{column}: {{_in: $vs}}}}) {{ id }} out: thing(where: {{{column}: {{_nin: $vs}}}}) {{ id }}"
        f" neq: thing(where: {{{column}: {{_neq: $v}}}}) {{ id }} null: thing(where: {{{column}: {{_is_null: false}}}},"
        f" order_by: {{{column}: desc, id: asc}}) {{ id }} }}"
    )
    answer = await served.ask(query, {"v": value, "vs": [value]})
    others = [{"id": 2}] if column == "dt" else []
    assert answer == {
        "eq": [{"id": 1}], "within": [{"id": 1}], "out": others, "neq": others, "null": [{"id": 1}, *others]
    }  # fmt: skip


@pytest.mark.parametrize("column", EQUAL)
async def test_every_type_can_be_compared_in_subscriptions(served, column):
    """Their parameters travel as columns of a table, not as themselves."""
    kind, value = EQUAL[column]
    query = (
        f"subscription ($v: {kind}, $vs: [{kind}!]) {{ thing(where: {{id: {{_eq: 1}}, {column}:"
        " {_eq: $v, _in: $vs, _nin: []}}) { id } }"
    )
    for variables in ({"v": value, "vs": [value]}, {"v": value, "vs": [value, value]}):
        async with aclosing(served.engine.subscribe(query, variables, None, Session())) as answers:
            assert orjson.loads(await anext(answers)) == {"data": {"thing": [{"id": 1}]}}


@pytest.mark.parametrize("column", ["j", "p", "jp"])
async def test_what_postgres_cannot_compare_can_be_null(served, column):
    query = f"{{ thing(where: {{{column}: {{_is_null: false}}}}) {{ id }} }}"
    assert await served.ask(query) == {"thing": [{"id": 1}]}
    code, _, message = await served.refuse(f'{{ thing(where: {{{column}: {{_eq: "(1,2)"}}}}) {{ id }} }}')
    assert code in ("postgres-error", "data-exception", "unexpected")
    assert message


MATCH = {
    "_like": ('{t: {_like: "A%"}}', 1), "_nlike": ('{t: {_nlike: "B%"}}', 1), "_ilike": ('{v: {_ilike: "B_B"}}', 1),
    "_nilike": ('{t: {_nilike: "b%"}}', 1), "_similar": ('{t: {_similar: "(An|x)%"}}', 1),
    "_nsimilar": ('{t: {_nsimilar: "(An|x)%"}}', 0), "_regex": ('{t: {_regex: "^A.+a$"}}', 1),
    "_nregex": ('{t: {_nregex: "^a"}}', 1), "_iregex": ('{t: {_iregex: "^a"}}', 1),
    "_niregex": ('{t: {_niregex: "^a"}}', 0), "citext pattern": ('{ci: {_like: "mix%"}}', 1),
    "citext regex": ('{ci: {_regex: "^mix"}}', 1), "bpchar pattern": ('{c: {_like: "ab%"}}', 1),
    "order of text": ('{t: {_gt: "Ann", _lte: "Anna"}}', 1), "order of ranges": ('{r: {_lt: "[2,3)"}}', 1),
    "order of enums": ('{m: {_gt: "calm"}}', 1), "order of domains": ("{dom: {_gte: 5}}", 1),
    "order of arrays": ("{ia: {_gt: [1, 2]}}", 1), "order of money": ('{cash: {_lt: "$4"}}', 1),
    "array contains": ('{ta: {_contains: ["b c"]}}', 1), "array contains not": ('{ta: {_contains: ["b"]}}', 0),
    "array contains nothing": ("{ta: {_contains: []}}", 1),
    "array contained in": ("{ia: {_contained_in: [3, 2, 1, 0]}}", 1),
    "array of json contains": ("{ja: {_contains: [{k: 1}]}}", 1),
    "array of uuid in": ('{ua: {_in: [[], ["00000000-0000-0000-0000-000000000001"]]}}', 1),
    "array of text in": ('{ta: {_in: [["x"], ["y", "z"]]}}', 0),
    "array with quotes": ('{ta: {_contains: ["b \\" \\\\ c"]}}', 0),
    "two dimensions": ("{two: {_eq: [[1, 2], [3, 4]]}}", 1),
    "json contains": ("{jb: {_contains: {a: [2]}}}", 1), "json contained in": ('{jb: {_contained_in: {a: [1, 2, 3], b: null}}}', 1),
    "_has_key": ('{jb: {_has_key: "b"}}', 1), "_has_keys_any": ('{jb: {_has_keys_any: ["x", "a"]}}', 1),
    "_has_keys_all": ('{jb: {_has_keys_all: ["x", "a"]}}', 0),
    "_cast": ('{jb: {_cast: {String: {_like: "%null%", _neq: "x"}}}}', 1),
    "_ancestor": ('{lt: {_ancestor: "top.science.astronomy.stars"}}', 1), "_ancestor not": ('{lt: {_ancestor: "top"}}', 0),
    "_ancestor_any": ('{lt: {_ancestor_any: ["x", "top.science.astronomy"]}}', 1),
    "_descendant": ('{lt: {_descendant: "top.science"}}', 1),
    "_descendant_any": ('{lt: {_descendant_any: ["x", "top"]}}', 1),
    "_descendant_any not": ('{lt: {_descendant_any: ["x", "science"]}}', 0),
    "_matches": ('{lt: {_matches: "*.science.*"}}', 1), "_matches_any": ('{lt: {_matches_any: ["x", "*.astro*"]}}', 1),
    "_matches_any not": ('{lt: {_matches_any: ["x", "y"]}}', 0),
    "_matches_fulltext": ('{lt: {_matches_fulltext: "Astro*@ & !x"}}', 1), "ltree order": ('{lt: {_gt: "top"}}', 1),
}  # fmt: skip


@pytest.mark.parametrize("case", MATCH)
async def test_operators(served, case):
    condition, count = MATCH[case]
    query = f"{{ thing(where: {{_and: [{condition}, {{id: {{_eq: 1}}}}]}}) {{ id }} }}"
    assert await served.ask(query) == {"thing": [{"id": 1}] * count}


NONE = {
    "pattern of a number": ("i4", "_like", "Int_comparison_exp"),
    "pattern of a name": ("n", "_like", "name_comparison_exp"),
    "containment of text": ("t", "_contains", "String_comparison_exp"),
    "keys of json": ("j", "_has_key", "json_comparison_exp"),
    "ltree of text": ("t", "_ancestor", "String_comparison_exp"),
    "pattern of an array": ("ta", "_like", "String_array_comparison_exp"),
    "cast of text": ("t", "_cast", "String_comparison_exp"),
    "columns": ("t", "_ceq", "String_comparison_exp"),
}


@pytest.mark.parametrize("case", NONE)
async def test_operators_that_a_type_has_not(served, case):
    column, operator, kind = NONE[case]
    _, path, message = await served.refuse(f"{{ thing(where: {{{column}: {{{operator}: null}}}}) {{ id }} }}")
    assert path == f"$.selectionSet.thing.args.where.{column}.{operator}"
    assert message == f"field '{operator}' not found in type: '{kind}'"


async def test_arrays_are_lists_in_the_schema(served):
    types = served.engine.graphql_schema().type_map
    fields = types["String_array_comparison_exp"].fields
    assert {name: str(field.type) for name, field in fields.items()} == {
        "_contained_in": "[String!]", "_contains": "[String!]", "_eq": "[String!]", "_gt": "[String!]",
        "_gte": "[String!]", "_in": "[[String!]!]", "_is_null": "Boolean", "_lt": "[String!]", "_lte": "[String!]",
        "_neq": "[String!]", "_nin": "[[String!]!]",
    }  # fmt: skip
    assert fields["_contains"].description == "does the array contain the given value"
    assert str(types["thing"].fields["ta"].type) == "[String!]"
    assert str(types["thing_insert_input"].fields["ma"].type) == "[mood!]"
    _, _, message = await served.refuse(
        "query ($v: [Int!]) { thing(where: {ta: {_eq: $v}}) { id } }", {"v": [1]}
    )
    assert message == "variable 'v' is declared as '[Int!]', but used where '[String!]' is expected"


async def test_ltree_in_the_schema(served):
    fields = served.engine.graphql_schema().type_map["ltree_comparison_exp"].fields
    assert {name: str(fields[name].type) for name in fields if name[1] in "adm"} == {
        "_ancestor": "ltree", "_ancestor_any": "[ltree!]", "_descendant": "ltree", "_descendant_any": "[ltree!]",
        "_matches": "lquery", "_matches_any": "[String!]", "_matches_fulltext": "ltxtquery",
    }  # fmt: skip


async def test_minimum_and_maximum(served):
    """Those types that Hasura orders; enums and arrays are among them, json, booleans and ranges are not."""
    types = served.engine.graphql_schema().type_map
    fields = types["thing_max_fields"].fields
    assert {"t", "c", "ci", "i8", "num", "cash", "u", "d", "ts", "tstz", "tz", "m", "ta", "lt", "dom"} <= set(
        fields
    )
    assert not {"b", "j", "jb", "x", "r", "p", "iv", "n"} & set(fields)
    assert str(fields["ia"].type) == "[Int!]"
    answer = await served.ask(
        "{ thing_aggregate { aggregate { max { m ia dom t } min { ua: t d } sum { i8 num dom } } } }"
    )
    assert answer["thing_aggregate"]["aggregate"] == {
        "max": {"m": "cross", "ia": [1, 2, 3], "dom": 5, "t": "Anna"}, "min": {"ua": "Anna", "d": "2026-01-02"},
        "sum": {"i8": 9007199254740993, "num": 12345678901234567890.12, "dom": 5},
    }  # fmt: skip


async def test_domains_and_enums_show_their_base(served):
    types = served.engine.graphql_schema().type_map
    assert [str(types["thing"].fields[name].type) for name in ("dom", "dt", "m")] == [
        "Int",
        "String!",
        "mood",
    ]
    assert "scalar mood" in print_type(types["mood"])


async def test_every_type_can_be_written(served):
    row = {column: value for column, (_, value) in EQUAL.items()} | {"ta": ['a"\\', "{,}", ""], "j": [1]}
    query = """mutation ($row: thing_insert_input!, $ta: [String!]) {
      insert_thing_one(object: $row) { ta ia m c bits j }
      update_thing_by_pk(pk_columns: {id: 50}, _set: {ta: $ta, ia: [7], ma: null}) { ta ia ma }
      delete_thing_by_pk(id: 50) { i8 } }"""
    answer = await served.ask(query, {"row": {**row, "id": 50}, "ta": ["z"]})
    assert answer == {
        "insert_thing_one": {"ta": ["a\"\\", "{,}", ""], "ia": [1, 2, 3], "m": "cross", "c": "abc  ", "bits": "101",
                             "j": [1]},
        "update_thing_by_pk": {"ta": ["z"], "ia": [7], "ma": None},
        "delete_thing_by_pk": {"i8": 9007199254740993},
    }  # fmt: skip
