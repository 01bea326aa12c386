"""Filters against a naive evaluator: any filter hypothesis can think of, on the same rows, with three-valued logic.

The evaluator knows SQL's rules (a comparison with NULL is unknown, NOT unknown is unknown, a row is kept only if
the whole is true) and nothing of the engine. Each filter is sent in the document and as a variable, to an engine
with null collapse and to one without.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lictor.engine import GraphQLFailure
from tests.engine.conftest import asker
from tests.engine.naive import Truth, all_of, any_of, compare, negated

AUTHOR_COLUMNS = {"id": int, "name": str, "nickname": str, "rating": Decimal, "active": bool}
ARTICLE_COLUMNS = {"title": str, "words": int, "score": float, "author_id": int, "editor_id": int}
NUMBERS = [0, 1, 2, 3, 4, 20, 100, -5]
TEXTS = ["Ada", "Bob", "Cyd", "cy", "Beer", "Zen", "", "dee_100%", 'D\'ee "q" \\ x', "é\t'\"$1{}%_"]
PATTERNS = ["%", "A%", "_ob", "%e%", "", "c_", "%\\_100\\%", "100%'; --"]
DECIMALS = [Decimal("3.25"), Decimal("9.5"), Decimal(0), Decimal(100)]


def _value(kind: type) -> st.SearchStrategy[Any]:
    if kind is str:
        return st.sampled_from(TEXTS)
    if kind is bool:
        return st.booleans()
    if kind is Decimal:
        return st.sampled_from(DECIMALS)
    return st.sampled_from(NUMBERS)


def _comparison(kind: type, nulls: bool) -> st.SearchStrategy[dict[str, Any]]:
    """A comparison expression of up to three operators."""

    def maybe_null(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.none() | strategy if nulls else strategy

    one = maybe_null(_value(kind))
    operators: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(
        ("_eq", "_neq", "_gt", "_lt", "_gte", "_lte"), one
    )
    operators |= dict.fromkeys(("_in", "_nin"), maybe_null(st.lists(_value(kind), max_size=3)))
    operators["_is_null"] = maybe_null(st.booleans())
    if kind is str:
        operators |= dict.fromkeys(
            ("_like", "_nlike", "_ilike", "_nilike"), maybe_null(st.sampled_from(PATTERNS))
        )
    return st.dictionaries(st.sampled_from(sorted(operators)), st.none(), max_size=3).flatmap(
        lambda chosen: st.fixed_dictionaries({name: operators[name] for name in chosen})
    )


def _filters(nulls: bool) -> st.SearchStrategy[dict[str, Any]]:
    def of(
        columns: dict[str, type], relations: dict[str, Any], depth: int
    ) -> st.SearchStrategy[dict[str, Any]]:
        fields: dict[str, Any] = {name: _comparison(kind, nulls) for name, kind in columns.items()}
        if depth:
            inner = st.deferred(lambda: of(columns, relations, depth - 1))
            fields |= {
                "_and": st.lists(inner, max_size=3) | inner,
                "_or": st.lists(inner, max_size=3),
                "_not": inner,
            }
            fields |= {
                name: st.deferred(lambda make=make: make(depth - 1)) for name, make in relations.items()
            }
        return st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True).flatmap(
            lambda chosen: st.fixed_dictionaries({name: fields[name] for name in chosen})
        )

    def articles(depth: int) -> st.SearchStrategy[dict[str, Any]]:
        return of(ARTICLE_COLUMNS, {"author": authors, "editor": authors}, depth)

    def authors(depth: int) -> st.SearchStrategy[dict[str, Any]]:
        return of(AUTHOR_COLUMNS, {"articles": articles, "edited": articles}, depth)

    return authors(3)


# --- the evaluator ----------------------------------------------------------------------------------------


def _like(text: str, pattern: str, flags: re.RegexFlag) -> bool:
    out, i = "", 0
    while i < len(pattern):
        c = pattern[i]
        if c == "\\" and i + 1 < len(pattern):
            i += 1
            out += re.escape(pattern[i])
        else:
            out += ".*" if c == "%" else "." if c == "_" else re.escape(c)
        i += 1
    return re.fullmatch(out, text, flags | re.DOTALL) is not None


def _operator(name: str, left: Any, right: Any) -> Truth:
    if name in ("_like", "_nlike", "_ilike", "_nilike"):
        if left is None:
            return None
        flags = re.IGNORECASE if "ilike" in name else re.RegexFlag(0)
        return _like(left, right, flags) != name.startswith("_n")
    return compare(name, left, right)


class Evaluator:
    """Evaluates filters over rows held in Python."""

    def __init__(self, authors: list[dict[str, Any]], articles: list[dict[str, Any]]) -> None:
        self.authors = authors
        self.articles = articles

    def related(self, row: dict[str, Any], name: str) -> list[dict[str, Any]]:
        if name in ("author", "editor"):
            return [a for a in self.authors if a["id"] == row[f"{name}_id"]]
        key = "author_id" if name == "articles" else "editor_id"
        return [a for a in self.articles if a[key] == row["id"]]

    def holds(self, row: dict[str, Any], where: dict[str, Any]) -> Truth:
        truths: list[Truth] = []
        for key, value in where.items():
            if key in ("_and", "_or"):
                parts = [self.holds(row, item) for item in (value if isinstance(value, list) else [value])]
                truths.append(all_of(parts) if key == "_and" else any_of(parts))
            elif key == "_not":
                truths.append(negated(self.holds(row, value)))
            elif key in row:
                truths += [_operator(op, row[key], v) for op, v in value.items() if v is not None]
            else:
                truths.append(any(self.holds(other, value) is True for other in self.related(row, key)))
        return all_of(truths)


# --- the tests --------------------------------------------------------------------------------------------


def _literal(value: Any) -> str:
    """A filter as it would be written in a document."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value)


def _plain(value: Any) -> Any:
    """A filter as the JSON of a variable."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


@pytest.fixture(scope="module")
async def evaluator(library_pool) -> Evaluator:
    authors = await library_pool.fetch("SELECT id, name, nickname, rating, active FROM author")
    articles = await library_pool.fetch("SELECT title, words, score, author_id, editor_id FROM article")
    return Evaluator([dict(row) for row in authors], [dict(row) for row in articles])


async def _check(engine, evaluator: Evaluator, where: dict[str, Any]) -> None:
    ask = asker(engine)
    expected = sorted(row["id"] for row in evaluator.authors if evaluator.holds(row, where) is True)
    written = await ask(f"{{ author(where: {_literal(where)}, order_by: {{id: asc}}) {{ id }} }}")
    assert [row["id"] for row in written["author"]] == expected
    query = "query ($w: author_bool_exp) { author(where: $w, order_by: {id: asc}) { id } n: author_aggregate(where: $w) { aggregate { count } } }"
    given_by_variable = await ask(query, {"w": _plain(where)})
    assert [row["id"] for row in given_by_variable["author"]] == expected
    assert given_by_variable["n"]["aggregate"]["count"] == len(expected)


LIMITS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@LIMITS
@given(where=_filters(nulls=False))
async def test_filters(strict_engine, evaluator, where):
    await _check(strict_engine, evaluator, where)


@LIMITS
@given(where=_filters(nulls=True))
async def test_filters_with_null_collapse(collapsing_engine, evaluator, where):
    await _check(collapsing_engine, evaluator, where)


ANYTHING = st.text(max_size=30) | st.sampled_from(
    ["'", '"', "\\", "$1", "--", "/*", "\0", "\ud800", "{}", "%s", "{0}"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANYTHING)
async def test_any_text_is_only_ever_a_value(strict_engine, text):
    """A text is found as itself, or refused as no valid text; it never reaches the SQL."""
    ask = asker(strict_engine)
    query = "query ($t: String!) { author(where: {_or: [{name: {_eq: $t}}, {profile: {_has_key: $t}}]}) { name } }"
    written = f"{{ author(where: {{name: {{_eq: {json.dumps(text)}}}}}) {{ name }} }}"
    valid = "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
    for document, variables in ((query, {"t": text}), (written, None)):
        if valid:
            data = await ask(document, variables)
            assert all(row["name"] in (text, "dee_100%") for row in data["author"])
        else:
            with pytest.raises(GraphQLFailure) as caught:
                await ask(document, variables)
            assert caught.value.kind == "data"
