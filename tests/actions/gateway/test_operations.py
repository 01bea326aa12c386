"""Operations out of JSON and documents out of documents, on generated input."""

from __future__ import annotations

import gzip
import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from graphql import parse
from hypothesis import given
from hypothesis import strategies as st

from lictor.actions.gateway.body import read_body
from lictor.actions.gateway.documents import root_fields, split_by_root
from lictor.actions.gateway.errors import HttpProblem, find_nul
from lictor.actions.gateway.limits import Limits
from lictor.actions.gateway.operations import Operation, operation_of, parse_body

LIMITS = Limits(body=10_000, depth=7)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=10,
)


@given(variables=st.dictionaries(st.text(), json_values, max_size=5), ascii_only=st.booleans())
def test_every_spelling_of_variables_is_the_same_operation(
    variables: dict[str, Any], ascii_only: bool
) -> None:
    def body(value: Any) -> bytes:
        return json.dumps({"query": "{ hello }", "variables": value}, ensure_ascii=ascii_only).encode()

    expected = Operation("{ hello }", variables)
    for spelled in (variables, json.dumps(variables), json.dumps(variables, ensure_ascii=False)):
        assert operation_of(parse_body(body(spelled))) == expected


@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(str.encode)
    | json_values.map(lambda v: json.dumps(v).encode())
)
def test_every_body_is_an_operation_or_a_problem(body: bytes) -> None:
    try:
        result = operation_of(parse_body(body))
    except HttpProblem as problem:
        result = problem
    if isinstance(result, HttpProblem):
        assert (result.status, bool(str(result))) == (400, True)
    else:
        assert (type(result.query), type(result.variables)) == (str, dict)


@given(st.binary(max_size=20_000), st.lists(st.integers(0, 20_000), max_size=4), st.booleans())
async def test_bodies_arrive_whole_or_not_at_all(content: bytes, cuts: list[int], zipped: bool) -> None:
    sent = gzip.compress(content, 1) if zipped else content
    edges = [0, *sorted(min(cut, len(sent)) for cut in cuts), len(sent)]
    messages = [
        {"type": "http.request", "body": sent[start:end], "more_body": number < len(edges) - 2}
        for number, (start, end) in enumerate(itertools.pairwise(edges))
    ]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    headers = {b"content-encoding": b"gzip"} if zipped else {}
    if max(len(sent), len(content)) > LIMITS.body:
        with pytest.raises(HttpProblem) as caught:
            await read_body(receive, headers, LIMITS)
        assert caught.value.status == 413
    else:
        assert await read_body(receive, headers, LIMITS) == content


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"input": {"logs": [{"message": "a"}, {"message": "b\0"}]}}, "input.logs[1].message"),
        ({"input": {"data": '{"a": "\\u0000"}'}}, "input.data"),
        ({"input": {"a\0": 1}}, "input"),
        ({"input": {"a": ["x", 1, None, {"b": "fine"}]}}, None),
        ("\0", "the value"),
    ],
)
def test_where_the_nul_is(value: Any, place: str | None) -> None:
    assert find_nul(value) == place


def test_root_fields_of_fragments_and_the_named_operation() -> None:
    document = """
    query A { x }
    query B { a: tenant { id } ...F ... on Query { c } a: tenant { name } }
    fragment F on Query { b ...F }
    """
    assert [field[:2] for field in root_fields(document, "B")] == [("a", "tenant"), ("b", "b"), ("c", "c")]
    assert [field.key for field in root_fields(document, "A")] == ["x"]
    assert root_fields(document, "B")[0].locations == [{"line": 3, "column": 15}]
    assert root_fields("{") == []
    assert root_fields("fragment F on Query { b }") == []


def test_split_keeps_what_each_field_needs() -> None:
    document = """
    query ($n: Int) { a: tenant(limit: $n) { ...T } b: flow { id } }
    fragment T on tenant { id ...U }
    fragment U on tenant { name }
    """
    parts = dict(split_by_root(document))
    assert list(parts) == ["a", "b"]
    assert [type(node).__name__ for node in parse(parts["a"]).definitions].count(
        "FragmentDefinitionNode"
    ) == 2
    assert [type(node).__name__ for node in parse(parts["b"]).definitions] == ["OperationDefinitionNode"]
    assert [field.key for field in root_fields(parts["b"])] == ["b"]


@pytest.mark.parametrize(
    "document", ["{", "{ a }", "{ a ...F } fragment F on Query { b }", "{ a { b } a { c } }"]
)
def test_what_cannot_be_split(document: str) -> None:
    assert split_by_root(document) == []


def test_limits_are_read_from_settings_when_they_have_them() -> None:
    assert replace(LIMITS, depth=8) != LIMITS
    assert LIMITS.database_wait < 15
