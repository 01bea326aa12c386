"""order_by, distinct_on, limit and offset against Python's sort, for any combination hypothesis can think of."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.conftest import asker
from tests.engine.naive import in_order

COLUMNS = ["author_id", "words", "score", "title", "id"]
DIRECTIONS = ["asc", "asc_nulls_first", "asc_nulls_last", "desc", "desc_nulls_first", "desc_nulls_last"]
Order = list[tuple[str, str]]


@pytest.fixture(scope="module")
async def articles(library_pool) -> list[dict[str, Any]]:
    rows = await library_pool.fetch("SELECT id::text, author_id, words, score, title FROM article")
    return [dict(row) for row in rows]


def _compare(order: Order):
    def compare(one: dict[str, Any], other: dict[str, Any]) -> int:
        for column, direction in order:
            if found := in_order(one[column], other[column], direction):
                return found
        return 0

    return cmp_to_key(compare)


def _expected(
    rows: list[dict[str, Any]], order: Order, distinct: list[str], limit: int | None, offset: int | None
) -> list[str]:
    kept, seen = [], set()
    for row in sorted(rows, key=_compare(order)):
        key = tuple(row[column] for column in distinct)
        if distinct and key in seen:
            continue
        seen.add(key)
        kept.append(row["id"])
    kept = kept[offset or 0 :]
    return kept if limit is None else kept[:limit]


_columns = st.lists(st.sampled_from(COLUMNS[:-1]), max_size=3, unique=True)
_bounds = st.none() | st.integers(0, 7)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    columns=_columns,
    directions=st.lists(st.sampled_from(DIRECTIONS), min_size=4, max_size=4),
    distinct=st.integers(0, 3),
    limit=_bounds,
    offset=_bounds,
    as_list=st.booleans(),
)
async def test_rows(strict_engine, articles, columns, directions, distinct, limit, offset, as_list):
    # the id last, so that there is one right answer
    order: Order = list(zip([*columns, "id"], directions, strict=False))
    distinct_on = columns[:distinct]
    expected = _expected(articles, order, distinct_on, limit, offset)
    listed = [{column: direction} for column, direction in order]
    variables = {
        "o": listed if as_list else dict(order),
        "d": distinct_on or None,
        "l": limit,
        "s": offset,
    }
    query = (
        "query ($o: [article_order_by!], $d: [article_select_column!], $l: Int, $s: Int) {"
        " articles(order_by: $o, distinct_on: $d, limit: $l, offset: $s) { id }"
        " a: articles_aggregate(order_by: $o, distinct_on: $d, limit: $l, offset: $s)"
        " { aggregate { count } nodes { id } } }"
    )
    data = await asker(strict_engine)(query, variables)
    assert [row["id"] for row in data["articles"]] == expected
    assert [row["id"] for row in data["a"]["nodes"]] == expected
    assert data["a"]["aggregate"]["count"] == len(expected)
    written = ", ".join(f"{{{column}: {direction}}}" for column, direction in order)
    shown = {"limit": limit, "offset": offset}
    bounds = "".join(f", {name}: {'null' if n is None else n}" for name, n in shown.items())
    literal = (
        f"{{ articles(order_by: [{written}], distinct_on: [{', '.join(distinct_on)}]{bounds}) {{ id }} }}"
    )
    data = await asker(strict_engine)(literal)
    assert [row["id"] for row in data["articles"]] == expected
