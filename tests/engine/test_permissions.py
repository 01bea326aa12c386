"""What roles may read: columns, rows, limits, aggregates, root fields; inherited roles; session variables."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
import yaml

from lictor.engine import Engine, GraphQLFailure, Session
from lictor.engine.metadata import read_document
from tests.engine.conftest import METADATA

A1, A2, A3, A4, A5 = (f"00000000-0000-0000-0000-00000000000{i}" for i in range(1, 6))
MINE = {"author_id": {"_eq": "X-Hasura-User-Id"}}

SELECT: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "author": [
        ("reader", {"columns": ["id", "name", "created"], "filter": {"active": True}}),
        ("writer", {"columns": "*", "filter": {"id": {"_eq": "X-Hasura-User-Id"}}, "allow_aggregations": True}),
        ("team", {"columns": ["id", "name"], "filter": {"id": {"_in": "X-Hasura-Team"}}, "limit": 2}),
        ("mixed", {"columns": ["id", "rating"], "filter": {"id": {"$in": [1, "X-Hasura-User-Id"]}}}),
        ("namesakes", {"columns": ["id"], "filter": {"articles": {"title": {"_ceq": ["$", "name"]}}}}),
        ("fans", {"columns": ["id"], "filter": {"_exists": {
            "_table": "article", "_where": {"author_id": {"_ceq": ["$", "id"]}, "score": {"_gt": 4}}}}}),
        ("nobody", {"columns": ["name"], "filter": {"_not": {}}}),
        ("noby", {"columns": ["name"], "filter": {"_or": [{"profile": {"_has_key": "age"}},
                                                          {"profile": {"_cast": {"String": {"_like": "[1%"}}}}]}}),
    ],
    "article": [
        ("reader", {"columns": ["id", "title", "author_id", "score"], "filter": {"published_at": {"_is_null": False}},
                    "limit": 3, "allow_aggregations": True}),
        ("writer", {"columns": ["id", "title", "author_id", "editor_id", "words"], "filter": MINE,
                    "allow_aggregations": True, "query_root_fields": ["select"]}),
        ("editor", {"columns": ["id", "title", "editor_id", "views"], "filter": {"editor_id": {"_eq": "X-Hasura-User-Id"}},
                    "query_root_fields": []}),
        ("fans", {"columns": ["title"], "filter": {"author": {"name": {"_eq": "Ada"}}}}),
        ("equal", {"columns": ["title"], "filter": {"author_id": {"_clte": "editor_id"}}}),
    ],
}  # fmt: skip
INHERITED = [
    {"role_name": "staff", "role_set": ["writer", "editor", "reader"]},
    {"role_name": "boss", "role_set": ["staff", "team"]},
    {"role_name": "few", "role_set": ["fans", "nobody"]},
    {"role_name": "loop", "role_set": ["pool"]},
    {"role_name": "pool", "role_set": ["loop"]},
]
BROKEN = [
    ("a", {"columns": ["nope"], "filter": {}}, 'column "nope" does not exist'),
    ("b", {"columns": ["id"], "filter": {"nope": 1}}, '"nope" is neither a column nor a relationship'),
    ("c", {"columns": ["id"], "filter": {"id": {"_like": "x"}}}, "no operator _like for the type Int"),
    ("d", {"columns": ["id"]}, "'filter' is missing"),
    ("e", {"columns": ["id"], "filter": {"_exists": {"_table": "nope", "_where": {}}}}, "table nope is not tracked"),
    ("f", {"columns": ["id"], "filter": {"id": {"_eq": None}}}, "cannot compare with null"),
    ("g", {"columns": ["id"], "filter": {}, "limit": -1}, "limit"),
    ("h", {"columns": ["id"], "filter": {"id": {"_ceq": "nope"}}}, "no column 'nope'"),
    ("i", {"columns": ["id"], "filter": {"id": {"_in": 3}}}, "a list or a session variable is expected"),
]  # fmt: skip


def with_permissions(target: Path, permissions: dict[str, Any], inherited: list[Any]) -> Path:
    """The library's metadata with more select permissions, as a directory."""
    shutil.copytree(METADATA, target)
    tables = target / "databases/library/tables"
    entries = read_document(tables / "tables.yaml")
    for entry in entries:
        table = entry["table"]["name"]
        for role, permission in permissions.get(table, ()):
            entry.setdefault("select_permissions", []).append({"role": role, "permission": permission})
    for old in tables.iterdir():
        old.unlink()
    (tables / "tables.yaml").write_text(yaml.safe_dump(entries))
    (target / "inherited_roles.yaml").write_text(yaml.safe_dump(inherited))
    return target


@pytest.fixture(scope="module")
async def engine(library_pool: asyncpg.Pool, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    target = tmp_path_factory.mktemp("permissions") / "metadata"
    return await Engine.start(library_pool, with_permissions(target, SELECT, INHERITED))


async def ask_as(engine: Engine, role: str, query: str, **session: str) -> Any:
    given = {f"x-hasura-{name.replace('_', '-')}": value for name, value in session.items()}
    document = orjson.loads(await engine.execute(query, None, None, Session(role, given)))
    assert set(document) == {"data"}
    return document["data"]


ANSWERS: dict[str, tuple[str, dict[str, str], str, Any]] = {
    "a row filter with a constant": ("reader", {}, "{ author(order_by: {id: asc}) { name } }",
        {"author": [{"name": "Ada"}, {"name": "Bob"}, {"name": "dee_100%"}]}),
    "a row filter counts beside where": ("reader", {}, '{ author(where: {_or: [{name: {_eq: "Cyd"}}, {id: {_eq: 1}}]}) { id } }',
        {"author": [{"id": 1}]}),
    "by_pk of a hidden row is null": ("reader", {}, "{ author_by_pk(id: 3) { name } }", {"author_by_pk": None}),
    "a renamed column": ("reader", {}, "{ author_by_pk(id: 1) { created_at } }",
        {"author_by_pk": {"created_at": "2026-01-01T10:00:00+00:00"}}),
    "a session variable": ("writer", {"user_id": "2"}, "{ author { id rating } }", {"author": [{"id": 2, "rating": 3.25}]}),
    "related rows are filtered": ("reader", {}, "{ author_by_pk(id: 1) { articles { title } } }",
        {"author_by_pk": {"articles": [{"title": "Engines"}]}}),
    "a related row is filtered": ("writer", {"user_id": "1"},
        "{ articles(order_by: {title: asc}) { title editor { id } author { id } } }",
        {"articles": [{"title": "Engines", "editor": None, "author": {"id": 1}},
                      {"title": "Notes", "editor": None, "author": {"id": 1}}]}),
    "where through a relationship sees only the role's rows": ("reader", {},
        '{ author(where: {articles: {title: {_in: ["Notes", "Beer"]}}}) { id } }', {"author": [{"id": 2}]}),
    "not through a relationship sees only the role's rows": ("reader", {},
        "{ author(where: {_not: {articles: {}}}) { id } }", {"author": []}),
    "order through a relationship sees only the role's rows": ("reader", {},
        "{ author(order_by: [{articles_aggregate: {count: desc}}, {id: asc}]) { id articles_aggregate { aggregate { count } } } }",
        {"author": [{"id": 2, "articles_aggregate": {"aggregate": {"count": 2}}},
                    {"id": 1, "articles_aggregate": {"aggregate": {"count": 1}}},
                    {"id": 4, "articles_aggregate": {"aggregate": {"count": 1}}}]}),
    "a limit bounds rows": ("reader", {}, "{ articles(order_by: {title: asc}) { title } }",
        {"articles": [{"title": "Beer"}, {"title": "Cats"}, {"title": "Engines"}]}),
    "the lesser limit wins": ("reader", {}, "{ articles(order_by: {title: asc}, limit: 2) { title } b: articles(order_by: {title: asc}, limit: 9, offset: 2) { title } }",
        {"articles": [{"title": "Beer"}, {"title": "Cats"}], "b": [{"title": "Engines"}, {"title": "Zen"}]}),
    "a limit does not bound aggregates but nodes": ("reader", {},
        "{ articles_aggregate(order_by: {title: desc}) { aggregate { count max { title } } nodes { title } } }",
        {"articles_aggregate": {"aggregate": {"count": 4, "max": {"title": "Zen"}},
                                "nodes": [{"title": "Zen"}, {"title": "Engines"}, {"title": "Cats"}]}}),
    "an array in a session variable": ("team", {"team": "{1,2,3}"}, "{ author(order_by: {id: desc}) { id } }",
        {"author": [{"id": 3}, {"id": 2}]}),
    "constants and session variables in a list": ("mixed", {"user_id": "4"}, "{ author(order_by: {id: asc}) { id rating } }",
        {"author": [{"id": 1, "rating": 9.5}, {"id": 4, "rating": 3.25}]}),
    "a column of the root row": ("namesakes", {}, "{ author { id } }", {"author": []}),
    "exists in a table, tied to the root row": ("fans", {}, "{ author(order_by: {id: asc}) { id } }",
        {"author": [{"id": 1}, {"id": 2}]}),
    "a filter through a relationship the role does not see": ("fans", {}, "{ articles(order_by: {title: asc}) { title } }",
        {"articles": [{"title": "Engines"}, {"title": "Notes"}]}),
    "distinct values that are seen in some rows only": ("few", {},
        "{ author(distinct_on: [id], order_by: [{id: desc}]) { id name } a: author(distinct_on: [id]) { id } }",
        {"author": [{"id": 2, "name": None}, {"id": 1, "name": None}], "a": [{"id": 1}, {"id": 2}]}),
    "two columns of a row": ("equal", {}, "{ articles { title } }", {"articles": [{"title": "Engines"}]}),
    "a filter that nothing fulfils": ("nobody", {}, "{ author { name } }", {"author": []}),
    "json operators and casts": ("noby", {}, "{ author(order_by: {name: asc}) { name } }",
        {"author": [{"name": "Bob"}, {"name": "dee_100%"}]}),
    "an inherited role sees the rows of all its roles": ("staff", {"user_id": "1"},
        "{ articles(order_by: {id: asc}) { title } }",
        {"articles": [{"title": t} for t in ("Engines", "Notes", "Beer", "Cats", "Zen")]}),
    "a column is null where the role that shows it does not show the row": ("staff", {"user_id": "1"},
        "{ articles(order_by: {id: asc}) { words views score } }",
        {"articles": [{"words": 100, "views": None, "score": 4.5}, {"words": 20, "views": None, "score": None},
                      {"words": None, "views": 5, "score": 1.25}, {"words": None, "views": 7, "score": 4.5},
                      {"words": None, "views": None, "score": 2}]}),
    "a hidden value is not found by a filter": ("staff", {"user_id": "1"},
        "{ articles(where: {words: {_lte: 20}}, order_by: {words: asc}) { title } }", {"articles": [{"title": "Notes"}]}),
    "nor counted": ("staff", {"user_id": "1"}, "{ articles_aggregate { aggregate { count sum { words } c: count(columns: views) } } }",
        {"articles_aggregate": {"aggregate": {"count": 5, "sum": {"words": 120}, "c": 2}}}),
    "a role that inherits from an inherited one": ("boss", {"user_id": "3", "team": "{4}"},
        "{ author(order_by: {id: asc}) { id name rating } }",
        {"author": [{"id": 1, "name": "Ada", "rating": None}, {"id": 2, "name": "Bob", "rating": None},
                    {"id": 3, "name": "Cyd", "rating": None}, {"id": 4, "name": "dee_100%", "rating": None}]}),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(engine: Engine, name: str) -> None:
    role, session, query, expected = ANSWERS[name]
    assert await ask_as(engine, role, query, **session) == expected


HIDDEN = {
    "a column": ("reader", "{ author { rating } }", "field 'rating' not found in type: 'author'"),
    "a column in where": ("reader", "{ author(where: {rating: {_gt: 1}}) { id } }",
                          "field 'rating' not found in type: 'author_bool_exp'"),
    "a column in order_by": ("reader", "{ author(order_by: {rating: asc}) { id } }",
                             "field 'rating' not found in type: 'author_order_by'"),
    "aggregates": ("reader", "{ author_aggregate { aggregate { count } } }",
                   "field 'author_aggregate' not found in type: 'query_root'"),
    "a table": ("reader", "{ label { name } }", "field 'label' not found in type: 'query_root'"),
    "a relationship to a hidden table": ("reader", "{ articles { article_tags { weight } } }",
                                         "field 'article_tags' not found in type: 'article'"),
    "a root field that is not listed": ("writer", '{ article(id: "x") { id } }',
                                        "field 'article' not found in type: 'query_root'"),
    "all root fields": ("editor", "{ articles { id } }", "field 'articles' not found in type: 'query_root'"),
    "by_pk without the key": ("noby", "{ author_by_pk(id: 1) { name } }",
                              "field 'author_by_pk' not found in type: 'query_root'"),
    "everything from an unknown role": ("stranger", "{ author { id } }", "field 'author' not found in type: 'query_root'"),
    "the members of a cycle": ("loop", "{ author { id } }", "field 'author' not found in type: 'query_root'"),
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
async def test_what_is_hidden_does_not_exist(engine: Engine, name: str) -> None:
    role, query, message = HIDDEN[name]
    with pytest.raises(GraphQLFailure) as caught:
        await ask_as(engine, role, query, user_id="1")
    assert str(caught.value) == message


async def test_a_missing_session_variable_is_named(engine: Engine) -> None:
    with pytest.raises(GraphQLFailure) as caught:
        await ask_as(engine, "writer", "{ author { id } }")
    assert caught.value.errors == [
        {
            "message": 'missing session variable: "x-hasura-user-id"',
            "extensions": {"path": "$", "code": "not-found"},
        }
    ]


async def test_a_session_variable_is_only_ever_a_value(engine: Engine) -> None:
    with pytest.raises(GraphQLFailure) as caught:
        await ask_as(engine, "writer", "{ author { id } }", user_id="1; DROP TABLE author")
    assert caught.value.errors[0]["extensions"]["code"] == "data-exception"
    assert await ask_as(engine, "team", "{ author { id } }", team="{}") == {"author": []}


async def test_the_role_itself_is_a_session_variable(library_pool, tmp_path) -> None:
    permission = {"columns": ["id"], "filter": {"name": "X-Hasura-Role"}}
    metadata = with_permissions(tmp_path / "m", {"author": [("Ada", permission)]}, [])
    engine = await Engine.start(library_pool, metadata)
    assert await ask_as(engine, "Ada", "{ author { id } }") == {"author": [{"id": 1}]}


async def test_inherited_limits_and_aggregations(engine: Engine) -> None:
    schema = engine.graphql_schema("staff")
    fields = schema.query_type.fields  # pyright: ignore[reportOptionalMemberAccess]
    assert {"author", "author_by_pk", "author_aggregate", "articles", "article", "articles_aggregate"} <= set(
        fields
    )


async def test_what_does_not_fit_is_reported_and_the_rest_serves(library_pool, tmp_path) -> None:
    permissions = {"author": [(role, permission) for role, permission, _ in BROKEN] + SELECT["author"][:1]}
    engine = await Engine.start(library_pool, with_permissions(tmp_path / "m", permissions, []))
    for role, _, reason in BROKEN:
        named = [str(text) for text in engine.inconsistencies if f'for role "{role}"' in str(text)]
        assert len(named) == 1
        assert reason in named[0]
    assert await ask_as(engine, "reader", "{ author_by_pk(id: 1) { name } }") == {
        "author_by_pk": {"name": "Ada"}
    }
