"""Aggregates at the root and over relationships."""

from __future__ import annotations

import statistics

import pytest

WORDS = [100, 20, 20, 1]

CASES = {
    "count": ("{ author_aggregate { aggregate { count } } }",
              {"author_aggregate": {"aggregate": {"count": 4}}}),
    "count of columns": (
        "{ articles_aggregate { aggregate { a: count(columns: score) b: count(columns: score, distinct: true)"
        " c: count(columns: [author_id, score], distinct: true) d: count(columns: []) e: count(columns: null) } } }",
        {"articles_aggregate": {"aggregate": {"a": 4, "b": 3, "c": 5, "d": 5, "e": 5}}}),
    "every function": (
        "{ articles_aggregate { aggregate { sum { words views } avg { words } max { words title published_at }"
        " min { words title } stddev { words } stddev_pop { words } stddev_samp { words } var_pop { words }"
        " var_samp { words } variance { words } __typename } __typename } }",
        {"articles_aggregate": {
            "aggregate": {
                "sum": {"words": 141, "views": 9007199254741015}, "avg": {"words": 35.25},
                "max": {"words": 100, "title": "Zen", "published_at": "2026-02-03T12:30:00+00:00"},
                "min": {"words": 1, "title": "Beer"},
                "stddev": {"words": pytest.approx(statistics.stdev(WORDS))},
                "stddev_pop": {"words": pytest.approx(statistics.pstdev(WORDS))},
                "stddev_samp": {"words": pytest.approx(statistics.stdev(WORDS))},
                "var_pop": {"words": pytest.approx(statistics.pvariance(WORDS))}, "var_samp": {"words": pytest.approx(statistics.variance(WORDS))},
                "variance": {"words": pytest.approx(statistics.variance(WORDS))}, "__typename": "article_aggregate_fields"},
            "__typename": "article_aggregate"}}),
    "of nothing": (
        "{ author_aggregate(where: {id: {_gt: 99}}) { aggregate { count sum { id } max { name } } nodes { id } } }",
        {"author_aggregate": {"aggregate": {"count": 0, "sum": {"id": None}, "max": {"name": None}}, "nodes": []}}),
    "nodes beside aggregates, in order": (
        "{ author_aggregate(order_by: {name: desc}, limit: 2) { nodes { name articles { title } } n: nodes { id }"
        " aggregate { count sum { id __typename } } } }",
        {"author_aggregate": {
            "nodes": [{"name": "dee_100%", "articles": [{"title": "Zen"}]}, {"name": "Cyd", "articles": []}],
            "n": [{"id": 4}, {"id": 3}],
            "aggregate": {"count": 2, "sum": {"id": 7, "__typename": "author_sum_fields"}}}}),
    "offset counts too": ("{ author_aggregate(offset: 3) { aggregate { count } } }",
                          {"author_aggregate": {"aggregate": {"count": 1}}}),
    "distinct_on": ("{ articles_aggregate(distinct_on: author_id) { aggregate { count } nodes { author_id } } }",
                    {"articles_aggregate": {"aggregate": {"count": 3},
                                            "nodes": [{"author_id": 1}, {"author_id": 2}, {"author_id": 4}]}}),
    "over a relationship, twice": (
        "{ author(order_by: {id: asc}) { id articles_aggregate { aggregate { count max { score } } }"
        " long: articles_aggregate(where: {words: {_gt: 50}}) { aggregate { count } nodes { title } } } }",
        {"author": [
            {"id": 1, "articles_aggregate": {"aggregate": {"count": 2, "max": {"score": 4.5}}},
             "long": {"aggregate": {"count": 1}, "nodes": [{"title": "Engines"}]}},
            {"id": 2, "articles_aggregate": {"aggregate": {"count": 2, "max": {"score": 4.5}}},
             "long": {"aggregate": {"count": 0}, "nodes": []}},
            {"id": 3, "articles_aggregate": {"aggregate": {"count": 0, "max": {"score": None}}},
             "long": {"aggregate": {"count": 0}, "nodes": []}},
            {"id": 4, "articles_aggregate": {"aggregate": {"count": 1, "max": {"score": 2}}},
             "long": {"aggregate": {"count": 0}, "nodes": []}}]}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_aggregate(ask, case):
    query, expected = CASES[case]
    assert await ask(query) == expected
