"""Nothing that anybody sends makes the engine fail in any way but its own: GraphQLFailure."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lictor.engine import GraphQLFailure, Session
from tests.engine.test_actions import DOCUMENTS_REFUSED, LITERALS
from tests.engine.test_aggregate import CASES as AGGREGATES
from tests.engine.test_errors import BAD_VALUES, VALIDATION
from tests.engine.test_mutations import REFUSED
from tests.engine.test_select import CASES

DOCUMENTS = [
    *(case[0] for case in CASES.values()),
    *(case[0] for case in AGGREGATES.values()),
    *VALIDATION,
    *BAD_VALUES,
    *LITERALS,
    *DOCUMENTS_REFUSED,
    *REFUSED,
]
TOKENS = [
    re.findall(r'"""[\s\S]*?"""|"(?:\\.|[^"\\])*"|\.\.\.|\$?\w+|\S', document) for document in DOCUMENTS
]
SPARE = [
    "{", "}", "(", ")", "[", "]", ":", "!", "$x", "$__s0", "...", "@include", "null", "true", "1", "-1.5", '"x"', "on",
    "author", "_and", "_not", "id", "where", "order_by", "asc", "fragment", "query", "mutation", "__typename", "__type",
    "=", '["a"]', "{}", "aggregate", "nodes", "count", "args",
]  # fmt: skip
LIMITS = settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
    | st.sampled_from(["asc", "id", "2020-01-01", "{}", "00000000-0000-0000-0000-000000000001"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["_eq", "_in", "_and", "_or", "_not", "_is_null", "id", "name", "profile", "_contains", "articles",
                         "author_ids", "title", "labels", "_cast", "String", "score", "x"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@st.composite
def broken_documents(draw) -> str:
    """A document of the other tests with up to four tokens removed, doubled, replaced or swapped."""
    tokens = list(draw(st.sampled_from(TOKENS)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(tokens) - 1, 0)))
        action = draw(st.sampled_from(["remove", "double", "replace", "insert", "swap"]))
        if not tokens or action == "insert":
            tokens.insert(place, draw(st.sampled_from(SPARE)))
        elif action == "remove":
            del tokens[place]
        elif action == "double":
            tokens.insert(place, tokens[place])
        elif action == "replace":
            tokens[place] = draw(st.sampled_from(SPARE))
        else:
            other = draw(st.integers(0, len(tokens) - 1))
            tokens[place], tokens[other] = tokens[other], tokens[place]
    return " ".join(tokens)


async def _failure(engine, document: str, variables: dict | None) -> GraphQLFailure | None:
    """How the engine fails, if it does; any other exception is the test's own failure."""
    try:
        await engine.execute(document, variables, None, Session())
    except GraphQLFailure as failure:
        return failure
    return None


async def _either_way(engine, document: str, variables: dict | None) -> None:
    failure = await _failure(engine, document, variables)
    if failure is not None:
        assert failure.kind != "internal", failure.errors
        assert failure.errors
        for error in failure.errors:
            assert set(error) == {"message", "extensions"}
            assert isinstance(error["message"], str)


def _refusal(engine, document: str) -> str | None:
    try:
        engine.prepare(document)
    except GraphQLFailure as failure:
        return failure.kind
    return None


@LIMITS
@given(document=broken_documents())
async def test_broken_documents(strict_engine, document):
    if "mutation" not in document:  # the library stays as it is
        await _either_way(strict_engine, document, None)
    assert _refusal(strict_engine, document) in (None, "syntax", "validation", "coercion")


VARIABLE_DOCUMENTS = [
    "query ($v: author_bool_exp) { author(where: $v) { id } }",
    "query ($v: [author_bool_exp!]) { author(where: {_or: $v}) { id } }",
    "query ($v: Int_comparison_exp) { author(where: {id: $v}) { id } }",
    "query ($v: jsonb_comparison_exp) { author(where: {profile: $v}) { id } }",
    "query ($v: [author_order_by!]) { author(order_by: $v) { id } }",
    "query ($v: order_by) { author(order_by: {id: $v}) { id } }",
    "query ($v: [article_select_column!]) { articles(distinct_on: $v) { id } }",
    "query ($v: Int) { author(limit: $v, offset: $v) { id } }",
    "query ($v: uuid!) { article(id: $v) { id } }",
    "query ($v: [uuid!]) { articles(where: {id: {_in: $v}}) { id } }",
    "query ($v: jsonb) { author(where: {profile: {_contains: $v}}) { id } }",
    "query ($v: [String!]) { articles(where: {labels: {_contains: $v}}) { id } }",
    "query ($v: numeric) { author(where: {rating: {_gt: $v}}) { id } }",
    "query ($v: float8, $w: Float) { articles(where: {score: {_gt: $v}, ratio: {_lt: $w}}) { id } }",
    "query ($v: Boolean!) { author(where: {active: {_eq: $v}}) { id name @include(if: $v) } }",
    "query ($v: String) { author_by_pk(id: 1) { profile(path: $v) } }",
    "query ($v: article_aggregate_bool_exp) { author(where: {articles_aggregate: $v}) { id } }",
    "query ($v: article_aggregate_bool_exp_count!) { author(where: {articles_aggregate: {count: $v}}) { id } }",
    "query ($v: article_aggregate_bool_exp_corr_arguments!, $w: Int) { author(where: {articles_aggregate: {corr:"
    " {arguments: $v, predicate: {_gt: 0}}}}, limit: $w) { id } }",
    "query ($v: stats_articles_of_args!) { stats_articles_of(args: $v) { id } }",
    'query ($v: String = "thing") { __type(name: $v) { name } }',
]


@LIMITS
@given(document=st.sampled_from(VARIABLE_DOCUMENTS), value=JSON)
async def test_any_value_for_any_variable(strict_engine, collapsing_engine, document, value):
    for engine in (strict_engine, collapsing_engine):
        await _either_way(engine, document, {"v": value})
