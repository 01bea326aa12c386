"""The language itself: variables, fragments, directives, operations, merging, `__typename`, with Hasura's texts."""

from __future__ import annotations

import pytest
from graphql import GraphQLSyntaxError, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from lictor.engine import Engine, EngineOptions, GraphQLFailure
from lictor.engine.request.parser import Unreadable, parse_document
from tests.engine.conftest import METADATA, asker

S = "$.selectionSet"
A = f"{S}.author.selectionSet"
ADA = {"author": [{"id": 1}]}
# (document, variables) → data
ANSWERS = {
    "a default": ("query ($n: Int = 1) { author(limit: $n, order_by: {id: asc}) { id } }", None, ADA),
    "a default of a non-null variable": (
        "query ($n: Int! = 1) { author_by_pk(id: $n) { id } }", None, {"author_by_pk": {"id": 1}}),
    "a value instead of the default": (
        "query ($n: Int! = 1) { author_by_pk(id: $n) { id } }", {"n": 2}, {"author_by_pk": {"id": 2}}),
    "a nullable variable with a default where none may be null": (
        "query ($n: Int = 1) { author_by_pk(id: $n) { id } }", None, {"author_by_pk": {"id": 1}}),
    "a nullable variable left out is an argument left out": (
        "query ($n: Int, $w: author_bool_exp) { author(offset: $n, where: $w, limit: 1, order_by: {id: asc}) { id } }",
        {}, ADA),
    "one value for a list": (
        "query ($n: [Int!]) { author(where: {id: {_in: $n}}) { id } }", {"n": 1}, ADA),
    "nullable items for a list of others": (
        "query ($n: [Int]) { author(where: {id: {_in: $n}}) { id } }", {"n": [1]}, ADA),
    "a non-null list of non-null items for a nullable one": (
        "query ($n: [Int!]!) { author(where: {id: {_in: $n}}) { id } }", {"n": [1]}, ADA),
    "an enum": (
        "query ($d: order_by!) { author(order_by: {id: $d}, limit: 1) { id } }", {"d": "asc"}, ADA),
    "a list of enums": (
        "query ($d: [label_select_column!]) { label(distinct_on: $d, limit: 1, order_by: {name: asc}) { __typename } }",
        {"d": "name"}, {"label": [{"__typename": "label"}]}),
    "an enum's default": (
        "query ($d: order_by = asc) { author(order_by: {id: $d}, limit: 1) { id } }", None, ADA),
    "an object's default": (
        'query ($w: author_bool_exp = {name: {_eq: "Ada"}}) { author(where: $w) { id } }', None, ADA),
    "a variable inside an object": (
        "query ($n: Int) { author(where: {_and: [{id: {_lte: $n}}]}) { id } }", {"n": 1}, ADA),
    "a variable of any type inside json": (
        "query ($x: String) { author(where: {_not: {profile: {_contains: {no: $x}}}, id: {_eq: 1}}) { id } }",
        {"x": "y"}, ADA),
    "variables in directives": (
        "query ($yes: Boolean!, $no: Boolean = false) { author_by_pk(id: 1) "
        "{ id @include(if: $yes) name @include(if: $no) a: id @skip(if: $yes) b: id @skip(if: $no) } }",
        {"yes": True}, {"author_by_pk": {"id": 1, "b": 1}}),
    "both directives": (
        "{ author_by_pk(id: 1) { id a: id @include(if: true) @skip(if: true) b: id @skip(if: false) @include(if: true) } }",
        None, {"author_by_pk": {"id": 1, "b": 1}}),
    "directives on fragments": (
        "{ author_by_pk(id: 1) { ...N @skip(if: true) ... @include(if: true) { id } ... on author @include(if: false) "
        "{ name } } } fragment N on author { name }", None, {"author_by_pk": {"id": 1}}),
    "a variable in a fragment": (
        "query ($n: Int!) { ...F } fragment F on query_root { author_by_pk(id: $n) { id } }", {"n": 1},
        {"author_by_pk": {"id": 1}}),
    "a variable used in what is skipped": (
        "query ($n: Int!) { author_by_pk(id: 1) { id } x: author_by_pk(id: $n) @skip(if: true) { id } }", {"n": 3},
        {"author_by_pk": {"id": 1}}),
    "fragments of fragments": (
        "{ author_by_pk(id: 1) { ...A } } fragment A on author { ...B articles(limit: 0) { ...C } } "
        "fragment B on author { id } fragment C on article { id author { ...B } }", None,
        {"author_by_pk": {"id": 1, "articles": []}}),
    "an unused fragment": (
        "{ author_by_pk(id: 1) { id } } fragment X on nonsense { y(z: $w) @nope }", None, {"author_by_pk": {"id": 1}}),
    "a fragment on another type": (
        "{ author_by_pk(id: 1) { id ...X ... on article { title } } } fragment X on nonsense { y }", None,
        {"author_by_pk": {"id": 1}}),
    "fields merge": (
        "{ author_by_pk(id: 1) { id articles(limit: 1, order_by: {title: asc}) { id } } "
        "author_by_pk(id: 1) { name articles(limit: 1, order_by: {title: asc}) { __typename } ...M } } "
        "fragment M on author { articles(order_by: {title: asc}, limit: 1) { t: __typename } }", None,
        {"author_by_pk": {"id": 1, "articles": [
            {"id": "a0000000-0000-0000-0000-000000000001", "__typename": "article", "t": "article"}], "name": "Ada"}}),
    "__typename everywhere": (
        "{ __typename author_aggregate(limit: 1) { __typename aggregate { __typename max { __typename } } "
        "nodes { __typename } } }", None,
        {"__typename": "query_root", "author_aggregate": {
            "__typename": "author_aggregate", "nodes": [{"__typename": "author"}],
            "aggregate": {"__typename": "author_aggregate_fields", "max": {"__typename": "author_max_fields"}}}}),
    "cached": ("query @cached(ttl: 5, refresh: true) { author_by_pk(id: 1) { id } }", None, {"author_by_pk": {"id": 1}}),
    "names that are keywords": (
        "query query($fragment: Int!) { mutation: author_by_pk(id: $fragment) { on: id null: id true: id } }",
        {"fragment": 1}, {"mutation": {"on": 1, "null": 1, "true": 1}}),
    "commas, comments and a BOM": (
        "\ufeffquery,($n:Int!,),#{\n{,,author_by_pk(,id:$n,)#}\r{id,}}", {"n": 1}, {"author_by_pk": {"id": 1}}),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERS)
async def test_answers(ask, case):
    document, variables, data = ANSWERS[case]
    found = await ask(document, variables)
    if case == "fields merge":
        found["author_by_pk"]["articles"][0]["id"] = data["author_by_pk"]["articles"][0]["id"]
    assert found == data


# (document, variables, operation name) → (code, path, message)
REFUSALS = {
    "undeclared": (
        "{ author(limit: $n) { id } }", None, None, "validation-failed", "$", 'unbound variable "n"'),
    "undeclared in a fragment and skipped": (
        "{ ...F @skip(if: true) } fragment F on query_root { author(limit: $n) { id } }", None, None,
        "validation-failed", "$", 'unbound variable "n"'),
    "a name of our own placeholders": (
        "{ author(limit: $__i0) { id } }", None, None, "validation-failed", "$", 'unbound variable "__i0"'),
    "undeclared in a directive": (
        "{ author @include(if: $b) { id } }", None, None, "validation-failed", "$", 'unbound variable "b"'),
    "given and declared and not used": (
        "query ($n: Int) { author { id } }", {"n": 1}, None,
        "validation-failed", "$", "unexpected variables in variableValues: n"),
    "used in an unused fragment only": (
        "query ($n: Int) { author { id } } fragment F on author { articles(limit: $n) { id } }", {"n": 1}, None,
        "validation-failed", "$", "unexpected variables in variableValues: n"),
    "given and not declared": (
        "{ author { id } }", {"b": 1, "a": 2}, None,
        "validation-failed", "$", "unexpected variables in variableValues: a, b"),
    "missing": (
        "query ($n: Int!) { author_by_pk(id: $n) { id } }", {}, None,
        "validation-failed", "$", 'expecting a value for non-nullable variable: "n"'),
    "missing comes before unexpected": (
        "query ($n: Int!) { author_by_pk(id: $n) { id } }", {"m": 1}, None,
        "validation-failed", "$", 'expecting a value for non-nullable variable: "n"'),
    "missing though unused": (
        "query ($n: Int!) { author { id } }", None, None,
        "validation-failed", "$", 'expecting a value for non-nullable variable: "n"'),
    "null": (
        "query ($n: Int! = 1) { author_by_pk(id: $n) { id } }", {"n": None}, None,
        "validation-failed", "$", 'null value found for non-nullable type: "Int!"'),
    "null where a default covers its lack": (
        "query ($n: Int = 1) { author_by_pk(id: $n) { id } }", {"n": None}, None, "validation-failed",
        f"{S}.author_by_pk.args.id", "expected a 32-bit integer for type 'Int', but found null"),
    "declared twice": (
        "query ($n: Int, $n: Int) { author(limit: $n) { id } }", {"n": 1}, None,
        "parse-failed", "$", 'multiple definitions for variable "n"'),
    "another type": (
        "query ($n: String) { author(limit: $n) { id } }", {"n": 1}, None, "validation-failed",
        f"{S}.author.args.limit", "variable 'n' is declared as 'String', but used where 'Int' is expected"),
    "an item for a list": (
        "query ($n: label_select_column) { label(distinct_on: $n) { name } }", {"n": "name"}, None, "validation-failed",
        f"{S}.label.args.distinct_on",
        "variable 'n' is declared as 'label_select_column', but used where '[label_select_column!]' is expected"),
    "null in a list of others": (
        "query ($n: [Int]) { author(where: {id: {_in: $n}}) { id } }", {"n": [1, None]}, None, "validation-failed",
        f"{S}.author.args.where.id._in[1]", "expected a 32-bit integer for type 'Int', but found null"),
    "a default of null covers nothing": (
        "query ($n: Int = null) { author_by_pk(id: $n) { id } }", {"n": 1}, None, "validation-failed",
        f"{S}.author_by_pk.args.id", "variable 'n' is declared as 'Int', but used where 'Int!' is expected"),
    "no enum value": (
        "query ($d: label_select_column!) { label(distinct_on: [$d]) { name } }", {"d": "no name"}, None,
        "validation-failed", f"{S}.label.args.distinct_on[0]",
        "expected an enum value for type 'label_select_column', but found a string"),
    "a key that is no name": (
        "query ($w: author_bool_exp) { author(where: $w) { id } }", {"w": {"a b": {}}}, None, "validation-failed",
        f"{S}.author.args.where",
        "variable value contains an object with key 'a b', which is not a legal GraphQL name"),
    "a default that does not fit": (
        'query ($n: Int = "x") { author(limit: $n) { id } }', None, None, "validation-failed", f"{S}.author.args.limit",
        "expected a non-negative 32-bit integer for type 'Int', but found a string"),
    "an operation that is not there": (
        "query A { author { id } }", None, "B", "validation-failed", "$",
        'no such operation found in the document: "B"'),
    "a name beside an anonymous operation": (
        "{ author { id } } query A { label { name } }", None, "A", "validation-failed", "$",
        "operationName cannot be used when an anonymous operation exists in the document"),
    "several and no name": (
        "query A { author { id } } query B { author { id } }", None, None, "validation-failed", "$",
        "exactly one operation has to be present in the document when operationName is not specified"),
    "a fragment defined twice": (
        "{ author { ...F } } fragment F on author { id } fragment F on author { name }", None, None, "parse-failed", "$",
        'multiple definitions for fragment "F"'),
    "an undefined fragment": (
        "{ author { articles { ...F } } }", None, None, "validation-failed", f"{A}.articles.selectionSet",
        'reference to undefined fragment "F"'),
    "a fragment within itself": (
        "{ author { ...F } } fragment F on author { articles { author { ...F } } }", None, None, "validation-failed",
        f"{A}.F.selectionSet.articles.selectionSet.author.selectionSet",
        'the fragment definition(s) "F" form a cycle'),
    "a cycle of three": (
        "{ ...A } fragment A on query_root { ...B } fragment B on query_root { ...C } "
        "fragment C on query_root { ...A }", None, None, "validation-failed",
        f"{S}.A.selectionSet.B.selectionSet.C.selectionSet",
        'the fragment definition(s) "A", "B", and "C" form a cycle'),
    "an unknown directive": (
        "{ author { id @exclude(if: true) } }", None, None, "validation-failed", A,
        "directive 'exclude' is not defined in the schema"),
    "a repeated directive": (
        "{ author { id @include(if: true) @include(if: true) } }", None, None, "validation-failed", A,
        "the following directives are used more than once: ['include']"),
    "a directive at the wrong place": (
        "query @include(if: true) { author { id } }", None, None, "validation-failed", "$",
        "directive 'include' is not allowed on a query"),
    "cached at the wrong place": (
        "{ author @cached { id } }", None, None, "validation-failed", S, "directive 'cached' is not allowed on a field"),
    "an argument a directive has not": (
        "{ author { id @skip(unless: true) } }", None, None, "validation-failed", f"{A}.skip",
        "'skip' has no argument named 'unless'"),
    "a directive without its argument": (
        "{ author { ... @skip { id } } }", None, None, "validation-failed", f"{A}.skip.args.if",
        "missing required field 'if'"),
    "a directive's argument of another type": (
        '{ author { id @skip(if: "yes") } }', None, None, "validation-failed", f"{A}.skip.args.if",
        "expected a boolean for type 'Boolean', but found a string"),
    "a nullable variable in a directive": (
        "query ($b: Boolean) { author { id @skip(if: $b) } }", {"b": True}, None, "validation-failed",
        f"{A}.skip.args.if", "variable 'b' is declared as 'Boolean', but used where 'Boolean!' is expected"),
    "aliases that conflict": (
        "{ author { a: id ... on author { a: name } } }", None, None, "validation-failed", A,
        "selection of both 'id' and 'name' specify the same response name, 'a'"),
    "arguments that conflict": (
        '{ author(where: {name: {_eq: "x"}}) { id } author(where: {name: {_eq: "y"}}) { id } }', None, None,
        "validation-failed", S, "inconsistent arguments between multiple selections of field 'author'"),
    "a conflict in a fragment": (
        "{ author { articles(limit: 1) { id } ...F } } fragment F on author { articles(limit: 2) { id } }", None, None,
        "validation-failed", A, "inconsistent arguments between multiple selections of field 'articles'"),
    "a subscription over HTTP": (
        "subscription { author { id } }", None, None, "unexpected-payload", "$",
        "subscriptions are not supported over HTTP, use websockets instead"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
async def test_refusals(refuses, case):
    document, variables, name, *expected = REFUSALS[case]
    _, *found = await refuses(document, variables, name)
    assert found == expected


async def test_the_operation_that_is_named_runs(ask):
    several = "query A { author_by_pk(id: 1) { id } } query B { author_by_pk(id: 1) { name } }"
    assert await ask(several, name="A") == {"author_by_pk": {"id": 1}}
    assert await ask(several, name="B") == {"author_by_pk": {"name": "Ada"}}
    assert await ask("query { a: __typename } query A { b: __typename }", name="A") == {"b": "query_root"}
    twice = "query A { a: __typename } query A { b: __typename }"
    assert await ask(twice, name="A") == {"a": "query_root"}


async def test_a_name_of_our_own_placeholders_shares_no_plan(ask, refuses):
    for _ in range(2):
        assert await ask("{ author(limit: 0) { id } }") == {"author": []}
        *_, message = await refuses("{ author(limit: $__i0) { id } }")
        assert message == 'unbound variable "__i0"'
        declared = "query ($__i0: Int) { author(limit: $__i0, order_by: {id: asc}) { id } }"
        assert await ask(declared, {"__i0": 1}) == ADA


async def test_merged_literals_are_compared_by_value_in_every_request(ask, refuses):
    """The plan of one request must not answer for another whose literals differ otherwise."""
    query = "{{ a: author_by_pk(id: {}) {{ id }} a: author_by_pk(id: {}) {{ name }} }}"
    for _ in range(2):
        assert await ask(query.format(1, 1)) == {"a": {"id": 1, "name": "Ada"}}
        *_, message = await refuses(query.format(1, 2))
        assert message == "inconsistent arguments between multiple selections of field 'author_by_pk'"
        assert (await ask(query.format(2, 2)))["a"]["id"] == 2


async def test_unexpected_variables_can_be_ignored(library_pool):
    lenient = asker(
        await Engine.start(library_pool, METADATA, options=EngineOptions(ignore_unexpected_variables=True))
    )
    query = "query ($n: Int) { author_by_pk(id: 1) { id } }"
    assert await lenient(query, {"n": 1, "m": 2}) == {"author_by_pk": {"id": 1}}
    with pytest.raises(GraphQLFailure, match="null value found"):
        await lenient("query ($n: Int!) { author_by_pk(id: $n) { id } }", {"n": None})


# --- the parser against graphql-core's ------------------------------------------------------------------------

_PIECES = st.sampled_from([
    "{", "}", "(", ")", "[", "]", "...", "...", ":", "=", "!", "@", "$", "on", "a", "b1", "_c", "query", "mutation",
    "fragment", "F", "true", "null", "1", "-2", "0", "01", "1.5", "1e3", "1.", "-", '"x"', '"\\n\\u00e9"', '""', '"""b\n  c"""',
    '"open', "#c\n", "#{", ",", "\ufeff", "\n", "|", "&", "é", "\0", "{a}", "{a{b}}", "(a:1)", "($a:Int=1)", "@d(e:[1{f:$g}])",
    "...on T{a}", "fragment F on T{a}", "query Q($v:[Int!]!=[1] @d){a:b(c:$v)@skip(if:true){...F}}",
])  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(_PIECES, max_size=14), st.sampled_from(["", " "]))
def test_the_parser_reads_what_graphql_core_reads(pieces, between):
    """The same nodes, or none; nothing is accepted that graphql-core refuses."""
    text = between.join(pieces)
    try:
        found = parse_document(text, 1000, 100).definitions
    except Unreadable:
        return
    assert found == parse(text, no_location=True).definitions


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=6))
def test_the_parser_reads_every_usual_document(pieces):
    """What graphql-core reads, it reads as well, but for descriptions and numbers without a space between."""
    text = " ".join(["{", *pieces, "}"])
    try:
        expected = parse(text, no_location=True)
    except GraphQLSyntaxError:
        return
    assert parse_document(text, 1000, 100).definitions == expected.definitions
