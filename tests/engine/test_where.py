"""Filters: every operator on fixed rows. The property tests prove combinations."""

from __future__ import annotations

import pytest

AUTHORS = {
    "id: {_eq: 2}": [2],
    "id: {_neq: 2}": [1, 3, 4],
    "id: {_gt: 2}": [3, 4],
    "id: {_gte: 2, _lt: 4}": [2, 3],
    "id: {_lte: 2}": [1, 2],
    "id: {_in: [1, 4, 99]}": [1, 4],
    "id: {_in: 4}": [4],
    "id: {_in: []}": [],
    "id: {_nin: [1, 4]}": [2, 3],
    "id: {_nin: []}": [1, 2, 3, 4],
    "id: {}": [1, 2, 3, 4],
    "": [1, 2, 3, 4],
    "_and: []": [1, 2, 3, 4],
    "_or: []": [],
    "_not: {}": [],
    "_and: {id: {_gt: 1}}": [2, 3, 4],
    "_and: [{id: {_gt: 1}}, {}, {id: {_lt: 3}}]": [2],
    "_or: {id: {_eq: 1}}": [1],
    "_or: [{id: {_eq: 1}}, {name: {_eq: \"Cyd\"}}]": [1, 3],
    "_not: {id: {_eq: 1}}": [2, 3, 4],
    "rating: {_neq: 3.25}": [1],
    "_not: {rating: {_eq: 3.25}}": [1],
    "rating: {_eq: \"9.5\"}": [1],
    "rating: {_is_null: true}": [3],
    "rating: {_is_null: false}": [1, 2, 4],
    "active: {_eq: true}": [1, 2, 4],
    "active: {_neq: true}": [3],
    "born: {_lt: \"1900-01-01\"}": [1],
    "created_at: {_gt: \"2026-01-02T10:00:00.123456+00:00\"}": [3, 4],
    "created_at: {_lte: \"2026-01-02 10:00:00.123456\"}": [1, 2],
    "mood: {_eq: \"calm\"}": [1, 4],
    "mood: {_in: [\"calm\", \"cross\"]}": [1, 2, 4],
    "name: {_like: \"%d%\"}": [1, 3, 4],
    "name: {_like: \"dee\\\\_100\\\\%\"}": [4],
    "name: {_nlike: \"%d%\"}": [2],
    "name: {_ilike: \"%D\"}": [3],
    "name: {_nilike: \"%D%\"}": [2],
    "name: {_similar: \"(Ada|Bob)\"}": [1, 2],
    "name: {_nsimilar: \"(Ada|Bob)\"}": [3, 4],
    "name: {_regex: \"^[AB]\"}": [1, 2],
    "name: {_nregex: \"^[AB]\"}": [3, 4],
    "name: {_iregex: \"^a\"}": [1],
    "name: {_niregex: \"^a\"}": [2, 3, 4],
    "nickname: {_ilike: \"c%\"}": [1, 3],
    "profile: {_contains: {age: 40}}": [2],
    "profile: {_contains: {langs: [\"fr\"]}}": [1],
    "profile: {_contains: [\"x\"]}": [4],
    "profile: {_contained_in: {langs: [\"de\", \"nl\"], age: 40, more: null}}": [2],
    "profile: {_has_key: \"age\"}": [2],
    "profile: {_has_key: \"x\"}": [4],
    "profile: {_has_keys_any: [\"age\", \"home\"]}": [1, 2],
    "profile: {_has_keys_all: [\"langs\", \"home\"]}": [1],
    "profile: {_has_keys_all: []}": [1, 2, 4],
    "profile: {_eq: [1, 2, \"x\"]}": [4],
    "profile: {_in: [{langs: [\"de\"], age: 40}]}": [2],
    "profile: {_cast: {String: {_like: \"%London%\"}}}": [1],
    "profile: {_cast: {String: {_is_null: true}}}": [3],
    "articles: {}": [1, 2, 4],
    "articles: {score: {_gt: 2}}": [1, 2],
    "_not: {articles: {}}": [3],
    "articles: {title: {_eq: \"Beer\"}, score: {_gt: 2}}": [],
    "articles: {_or: [{title: {_eq: \"Zen\"}}, {editor: {name: {_eq: \"Bob\"}}}]}": [1, 4],
    "edited: {author: {name: {_eq: \"Bob\"}}}": [1],
}  # fmt: skip

ARTICLES = {
    "author: {name: {_eq: \"Ada\"}}": ["Engines", "Notes"],
    "editor: {}": ["Beer", "Cats", "Engines"],
    "_not: {editor: {}}": ["Notes", "Zen"],
    "editor: {id: {_is_null: true}}": [],
    "article_tags: {label: {name: {_eq: \"math\"}}}": ["Engines"],
    "visits: {seconds: {_gte: 60}}": ["Engines"],
    "labels: {_contains: [\"b\"]}": ["Cats", "Engines"],
    "labels: {_contains: \"{b}\"}": ["Cats", "Engines"],
    "labels: {_contained_in: [\"b\", \"a\"]}": ["Cats", "Engines", "Notes"],
    "labels: {_eq: \"{b}\"}": ["Cats"],
    "labels: {_eq: [\"b\"]}": ["Cats"],
    "views: {_eq: 9007199254740993}": ["Engines"],
    "views: {_eq: \"9007199254740993\"}": ["Engines"],
    "views: {_in: [5, 7]}": ["Beer", "Cats"],
    "score: {_gt: 2e0}": ["Cats", "Engines"],
    "words: {_lt: 20}": ["Zen"],
    "ratio: {_gte: 1.5}": ["Beer", "Zen"],
    "ratio: {_gte: 1}": ["Beer", "Zen"],
    "reading_time: {_gt: \"1 day\"}": ["Notes"],
    "meta: {_contains: \"text\"}": ["Zen"],
    "id: {_in: [\"00000000-0000-0000-0000-000000000003\"]}": ["Beer"],
    "id: {_eq: \"00000000000000000000000000000003\"}": ["Beer"],
}  # fmt: skip


@pytest.mark.parametrize("where", AUTHORS)
async def test_authors(ask, where):
    data = await ask(f"{{ author(where: {{{where}}}, order_by: {{id: asc}}) {{ id }} }}")
    assert [row["id"] for row in data["author"]] == AUTHORS[where]


@pytest.mark.parametrize("where", ARTICLES)
async def test_articles(ask, where):
    data = await ask(f"{{ articles(where: {{{where}}}, order_by: {{title: asc}}) {{ title }} }}")
    assert [row["title"] for row in data["articles"]] == ARTICLES[where]


VARIABLES = {
    "a whole filter": (
        "query ($v: author_bool_exp) { author(where: $v, order_by: {id: asc}) { id } }",
        [({"articles": {"title": {"_in": ["Zen", "Beer"]}}}, [2, 4]), ({"id": {"_eq": 1}}, [1]), ({}, [1, 2, 3, 4]),
         (None, [1, 2, 3, 4]), ({"_or": [{"id": {"_eq": 1}}, {"active": {"_eq": False}}]}, [1, 3]),
         ({"_or": [{"id": {"_eq": 2}}, {"active": {"_eq": True}}]}, [1, 2, 4]),
         ({"rating": {"_is_null": True}}, [3]), ({"rating": {"_is_null": False}}, [1, 2, 4]),
         ({"profile": {"_contains": {"age": 40}}}, [2]), ({"profile": {"_contains": {"home": {}}}}, [1])]),
    "a part of a filter": (
        "query ($v: [author_bool_exp!]) { author(where: {_and: $v}, order_by: {id: asc}) { id } }",
        [([{"id": {"_gt": 1}}, {"id": {"_lt": 3}}], [2]), ([], [1, 2, 3, 4]), ({"id": {"_eq": 3}}, [3])]),
    "a comparison": (
        "query ($v: Int_comparison_exp) { author(where: {id: $v}, order_by: {id: asc}) { id } }",
        [({"_gt": 2}, [3, 4]), ({"_in": [1]}, [1]), ({"_in": [1, 2, 3]}, [1, 2, 3]), ({}, [1, 2, 3, 4])]),
    "a list": ("query ($v: [Int!]) { author(where: {id: {_in: $v}}, order_by: {id: asc}) { id } }",
               [([1, 2], [1, 2]), ([], []), ([4], [4])]),
    "a list of uuids": (
        "query ($v: [uuid!]!) { articles(where: {id: {_in: $v}}, order_by: {id: asc}) { author_id } }", []),
    "a scalar": ("query ($v: String) { author(where: {name: {_eq: $v}}) { id } }",
                 [("Bob", [2]), ("x' OR true --", []), ("", [])]),
    "a json value": ("query ($v: jsonb) { author(where: {profile: {_contains: $v}}, order_by: {id: asc}) { id } }",
                     [({"langs": ["fr"]}, [1]), ({}, [1, 2]), (["x"], [4])]),
    "a variable inside a json literal": (
        "query ($v: String) { author(where: {profile: {_contains: {home: {city: $v}}}}) { id } }",
        [("London", [1]), ("Paris", [])]),
    "a boolean": ("query ($v: Boolean) { author(where: {active: {_eq: $v}}, order_by: {id: asc}) { id } }",
                  [(True, [1, 2, 4]), (False, [3])]),
    "is_null by variable": (
        "query ($v: Boolean!) { author(where: {rating: {_is_null: $v}}, order_by: {id: asc}) { id } }",
        [(True, [3]), (False, [1, 2, 4])]),
}  # fmt: skip


@pytest.mark.parametrize("case", VARIABLES)
async def test_variables(ask, case):
    query, expectations = VARIABLES[case]
    for value, expected in expectations:
        data = await ask(query, {"v": value})
        assert [row["id"] for row in data["author"]] == expected, value


async def test_the_same_document_with_and_without_a_value(ask):
    query = "query ($v: Int) { author(where: {id: {_eq: $v}}, order_by: {id: asc}) { id } }"
    assert await ask(query, {"v": 1}) == {"author": [{"id": 1}]}
    assert len((await ask(query, {}))["author"]) == 4
    assert await ask(query, {"v": 2}) == {"author": [{"id": 2}]}


COLLAPSED = {
    "{id: {_eq: null}}": [1, 2, 3, 4],
    "{id: {_eq: null, _gt: 2}}": [3, 4],
    "{name: {_like: null}}": [1, 2, 3, 4],
    "{id: {_in: null}}": [1, 2, 3, 4],
    "{id: {_nin: null}}": [1, 2, 3, 4],
    "{rating: {_is_null: null}}": [1, 2, 3, 4],
    "{_not: {id: {_eq: null}}}": [],
    "{_or: [{id: {_eq: null}}, {id: {_eq: 1}}]}": [1, 2, 3, 4],
    "{_and: {name: {_eq: null}, articles: {title: {_eq: null}}}}": [1, 2, 4],
    "{profile: {_contains: null}}": [1, 2, 3, 4],
}


@pytest.mark.parametrize("where", COLLAPSED)
async def test_null_collapse(ask_collapsing, where):
    data = await ask_collapsing(f"{{ author(where: {where}, order_by: {{id: asc}}) {{ id }} }}")
    assert [row["id"] for row in data["author"]] == COLLAPSED[where]


async def test_null_collapse_of_variables(ask_collapsing):
    query = "query ($v: String, $w: [Int!]) { author(where: {name: {_eq: $v}, id: {_in: $w}}, order_by: {id: asc}) { id } }"
    assert len((await ask_collapsing(query, {"v": None, "w": None}))["author"]) == 4
    assert await ask_collapsing(query, {"v": "Ada", "w": None}) == {"author": [{"id": 1}]}
    assert await ask_collapsing(query, {"v": "Ada", "w": [2]}) == {"author": []}
    assert await ask_collapsing(query, {"v": None, "w": [2]}) == {"author": [{"id": 2}]}
    whole = "query ($v: author_bool_exp!) { author(where: $v, order_by: {id: asc}) { id } }"
    assert len((await ask_collapsing(whole, {"v": {"name": {"_eq": None}}}))["author"]) == 4
