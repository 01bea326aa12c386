"""Selects: rows, columns, relationships, order, limits, distinct_on, functions, views, partitioned tables."""

from __future__ import annotations

import pytest

A1, A2, A3, A4, A5 = (f"00000000-0000-0000-0000-00000000000{i}" for i in range(1, 6))

CASES = {
    "all rows": ("{ author(order_by: {id: asc}) { id name } }", {}, {
        "author": [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}, {"id": 3, "name": "Cyd"},
                   {"id": 4, "name": "dee_100%"}]}),
    "every type as Hasura writes it": (
        '{ author_by_pk(id: 2) { id name nickname rating born active profile notes mood created_at } }', {}, {
            "author_by_pk": {"id": 2, "name": "Bob", "nickname": None, "rating": 3.25, "born": None, "active": True,
                             "profile": {"langs": ["de"], "age": 40}, "notes": None, "mood": "cross",
                             "created_at": "2026-01-02T10:00:00.123456+00:00"}}),
    "timestamps leave in UTC": (
        "{ author_by_pk(id: 3) { created_at born } }", {},
        {"author_by_pk": {"created_at": "2026-01-03T10:00:00+00:00", "born": "1990-05-05"}}),
    "bigint, float, interval, array": (
        f'{{ article(id: "{A1}") {{ views score ratio words labels reading_time }} }}', {},
        {"article": {"views": 9007199254740993, "score": 4.5, "ratio": 0.5, "words": 100, "labels": ["a", "b"],
                     "reading_time": "01:02:03"}}),
    "interval of days": (f'{{ article(id: "{A2}") {{ reading_time labels }} }}', {},
                         {"article": {"reading_time": "3 days", "labels": []}}),
    "by_pk of nobody": ("{ author_by_pk(id: 99) { id } }", {}, {"author_by_pk": None}),
    "by_pk of two columns": (
        f'{{ article_tag_by_pk(article_id: "{A1}", tag: "math") {{ weight }} }}', {},
        {"article_tag_by_pk": {"weight": 3}}),
    "by_pk with a variable": ("query ($id: Int!) { author_by_pk(id: $id) { name } }", {"id": 4},
                              {"author_by_pk": {"name": "dee_100%"}}),
    "aliases and __typename": (
        "{ x: author(where: {id: {_eq: 1}}) { n: name m: name __typename t: __typename } __typename }", {},
        {"x": [{"n": "Ada", "m": "Ada", "__typename": "author", "t": "author"}], "__typename": "query_root"}),
    "object relationship, null and not": (
        "{ articles(order_by: {title: asc}) { title author { name } editor { name } } }", {}, {
            "articles": [
                {"title": "Beer", "author": {"name": "Bob"}, "editor": {"name": "Ada"}},
                {"title": "Cats", "author": {"name": "Bob"}, "editor": {"name": "Ada"}},
                {"title": "Engines", "author": {"name": "Ada"}, "editor": {"name": "Bob"}},
                {"title": "Notes", "author": {"name": "Ada"}, "editor": None},
                {"title": "Zen", "author": {"name": "dee_100%"}, "editor": None}]}),
    "array relationship with arguments": (
        "{ author(order_by: {id: asc}) { id articles(where: {score: {_is_null: false}}, order_by: {title: desc},"
        " limit: 1) { title } } }", {}, {
            "author": [{"id": 1, "articles": [{"title": "Engines"}]}, {"id": 2, "articles": [{"title": "Cats"}]},
                       {"id": 3, "articles": []}, {"id": 4, "articles": [{"title": "Zen"}]}]}),
    "two ways between the same tables": (
        "{ author_by_pk(id: 1) { articles(order_by: {title: asc}) { title } edited(order_by: {title: asc})"
        " { title } } }", {}, {
            "author_by_pk": {"articles": [{"title": "Engines"}, {"title": "Notes"}],
                             "edited": [{"title": "Beer"}, {"title": "Cats"}]}}),
    "four levels": (
        '{ label(where: {name: {_eq: "fun"}}) { name } article_tag(where: {tag: {_eq: "fun"}}, order_by:'
        " {article: {title: desc}}) { weight article { title author { articles(order_by: {title: asc}) { title } } }"
        " } }", {}, {
            "label": [{"name": "fun"}],
            "article_tag": [
                {"weight": 1, "article": {"title": "Engines",
                                          "author": {"articles": [{"title": "Engines"}, {"title": "Notes"}]}}},
                {"weight": None, "article": {"title": "Beer",
                                             "author": {"articles": [{"title": "Beer"}, {"title": "Cats"}]}}}]}),
    "manual relationships over a partitioned table of another schema": (
        "{ stats_visit(order_by: {at: asc}) { at seconds article { title } sibling { article_id } } }", {}, {
            "stats_visit": [
                {"at": "2026-01-10T00:00:00+00:00", "seconds": 30, "article": {"title": "Engines"},
                 "sibling": {"article_id": A1}},
                {"at": "2026-02-10T00:00:00+00:00", "seconds": 60, "article": {"title": "Engines"},
                 "sibling": {"article_id": A1}},
                {"at": "2026-02-11T00:00:00+00:00", "seconds": None, "article": {"title": "Beer"},
                 "sibling": {"article_id": A3}}]}),
    "a view": ("{ active_author(order_by: {id: asc}) { name } }", {},
               {"active_author": [{"name": "Ada"}, {"name": "Bob"}, {"name": "dee_100%"}]}),
    "limit and offset": ("{ author(order_by: {id: asc}, limit: 2, offset: 1) { id } }", {},
                         {"author": [{"id": 2}, {"id": 3}]}),
    "limit 0": ("{ author(limit: 0) { id } }", {}, {"author": []}),
    "limit null and offset null": ("{ author(limit: null, offset: null, order_by: {id: asc}, where: null) { id } }",
                                   {}, {"author": [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}]}),
    "limit by variable, null": (
        "query ($n: Int) { author(limit: $n, order_by: {id: asc}) { id } }", {"n": None},
        {"author": [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}]}),
    "limit by variable, left out": (
        "query ($n: Int) { author(limit: $n, order_by: {id: asc}) { id } }", {},
        {"author": [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}]}),
    "limit by variable with default": (
        "query ($n: Int = 1) { author(limit: $n, order_by: {id: asc}) { id } }", {}, {"author": [{"id": 1}]}),
    "offset as a string": ('{ author(offset: "3", order_by: {id: asc}) { id } }', {}, {"author": [{"id": 4}]}),
    "nulls are last going up": (
        "{ author(order_by: {rating: asc, id: desc}) { id } }", {},
        {"author": [{"id": 4}, {"id": 2}, {"id": 1}, {"id": 3}]}),
    "nulls are first going down": (
        "{ author(order_by: [{rating: desc}, {id: asc}]) { id } }", {},
        {"author": [{"id": 3}, {"id": 1}, {"id": 2}, {"id": 4}]}),
    "nulls where one asks": (
        "{ a: author(order_by: {rating: asc_nulls_first, id: asc}) { id } "
        "b: author(order_by: {rating: desc_nulls_last, id: asc}) { id } }", {},
        {"a": [{"id": 3}, {"id": 2}, {"id": 4}, {"id": 1}], "b": [{"id": 1}, {"id": 2}, {"id": 4}, {"id": 3}]}),
    "the order of keys counts": (
        "{ articles(order_by: {score: desc_nulls_last, title: desc}) { title } }", {},
        {"articles": [{"title": t} for t in ("Engines", "Cats", "Zen", "Beer", "Notes")]}),
    "the order of keys counts inside a variable": (
        "query ($o: [article_order_by!]) { articles(order_by: $o) { title } }",
        {"o": {"title": "desc", "score": "asc"}},
        {"articles": [{"title": t} for t in ("Zen", "Notes", "Engines", "Cats", "Beer")]}),
    "one variable of type order_by": (
        "query ($d: order_by!) { author(order_by: {id: $d}) { id } }", {"d": "desc"},
        {"author": [{"id": 4}, {"id": 3}, {"id": 2}, {"id": 1}]}),
    "order_by null": ("{ author(order_by: null, where: {id: {_eq: 1}}) { id } }", {}, {"author": [{"id": 1}]}),
    "order by a related row": (
        "{ articles(order_by: {editor: {name: desc_nulls_last}, title: asc}) { title } }", {},
        {"articles": [{"title": t} for t in ("Engines", "Beer", "Cats", "Notes", "Zen")]}),
    "order by counts and aggregates of related rows": (
        "{ author(order_by: {articles_aggregate: {count: desc, max: {score: asc}}, id: asc}) { id } }", {},
        {"author": [{"id": 1}, {"id": 2}, {"id": 4}, {"id": 3}]}),
    "order by an aggregate of a related row's related rows": (
        "{ articles(order_by: {author: {articles_aggregate: {sum: {words: desc}}}, title: asc}) { title } }", {},
        {"articles": [{"title": t} for t in ("Engines", "Notes", "Beer", "Cats", "Zen")]}),
    "distinct_on takes the first of each": (
        "{ articles(distinct_on: author_id, order_by: {author_id: asc, title: desc}) { title } }", {},
        {"articles": [{"title": "Notes"}, {"title": "Cats"}, {"title": "Zen"}]}),
    "distinct_on without order_by": (
        "{ articles(distinct_on: [author_id]) { author_id } }", {},
        {"articles": [{"author_id": 1}, {"author_id": 2}, {"author_id": 4}]}),
    "distinct_on two columns, order in any order": (
        "{ articles(distinct_on: [author_id, words], order_by: [{words: asc}, {author_id: asc}, {title: asc}])"
        " { title author { name } } }", {}, {
            "articles": [{"title": "Zen", "author": {"name": "dee_100%"}}, {"title": "Notes", "author": {"name": "Ada"}},
                         {"title": "Cats", "author": {"name": "Bob"}}, {"title": "Engines", "author": {"name": "Ada"}},
                         {"title": "Beer", "author": {"name": "Bob"}}]}),
    "distinct_on null": ("{ author(distinct_on: null, where: {id: {_eq: 1}}) { id } }", {}, {"author": [{"id": 1}]}),
    "distinct_on by variable, with limit": (
        "query ($c: [article_select_column!]) { articles(distinct_on: $c, order_by: {author_id: desc}, limit: 1)"
        " { author_id } }", {"c": ["author_id"]}, {"articles": [{"author_id": 4}]}),
    "json path": (
        f'{{ article(id: "{A1}") {{ k: meta(path: "kind") d: meta(path: "$.deep.x[1]") n: meta(path: "no.such")'
        ' a: meta(path: "$") } }', {},
        {"article": {"k": "essay", "d": 20, "n": None, "a": {"kind": "essay", "deep": {"x": [10, 20]}}}}),
    "json path of a json column, by variable": (
        "query ($p: String) { author_by_pk(id: 1) { notes(path: $p) } }", {"p": "a"}, {"author_by_pk": {"notes": 1}}),
    "json path by variable, null": (
        "query ($p: String) { author_by_pk(id: 1) { notes(path: $p) } }", {"p": None},
        {"author_by_pk": {"notes": {"a": 1}}}),
    "function returning rows": (
        "{ stats_articles_of(args: {author_ids: \"{1,2}\"}, where: {title: {_neq: \"Beer\"}}, order_by: {title: asc},"
        " limit: 2) { title author { name } } }", {},
        {"stats_articles_of": [{"title": "Cats", "author": {"name": "Bob"}},
                               {"title": "Engines", "author": {"name": "Ada"}}]}),
    "function with array as list, optional argument, by variable": (
        "query ($ids: _int4, $v: bigint) { stats_articles_of(args: {author_ids: $ids, least_views: $v},"
        " order_by: {title: asc}) { title } }", {"ids": [1, 2], "v": 7},
        {"stats_articles_of": [{"title": "Cats"}, {"title": "Engines"}, {"title": "Notes"}]}),
    "function with all arguments in one variable": (
        "query ($a: stats_articles_of_args!) { stats_articles_of(args: $a) { title } }",
        {"a": {"author_ids": "{4}"}}, {"stats_articles_of": [{"title": "Zen"}]}),
    "function returning one row": ("{ first_author { name articles_aggregate { aggregate { count } } } }", {},
                                   {"first_author": {"name": "Ada", "articles_aggregate": {"aggregate": {"count": 2}}}}),
    "function's aggregate": (
        '{ stats_articles_of_aggregate(args: {author_ids: "{1,4}"}) { aggregate { count } nodes { id } } }', {}, {
            "stats_articles_of_aggregate": {"aggregate": {"count": 3}, "nodes": [{"id": A1}, {"id": A2}, {"id": A5}]}}),
    "fragments, inline fragments, merging": (
        "query Q { author(where: {id: {_eq: 1}}) { ...A ... on author { articles(order_by: {title: asc}) { id } }"
        " ... { articles(order_by: {title: asc}) { title } } ... on article { nonsense } } }"
        " fragment A on author { name ...B } fragment B on author { active }", {}, {
            "author": [{"name": "Ada", "active": True,
                        "articles": [{"id": A1, "title": "Engines"}, {"id": A2, "title": "Notes"}]}]}),
    "include and skip": (
        "query ($y: Boolean!, $n: Boolean = false) { author(where: {id: {_eq: 1}}) { id name @include(if: $y)"
        " active @skip(if: $y) rating @include(if: $n) ... @skip(if: $n) { born } a: id @skip(if: true)"
        " b: id @include(if: true) } }", {"y": True},
        {"author": [{"id": 1, "name": "Ada", "born": "1815-12-10", "b": 1}]}),
    "include and skip the other way": (
        "query ($y: Boolean!, $n: Boolean = false) { author(where: {id: {_eq: 1}}) { id name @include(if: $y)"
        " active @skip(if: $y) } }", {"y": False}, {"author": [{"id": 1, "active": True}]}),
    "several roots": ("{ author(where: {id: {_eq: 1}}) { id } label(order_by: {name: asc}) { name } }", {},
                      {"author": [{"id": 1}], "label": [{"name": "fun"}, {"name": "math"}, {"name": "none"}]}),
    "a response key longer than an identifier": (
        "{ author(where: {id: {_eq: 1}}) { " + "k" * 80 + ": name id } author_by_pk(id: 1) { " + "k" * 80
        + ": name } author_aggregate(where: {id: {_eq: 1}}) { nodes { " + "k" * 80 + ": name } } }", {},
        {"author": [{"k" * 80: "Ada", "id": 1}], "author_by_pk": {"k" * 80: "Ada"},
         "author_aggregate": {"nodes": [{"k" * 80: "Ada"}]}}),
    "a response key with a meaning elsewhere": (
        '{ author(where: {id: {_eq: 1}}) { t0: id select: name the_row: active row: id } }', {},
        {"author": [{"t0": 1, "select": "Ada", "the_row": True, "row": 1}]}),
    "block string and escapes": (
        '{ a: author(where: {name: {_eq: """\n  Ada\n"""}}) { id } b: author(where: {nickname: {_eq:'
        ' "D\'ee \\"q\\" \\\\ \\u0078"}}) { id } }', {}, {"a": [{"id": 1}], "b": [{"id": 4}]}),
    "comments are no text": ('{ # { "x" 1\n author(limit: 1, order_by: {id: asc}) { id } }', {}, {"author": [{"id": 1}]}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_select(ask, case):
    query, variables, expected = CASES[case]
    assert await ask(query, variables) == expected


async def test_keys_come_in_the_order_of_the_document(ask):
    data = await ask("{ b: label { name } a: __typename author(limit: 1) { name id active } }")
    assert list(data) == ["b", "a", "author"]
    assert list(data["author"][0]) == ["name", "id", "active"]


async def test_operation_is_picked_by_name(ask):
    document = "query A { label { name } } query B { author_by_pk(id: 1) { id } }"
    assert await ask(document, None, "B") == {"author_by_pk": {"id": 1}}


async def test_session_argument_of_a_function(ask):
    query = "{ my_articles(order_by: {title: asc}) { title } }"
    assert await ask(query, variables=None) == {"my_articles": []}
    two = await ask(query, role="admin")
    assert two == {"my_articles": []}


async def test_session_variables_reach_the_function(strict_engine):
    from lictor.engine import Session

    query = "{ my_articles(order_by: {title: asc}) { title } }"
    session = Session("admin", {"x-hasura-user-id": "2"})
    assert await strict_engine.execute(query, None, None, session) == (
        b'{"data":{"my_articles":[{"title":"Beer"}, \n {"title":"Cats"}]}}'
    )


async def test_more_columns_than_a_json_function_takes(ask):
    keys = [f"key_{i:03}" for i in range(130)]
    fields = " ".join(f"{key}: count" for key in keys)
    data = await ask(f"{{ author_aggregate {{ aggregate {{ {fields} }} }} }}")
    assert data["author_aggregate"]["aggregate"] == dict.fromkeys(keys, 4)


async def test_numbers_as_strings_on_demand(library_pool):
    from lictor.engine import Engine, EngineOptions
    from tests.engine.conftest import METADATA, asker

    engine = await Engine.start(library_pool, METADATA, options=EngineOptions(stringify_numeric_types=True))
    data = await asker(engine)(
        f'{{ article(id: "{A1}") {{ views score words }} author_aggregate {{ aggregate {{ max {{ rating id }} }} }} }}'
    )
    assert data == {
        "article": {"views": "9007199254740993", "score": "4.5", "words": 100},
        "author_aggregate": {"aggregate": {"max": {"rating": "9.50", "id": 4}}},
    }
