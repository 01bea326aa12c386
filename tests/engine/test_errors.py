"""What is refused, and with which of Hasura's texts, codes and paths."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from lictor.engine import Engine, GraphQLFailure, Session
from tests.engine.conftest import METADATA

S = "$.selectionSet"
# document → (kind, path, message); the code is validation-failed
VALIDATION = {
    "{ nope }": ("validation", f"{S}.nope", "field 'nope' not found in type: 'query_root'"),
    "mutation { nope }": ("validation", f"{S}.nope", "field 'nope' not found in type: 'mutation_root'"),
    "subscription { author { id } }": ("validation", "$", None),
    "{ author { nope } }": (
        "validation", f"{S}.author.selectionSet.nope", "field 'nope' not found in type: 'author'"),
    "{ author { articles { author { nope } } } }": (
        "validation", f"{S}.author.selectionSet.articles.selectionSet.author.selectionSet.nope",
        "field 'nope' not found in type: 'author'"),
    "{ author { created } }": (
        "validation", f"{S}.author.selectionSet.created", "field 'created' not found in type: 'author'"),
    "{ author }": ("validation", f"{S}.author.selectionSet", "missing selection set for 'author'"),
    "{ author { articles } }": (
        "validation", f"{S}.author.selectionSet.articles.selectionSet", "missing selection set for 'article'"),
    "{ author_aggregate }": (
        "validation", f"{S}.author_aggregate.selectionSet", "missing selection set for 'author_aggregate'"),
    "{ author_aggregate { aggregate } }": (
        "validation", f"{S}.author_aggregate.selectionSet.aggregate.selectionSet",
        "missing selection set for 'author_aggregate_fields'"),
    "{ author_aggregate { aggregate { sum } } }": (
        "validation", f"{S}.author_aggregate.selectionSet.aggregate.selectionSet.sum.selectionSet",
        "missing selection set for 'author_sum_fields'"),
    "{ author_aggregate { aggregate { sum { name } } } }": (
        "validation", f"{S}.author_aggregate.selectionSet.aggregate.selectionSet.sum.selectionSet.name",
        "field 'name' not found in type: 'author_sum_fields'"),
    "{ label_aggregate { aggregate { sum { name } } } }": (
        "validation", f"{S}.label_aggregate.selectionSet.aggregate.selectionSet.sum",
        "field 'sum' not found in type: 'label_aggregate_fields'"),
    "{ author { id { x } } }": (
        "validation", f"{S}.author.selectionSet.id", "unexpected subselection set for non-object field"),
    "{ author(wher: {}) { id } }": ("validation", f"{S}.author", "'author' has no argument named 'wher'"),
    "{ author { id(path: \"x\") } }": (
        "validation", f"{S}.author.selectionSet.id", "'id' has no argument named 'path'"),
    "{ article(id: \"x\", limit: 1) { author(where: {}) { id } } }": (
        "validation", f"{S}.article", "'article' has no argument named 'limit'"),
    "{ articles { author(where: {}) { id } } }": (
        "validation", f"{S}.articles.selectionSet.author", "'author' has no argument named 'where'"),
    "{ author_by_pk { id } }": ("coercion", f"{S}.author_by_pk.args.id", "missing required field 'id'"),
    "{ author_by_pk(id: null) { id } }": (
        "coercion", f"{S}.author_by_pk.args.id", "expected a 32-bit integer for type 'Int', but found null"),
    "{ article(id: null) { id } }": (
        "coercion", f"{S}.article.args.id", "unexpected null value for type 'uuid'"),
    "{ author(where: {nope: {}}) { id } }": (
        "validation", f"{S}.author.args.where.nope", "field 'nope' not found in type: 'author_bool_exp'"),
    "{ author(where: {_and: [{}, {nope: {}}]}) { id } }": (
        "validation", f"{S}.author.args.where._and[1].nope", "field 'nope' not found in type: 'author_bool_exp'"),
    "{ author(where: {id: {_like: \"1\"}}) { id } }": (
        "validation", f"{S}.author.args.where.id._like", "field '_like' not found in type: 'Int_comparison_exp'"),
    "{ author(where: {articles: {title: {_gtt: \"1\"}}}) { id } }": (
        "validation", f"{S}.author.args.where.articles.title._gtt",
        "field '_gtt' not found in type: 'String_comparison_exp'"),
    "{ author(where: 1) { id } }": (
        "coercion", f"{S}.author.args.where",
        "expected an object for type 'author_bool_exp', but found an integer"),
    "{ author(where: {id: 1}) { id } }": (
        "coercion", f"{S}.author.args.where.id",
        "expected an object for type 'Int_comparison_exp', but found an integer"),
    "{ author(where: {_and: null}) { id } }": (
        "coercion", f"{S}.author.args.where._and", "expected a list, but found null"),
    "{ author(where: {_and: [\"x\"]}) { id } }": (
        "coercion", f"{S}.author.args.where._and[0]",
        "expected an object for type 'author_bool_exp', but found a string"),
    "{ author(where: {id: {_eq: null}}) { id } }": (
        "coercion", f"{S}.author.args.where.id._eq", "expected a 32-bit integer for type 'Int', but found null"),
    "{ articles(where: {id: {_eq: null}}) { id } }": (
        "coercion", f"{S}.articles.args.where.id._eq", "unexpected null value for type 'uuid'"),
    "{ author(where: {id: {_in: null}}) { id } }": (
        "coercion", f"{S}.author.args.where.id._in", "expected a list, but found null"),
    "{ author(where: {id: {_in: [1, null]}}) { id } }": (
        "coercion", f"{S}.author.args.where.id._in[1]",
        "expected a 32-bit integer for type 'Int', but found null"),
    "{ author(where: {id: {_is_null: 1}}) { id } }": (
        "coercion", f"{S}.author.args.where.id._is_null",
        "expected a boolean for type 'Boolean', but found an integer"),
    "{ author(where: {id: {_eq: \"1\"}}) { id } }": (
        "coercion", f"{S}.author.args.where.id._eq",
        "expected a 32-bit integer for type 'Int', but found a string"),
    "{ author(where: {name: {_eq: 1}}) { id } }": (
        "coercion", f"{S}.author.args.where.name._eq",
        "expected a string for type 'String', but found an integer"),
    "{ author(where: {name: {_eq: x}}) { id } }": (
        "coercion", f"{S}.author.args.where.name._eq",
        "expected a string for type 'String', but found an enum value"),
    "{ author(where: {active: {_eq: 1.5}}) { id } }": (
        "coercion", f"{S}.author.args.where.active._eq",
        "expected a boolean for type 'Boolean', but found a float"),
    "{ author(order_by: {id: up}) { id } }": (
        "coercion", f"{S}.author.args.order_by[0].id",
        "expected one of the values ['asc', 'asc_nulls_first', 'asc_nulls_last', 'desc', 'desc_nulls_first', "
        "'desc_nulls_last'] for type 'order_by', but found 'up'"),
    "{ author(order_by: {id: \"asc\"}) { id } }": (
        "coercion", f"{S}.author.args.order_by[0].id",
        "expected an enum value for type 'order_by', but found a string"),
    "{ author(order_by: [{id: asc}, {articles: {id: asc}}]) { id } }": (
        "validation", f"{S}.author.args.order_by[1].articles",
        "field 'articles' not found in type: 'author_order_by'"),
    "{ label(distinct_on: [nope]) { name } }": (
        "coercion", f"{S}.label.args.distinct_on[0]",
        "expected one of the values ['name'] for type 'label_select_column', but found 'nope'"),
    "{ articles(distinct_on: author_id, order_by: {title: asc}) { id } }": (
        "validation", f"{S}.articles.args", '"distinct_on" columns must match initial "order_by" columns'),
    "{ articles(distinct_on: [author_id, title], order_by: {title: asc}) { id } }": (
        "validation", f"{S}.articles.args", '"distinct_on" columns must match initial "order_by" columns'),
    "{ author(limit: -1) { id } }": (
        "coercion", f"{S}.author.args.limit",
        "expected a non-negative 32-bit integer for type 'Int', but found an integer"),
    "{ author(limit: \"1\") { id } }": (
        "coercion", f"{S}.author.args.limit",
        "expected a non-negative 32-bit integer for type 'Int', but found a string"),
    "{ author(offset: 1.5) { id } }": (
        "coercion", f"{S}.author.args.offset",
        "expected a 32-bit integer, or a 64-bit integer represented as a string for type 'Int', but found a float"),
    "{ stats_articles_of { id } }": (
        "coercion", f"{S}.stats_articles_of.args.args", "missing required field 'args'"),
    "{ stats_articles_of(args: {nope: 1, author_ids: \"{}\"}) { id } }": (
        "validation", f"{S}.stats_articles_of.args.args.nope",
        "field 'nope' not found in type: 'stats_articles_of_args'"),
    "{ author { a: id a: name } }": (
        "validation", f"{S}.author.selectionSet",
        "selection of both 'id' and 'name' specify the same response name, 'a'"),
    "{ author(limit: 1) { id } author(limit: 2) { id } }": (
        "validation", S, "inconsistent arguments between multiple selections of field 'author'"),
    "{ author { ...Gone } }": ("validation", f"{S}.author.selectionSet", 'reference to undefined fragment "Gone"'),
    "{ author { ...A } } fragment A on author { ...B } fragment B on author { ...A }": (
        "validation", f"{S}.author.selectionSet.A.selectionSet.B.selectionSet",
        'the fragment definition(s) "A" and "B" form a cycle'),
    "{ author @nope { id } }": ("validation", S, "directive 'nope' is not defined in the schema"),
    "{ author @skip { id } }": ("validation", f"{S}.skip.args.if", "missing required field 'if'"),
    "{ author @skip(if: false) @skip(if: true) { id } }": ("validation", S, None),
    "{ author_by_pk(id: $x) { id } }": ("validation", "$", 'unbound variable "x"'),
    "query ($x: Int) { author_by_pk(id: $x) { id } }": (
        "validation", f"{S}.author_by_pk.args.id",
        "variable 'x' is declared as 'Int', but used where 'Int!' is expected"),
    "query ($x: String) { author(where: {id: {_eq: $x}}) { id } }": (
        "validation", f"{S}.author.args.where.id._eq",
        "variable 'x' is declared as 'String', but used where 'Int' is expected"),
    "query ($x: Int) { author(where: {id: {_in: $x}}) { id } }": (
        "validation", f"{S}.author.args.where.id._in",
        "variable 'x' is declared as 'Int', but used where '[Int!]' is expected"),
    "query ($x: nonsense) { author(where: $x) { id } }": (
        "validation", f"{S}.author.args.where",
        "variable 'x' is declared as 'nonsense', but used where 'author_bool_exp' is expected"),
    "query ($x: Int!) { author_by_pk(id: $x) { id } }": (
        "coercion", "$", 'expecting a value for non-nullable variable: "x"'),
    "query A { label { name } } query B { label { name } }": (
        "validation", "$",
        "exactly one operation has to be present in the document when operationName is not specified"),
    "fragment A on author { id }": (
        "validation", "$",
        "exactly one operation has to be present in the document when operationName is not specified"),
}  # fmt: skip


@pytest.mark.parametrize("document", VALIDATION)
async def test_documents_that_do_not_fit(refuses, document):
    kind, code, path, message = await refuses(document)
    expected_kind, expected_path, expected_message = VALIDATION[document]
    assert (kind, code if kind != "validation" or path != "$" else "validation-failed", path) == (
        expected_kind, "validation-failed", expected_path,
    )  # fmt: skip
    if expected_message is not None:
        assert message == expected_message


async def test_subscriptions_are_not_for_http(refuses):
    _, code, _, message = await refuses("subscription { author { id } }")
    assert code == "unexpected-payload"
    assert message == "subscriptions are not supported over HTTP, use websockets instead"


@pytest.mark.parametrize(
    "document", ["", "{", "{ author { id }", "query (", '{ author(where: "x) { id } }', "{ a: }", "\0"]
)
async def test_syntax(refuses, document):
    kind, code, path, message = await refuses(document)
    assert (kind, code, path) == ("syntax", "validation-failed", "$.query")
    assert message.startswith("not a valid graphql query: ")


async def test_positions_in_syntax_errors_are_those_of_the_text_sent(refuses):
    *_, message = await refuses('{ author(where: {name: {_eq: "a long literal"}}) { id } ) }')
    assert "line 1, column 57" in message


async def test_operation_name_that_is_not_there(refuses):
    _, _, path, message = await refuses("query A { label { name } }", None, "B")
    assert (path, message) == ("$", 'no such operation found in the document: "B"')


BAD_VALUES = {
    '{ article(id: "x") { id } }': 'invalid input syntax for type uuid: "x"',
    '{ articles(where: {id: {_in: ["x"]}}) { id } }': 'invalid input syntax for type uuid: "x"',
    '{ author(where: {born: {_eq: "yesterday-ish"}}) { id } }': 'invalid input syntax for type date: "yesterday-ish"',
    '{ author(where: {created_at: {_gt: "soon"}}) { id } }':
        'invalid input syntax for type timestamp with time zone: "soon"',
    '{ author(where: {rating: {_gt: "much"}}) { id } }': 'invalid input syntax for type numeric: "much"',
    '{ articles(where: {views: {_gt: 99999999999999999999}}) { id } }':
        'value "99999999999999999999" is out of range for type bigint',
    '{ articles(where: {words: {_gt: 40000}}) { id } }': 'value "40000" is out of range for type smallint',
    '{ author(where: {mood: {_eq: "odd"}}) { id } }': 'invalid input value for enum mood: "odd"',
    '{ author(where: {name: {_regex: "("}}) { id } }': "invalid regular expression: parentheses () not balanced",
    '{ stats_articles_of(args: {author_ids: "1,2"}) { id } }': 'malformed array literal: "1,2"',
    '{ author(where: {name: {_eq: "a\\u0000b"}}) { id } }': 'invalid byte sequence for encoding "UTF8": 0x00',
    '{ author(where: {name: {_eq: "a\\ud800b"}}) { id } }': "a value holds characters that are not valid UTF-8",
    '{ author(where: {profile: {_contains: {a: "a\\u0000b"}}}) { id } }': "unsupported Unicode escape sequence",
}  # fmt: skip


@pytest.mark.parametrize("document", BAD_VALUES)
async def test_values_postgres_refuses(refuses, document):
    assert await refuses(document) == ("data", "data-exception", "$", BAD_VALUES[document])


OUT_OF_BOUNDS = {
    "{ author_by_pk(id: 2147483648) { id } }": ("The value 2.147483648e9 lies outside", f"{S}.author_by_pk.args.id"),
    "{ author(where: {id: {_in: [1, 99999999999]}}) { id } }": ("The value 9.9999999999e10", f"{S}.author.args.where.id._in[1]"),
    "{ author(offset: 99999999999999999999) { id } }": ("The value 9.9999999999999999999e19", f"{S}.author.args.offset"),
    "{ articles(where: {ratio: {_gt: 1e999}}) { id } }": ("The value inf", f"{S}.articles.args.where.ratio._gt"),
}  # fmt: skip


@pytest.mark.parametrize("document", OUT_OF_BOUNDS)
async def test_numbers_out_of_bounds(refuses, document):
    text, path = OUT_OF_BOUNDS[document]
    kind, code, found_path, message = await refuses(document)
    assert (kind, code, found_path) == ("coercion", "parse-failed", path)
    assert message.startswith(text)


WRONG_VARIABLES = {
    ("Int!", "author_by_pk(id: $v) { id }"): [
        ({"v": None}, "$", 'null value found for non-nullable type: "Int!"'),
        ({"v": "1"}, f"{S}.author_by_pk.args.id", "expected a 32-bit integer for type 'Int', but found a string"),
        ({"v": True}, f"{S}.author_by_pk.args.id", "expected a 32-bit integer for type 'Int', but found a boolean"),
        ({"v": [1]}, f"{S}.author_by_pk.args.id", "expected a 32-bit integer for type 'Int', but found a list"),
        ({"v": {}}, f"{S}.author_by_pk.args.id", "expected a 32-bit integer for type 'Int', but found an object"),
        ({"v": 1, "w": 2}, "$", "unexpected variables in variableValues: w"),
    ],
    ("uuid!", "article(id: $v) { id }"): [
        ({"v": 5}, f"{S}.article.args.id", "A string is expected for type: uuid"),
        ({"v": []}, f"{S}.article.args.id", "A string is expected for type: uuid"),
    ],
    ("author_bool_exp", "author(where: $v) { id }"): [
        ({"v": []}, f"{S}.author.args.where", "expected an object for type 'author_bool_exp', but found a list"),
        ({"v": {"nope": 1}}, f"{S}.author.args.where.nope", "field 'nope' not found in type: 'author_bool_exp'"),
        ({"v": {"id": {"_eq": "1"}}}, f"{S}.author.args.where.id._eq",
         "expected a 32-bit integer for type 'Int', but found a string"),
        ({"v": {"id": {"_in": [1, "1"]}}}, f"{S}.author.args.where.id._in[1]",
         "expected a 32-bit integer for type 'Int', but found a string"),
        ({"v": {"id": {"_in": [None]}}}, f"{S}.author.args.where.id._in[0]",
         "expected a 32-bit integer for type 'Int', but found null"),
    ],
    ("[author_order_by!]", "author(order_by: $v) { id }"): [
        ({"v": {"id": "up"}}, f"{S}.author.args.order_by[0].id", None),
        ({"v": "id"}, f"{S}.author.args.order_by[0]",
         "expected an object for type 'author_order_by', but found a string"),
    ],
    ("[Int!]", "author(where: {id: {_in: $v}}) { id }"): [
        ({"v": [1, None]}, f"{S}.author.args.where.id._in[1]", None),
        ({"v": "x"}, f"{S}.author.args.where.id._in[0]", None),
    ],
}  # fmt: skip


@pytest.mark.parametrize("declared", WRONG_VARIABLES)
async def test_variables_that_do_not_fit(refuses, ask, declared):
    type_name, selection = declared
    for given, path, message in WRONG_VARIABLES[declared]:
        kind, _, found_path, found_message = await refuses(
            f"query ($v: {type_name}) {{ {selection} }}", given
        )
        assert (found_path, kind in ("coercion", "validation")) == (path, True), given
        assert message is None or found_message == message, given


async def test_errors_raised_by_a_function_keep_their_text(refuses):
    assert await refuses("{ fails { id } }") == ("data", "postgres-error", "$", "no luck")


async def test_roles_without_permissions_see_nothing(refuses):
    _, _, _, message = await refuses("{ author { id } }", role="nobody")
    assert message == "field 'author' not found in type: 'query_root'"
    _, _, _, message = await refuses("mutation { publish(input: {}) { ok } }", role="nobody")
    assert message == "no mutations exist"


async def test_an_error_leaves_the_engine_as_it_was(strict_engine, ask):
    query = "query ($v: Int!) { author_by_pk(id: $v) { name } }"
    for _ in range(3):
        with pytest.raises(GraphQLFailure):
            await strict_engine.execute(query, {"v": "x"}, None, Session())
        assert await ask(query, {"v": 1}) == {"author_by_pk": {"name": "Ada"}}


def test_prepare_checks_documents_without_their_variables(strict_engine):
    prepared = strict_engine.prepare(
        "query ($w: author_bool_exp!, $b: Boolean!, $o: [author_order_by!], $n: Int) "
        "{ author(where: $w, order_by: $o, limit: $n) { id @include(if: $b) articles { id @skip(if: $b) } } }"
    )
    assert (prepared.kind, prepared.only_actions, prepared.depth) == ("query", False, 2)
    with pytest.raises(GraphQLFailure, match="nope"):
        strict_engine.prepare("query ($b: Boolean!) { author { nope @include(if: $b) } }")
    with pytest.raises(GraphQLFailure, match="is declared as 'String!'"):
        strict_engine.prepare("query ($b: String!) { author_by_pk(id: $b) { id } }")


@pytest.mark.parametrize(
    ("document", "depth"),
    [
        ("{ label { name } }", 1),
        ("{ __typename }", 0),
        ("{ author { articles { author { id } } } }", 3),
        ("{ ...F } fragment F on query_root { author { ... on author { id } } }", 1),
        ("{ __schema { types { fields { type { ofType { name } } } } } }", 0),
    ],
)
def test_depth(strict_engine, document, depth):
    assert strict_engine.prepare(document).depth == depth


async def test_values_that_are_nested_too_deeply(refuses):
    where: dict = {"id": {"_eq": 1}}
    for _ in range(3_000):
        where = {"_not": where}
    kind, _, _, message = await refuses(
        "query ($w: author_bool_exp) { author(where: $w) { id } }", {"w": where}
    )
    assert (kind, message) == ("coercion", "the values of the request are nested too deeply")


async def test_actions_with_values_that_are_nested_too_deeply(strict_engine):
    nested: dict = {"count": 1}
    for _ in range(3_000):
        nested = {"count": 1, "again": nested}
    prepared = strict_engine.prepare("mutation ($i: publish_input!) { publish(input: $i) { ok } }")
    with pytest.raises(GraphQLFailure, match="nested too deeply"):
        prepared.action_calls({"i": {"article_id": "x", "nested": nested}})


async def test_a_database_that_is_away_is_told_without_details(postgres, library_dsn):
    """The cause stays on the failure, for whoever may repeat the request; the client learns no SQL."""
    async with asyncpg.create_pool(library_dsn, min_size=1, max_size=1) as pool:
        engine = await Engine.start(pool, METADATA)
        connection = await asyncpg.connect(library_dsn)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid = $1",
            await pool.fetchval("SELECT pg_backend_pid()"),
        )
        await connection.close()
        answer = await asyncio.gather(
            *(engine.execute("{ author_by_pk(id: 1) { id } }", None, None, Session()) for _ in range(3)),
            return_exceptions=True,
        )
        lost = [failure for failure in answer if isinstance(failure, GraphQLFailure)]
        assert all(
            (failure.kind, failure.errors[0]["message"], failure.__cause__ is None)
            == ("internal", "connection to the database failed", False)
            for failure in lost
        )
        assert answer[-1] == b'{"data":{"author_by_pk":{"id":1}}}'  # the pool replaces the lost connection
    with pytest.raises(GraphQLFailure) as caught:
        await engine.execute("{ author_by_pk(id: 1) { id } }", None, None, Session())
    assert caught.value.errors[0]["message"] == "connection to the database failed"
