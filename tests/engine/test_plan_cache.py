"""The plan cache: who shares a plan, who must not, and that it stays bounded."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from lictor.engine import Engine, EngineOptions, GraphQLFailure, Session
from tests.engine.conftest import METADATA, asker
from tests.engine.own_database import document, serving, table, to_one


def statement_of(engine: Engine, query: str, variables=None):
    prepared = engine.prepare(query)
    return prepared.document.compiled(prepared.document.variables(variables)).statement


SHARED = [
    ('{ author(where: {name: {_eq: "Ada"}}) { id } }', '{ author(where: {name: {_eq: "x\\"y"}}) { id } }'),
    ("{ author(limit: 1) { id } }", "{ author(limit: 2) { id } }"),
    ("{ author_by_pk(id: 1) { id } }", "{ author_by_pk(id: 2) { id } }"),
    (
        '{ articles(where: {id: {_in: ["a"]}}) { id } }',
        '{ articles(where: {id: {_in: ["a", "b", "c"]}}) { id } }',
    ),
]
APART = [
    ('{ author(where: {name: {_eq: "1"}}) { id } }', "{ author(where: {name: {_eq: 1}}) { id } }"),
    ("{ author(where: {active: {_eq: true}}) { id } }", "{ author(where: {active: {_eq: false}}) { id } }"),
    ("{ author(limit: 1) { id } }", "{ author(limit: null) { id } }"),
    ("{ author(order_by: {id: asc}) { id } }", "{ author(order_by: {id: desc}) { id } }"),
    ("{ author { id @include(if: true) name } }", "{ author { id @include(if: false) name } }"),
]


@pytest.mark.parametrize(("one", "other"), SHARED)
def test_documents_that_differ_in_literals_share_a_plan(strict_engine, one, other):
    assert strict_engine.prepare(one).document is strict_engine.prepare(other).document


@pytest.mark.parametrize(("one", "other"), APART)
async def test_documents_of_another_shape_do_not(strict_engine, one, other):
    first, _ = strict_engine.state.documents.find(one, None, strict_engine.state.schema.admin)
    second, _ = strict_engine.state.documents.find(other, None, strict_engine.state.schema.admin)
    assert first is not second


async def test_shared_plans_answer_each_its_own(ask):
    for number in (1, 2, 3, 1):
        data = await ask(f'{{ a: author_by_pk(id: {number}) {{ id }} b: author(where: {{id: {{_in: [{number}, 4]}}}},'
                         f" order_by: {{id: asc}}, limit: {number}) {{ id }} }}")  # fmt: skip
        assert data["a"] == {"id": number}
        assert [row["id"] for row in data["b"]] == [number, 4][:number]
    for names, ids in ((["Ada"], [1]), (["Ada", "Bob"], [1, 2]), (["x"], []), ([""], [])):
        listed = orjson.dumps(names).decode()
        data = await ask(f"{{ author(where: {{name: {{_in: {listed}}}}}, order_by: {{id: asc}}) {{ id }} }}")
        assert [row["id"] for row in data["author"]] == ids


async def test_the_same_requests_at_the_same_time(strict_engine):
    async def one(number: int) -> None:
        body = await strict_engine.execute(
            f"{{ author_by_pk(id: {number % 4 + 1}) {{ id }} }}", None, None, Session()
        )
        assert orjson.loads(body) == {"data": {"author_by_pk": {"id": number % 4 + 1}}}

    await asyncio.gather(*(one(n) for n in range(200)))


SHAPES = [
    ({"w": {"id": {"_eq": 1}}}, {"w": {"id": {"_eq": 2}}}, True),
    ({"w": {"id": {"_in": [1]}}}, {"w": {"id": {"_in": [2, 3, 4]}}}, True),
    ({"w": {"name": {"_eq": "a"}}}, {"w": {"name": {"_eq": "b"}}}, True),
    ({"w": {"id": {"_eq": 1}}}, {"w": {"id": {"_gt": 1}}}, False),
    ({"w": {"active": {"_eq": True}}}, {"w": {"active": {"_eq": False}}}, False),
    ({"w": None}, {"w": {}}, False),
    ({}, {"w": None}, False),
    ({"o": {"id": "asc"}}, {"o": {"id": "desc"}}, False),
    ({"o": {"id": "asc", "name": "asc"}}, {"o": {"name": "asc", "id": "asc"}}, False),
    ({"n": 1}, {"n": 2}, True),
    ({"n": 1}, {"n": None}, False),
    ({"b": True}, {"b": False}, False),
]


@pytest.mark.parametrize(("one", "other", "same"), SHAPES)
def test_shapes_of_variables(strict_engine, one, other, same):
    query = (
        "query ($w: author_bool_exp, $o: [author_order_by!], $n: Int, $b: Boolean = true) "
        "{ author(where: $w, order_by: $o, limit: $n) { id name @include(if: $b) } }"
    )
    assert (statement_of(strict_engine, query, one) is statement_of(strict_engine, query, other)) == same


@pytest.mark.parametrize("dollar", ["$", "$ ", "$,#\n"])
async def test_placeholders_are_no_variables_of_a_client(library_pool, dollar):
    """The names that literals are lifted to mean nothing in a request, cached or not."""
    engine = await Engine.start(library_pool, METADATA)
    ask = asker(engine)
    undeclared = f"{{ author(where: {{name: {{_eq: {dollar}__s0}}}}) {{ id }} }}"
    declared = (
        f"query ({dollar}__s0: String) {{ author(where: {{name: {{_eq: {dollar}__s0}}, "
        'created_at: {_neq: "1999-01-01"}}) { id } }'
    )
    for _ in range(2):
        with pytest.raises(GraphQLFailure, match='unbound variable "__s0"'):
            await ask(undeclared)
        with pytest.raises(GraphQLFailure, match='unbound variable "__s7"'):
            await ask(f'{{ author(where: {{name: {{_eq: "x", _neq: {dollar}__s7}}}}) {{ id }} }}')
        assert await ask('{ author(where: {name: {_eq: "Ada"}}) { id } }') == {"author": [{"id": 1}]}
        assert await ask(declared, {"__s0": "Bob"}) == {"author": [{"id": 2}]}


async def test_memory_is_bounded(library_pool):
    engine = await Engine.start(library_pool, METADATA, options=EngineOptions(max_plans=20, max_variants=3))
    ask = asker(engine)
    for i in range(60):
        assert await ask(f"{{ k{i}: author_by_pk(id: 1) {{ id }} }}") == {f"k{i}": {"id": 1}}
    documents = engine.state.documents
    assert len(documents) == 20
    assert len(documents._by_text) == 20
    query = "query ($w: author_bool_exp) { author(where: $w) { id } }"
    for i in range(10):
        await ask(query, {"w": {"_and": [{}] * i}})
    document, _ = documents.find(query, None, engine.state.schema.admin)
    assert len(document._variants) == 3


async def test_caches_over_thousands_of_distinct_queries(library_pool):
    """Other aliases, literals, operation names and shapes; every cache keeps to its bounds, in entries and in text."""
    options = EngineOptions(max_plans=300, max_variants=20, max_cached_text=10_000)
    engine = await Engine.start(library_pool, METADATA, options=options)
    documents, admin = engine.state.documents, engine.state.schema.admin
    query = "query ($w: author_bool_exp, $n: Int = 5) { author(where: $w, limit: $n) { id } }"
    for i in range(1500):
        engine.prepare(f"query Q{i} {{ a: author_by_pk(id: 1) {{ id x{i}: name }} }}")
        engine.prepare(f"{{ author_by_pk(id: {i}) {{ id }} }}")
        engine.prepare(f"query ($n: Int = {i}) {{ author(limit: $n) {{ id }} }}")
        document, _ = documents.find(query, None, admin)
        document.compiled({"w": {"_and": [{"id": {"_eq": 1}}] * (i % 50)}})
    assert len(documents._by_text) == 300
    for cache in (documents._by_key, documents._unliftable):
        assert len(cache) <= 300
        assert cache.weight <= 10_000
    assert len(documents) > 50
    assert len(document._variants) == 20


async def test_documents_too_long_to_be_kept_are_answered(library_pool):
    engine = await Engine.start(library_pool, METADATA, options=EngineOptions(max_cached_text=100))
    query = "{ author_by_pk(id: 1) { id " + " ".join(f"a{i}: name" for i in range(30)) + " } }"
    for _ in range(2):
        assert (await asker(engine)(query))["author_by_pk"]["a29"] == "Ada"
    assert len(engine.state.documents) == 0


async def test_prepared_statements_do_not_outlive_the_types_of_rows(postgres):
    """Postgres does not plan anew what knows a table as a type only: functions, and related rows of mutations."""
    sql = """
    CREATE TABLE room (id serial PRIMARY KEY, size integer);
    CREATE TABLE desk (id serial PRIMARY KEY, room_id integer REFERENCES room (id), width integer);
    INSERT INTO room (size) VALUES (1);
    CREATE FUNCTION desks() RETURNS SETOF desk LANGUAGE plpgsql STABLE AS 'BEGIN RETURN QUERY SELECT * FROM desk; END';
    """
    metadata = document(
        [table("room"), table("desk", object_relationships=[to_one("room", "room_id")])],
        [{"function": "desks"}],
    )
    insert = "mutation ($d: [desk_insert_input!]!) { insert_desk(objects: $d) { returning { width room { size } } } }"
    async with serving(postgres, "engine_row_types", sql, metadata) as served:
        for kind in ("integer", "bigint", "smallint"):
            await served.pool.execute(f"ALTER TABLE desk ALTER COLUMN width TYPE {kind}")
            await served.engine.reload()
            for _ in range(3):
                answer = await served.ask(insert, {"d": [{"width": 7, "room_id": 1}]})
                assert answer == {"insert_desk": {"returning": [{"width": 7, "room": {"size": 1}}]}}
                assert (await served.ask("{ desks(limit: 1) { width } }")) == {"desks": [{"width": 7}]}


async def test_reload_sees_a_changed_database(postgres):
    import asyncpg

    from tests.engine.conftest import HERE

    postgres.create_database("engine_reload")
    async with asyncpg.create_pool(postgres.dsn("engine_reload"), min_size=1, max_size=2) as pool:
        await pool.execute((HERE / "library.sql").read_text())
        engine = await Engine.start(pool, METADATA)
        ask = asker(engine)
        prepared = engine.prepare("{ author_by_pk(id: 1) { name } }")
        await pool.execute("ALTER TABLE author ADD COLUMN shoe_size integer DEFAULT 42")
        await engine.reload()
        assert await ask("{ author_by_pk(id: 1) { shoe_size } }") == {"author_by_pk": {"shoe_size": 42}}
        body = await engine.run(prepared, None, Session())
        assert orjson.loads(body) == {"data": {"author_by_pk": {"name": "Ada"}}}
    postgres.drop_database("engine_reload")
