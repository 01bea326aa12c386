"""Live queries: who is told what and when, and what that costs in statements."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import asyncpg
import pytest

from lictor.engine import GraphQLFailure, Session
from tests.engine.live import Live, data, live_engine, metadata, soon, write_metadata

BY_PK = "subscription Room($id: Int!) { room_by_pk(id: $id) { name topic } }"
TOPICS = "subscription ($ids: [Int!]) { room(where: {id: {_in: $ids}}, order_by: {id: asc}) { id topic } }"


def owner(user: int) -> Session:
    return Session("owner", {"x-hasura-user-id": str(user)})


async def test_a_change_is_pushed_and_nothing_else(live: Live):
    async with live.subscribed(BY_PK, {"id": 1}) as room:
        assert await data(room) == {"name": "room 1", "topic": None}
        await live.change("UPDATE room SET topic = 'tea' WHERE id = 1")
        assert await data(room) == {"name": "room 1", "topic": "tea"}
        await live.change("UPDATE room SET topic = 'tea' WHERE id = 1")
        await live.change("UPDATE room SET topic = 'milk' WHERE id = 2")
        await live.polls.more(3)
        assert not room.holds_answer
        await live.change("DELETE FROM room WHERE id = 1")
        assert await data(room) is None


async def test_variables_lists_literals_and_names_of_operations_share_a_statement(live: Live):
    async with AsyncExitStack() as stack:
        subscribe = stack.enter_async_context
        a = await subscribe(live.subscribed(TOPICS, {"ids": [1, 2]}))
        b = await subscribe(live.subscribed(TOPICS, {"ids": []}))
        assert [row["id"] for row in await data(a)] == [1, 2]
        assert await data(b) == []
        rooms = [await subscribe(live.subscribed(BY_PK, {"id": i})) for i in (1, 2)]
        rooms.append(await subscribe(live.subscribed(BY_PK.replace("Room", "Other"), {"id": 3})))
        literal = "subscription { room_by_pk(id: 4) { name topic } }"
        rooms.append(await subscribe(live.subscribed(literal)))
        assert [(await data(room))["name"] for room in rooms] == [f"room {i}" for i in (1, 2, 3, 4)]
        live.polls.texts.clear()
        await live.polls.more(6)
        assert len(set(live.polls.texts)) == 2


STRANGE = [
    '"',
    "\\",
    "{}",
    ",",
    "NULL",
    "",
    " ",
    'a"b\\c,{d}',
    "ä\n\t",
    "'; DROP TABLE room; --",
    "$1",
    '\\"',
]


async def test_any_text_in_lists_and_scalars_arrives_as_it_is(live: Live):
    for number, text in enumerate(STRANGE, 1):
        await live.change("UPDATE room SET topic = $2 WHERE id = $1", number, text)
    listed = "subscription ($t: [String!]) { room(where: {topic: {_in: $t}}, order_by: {id: asc}) { topic } }"
    async with live.subscribed(listed, {"t": STRANGE}) as all_of_them:
        assert [row["topic"] for row in await data(all_of_them)] == STRANGE
    one = "subscription ($t: String!) { room(where: {topic: {_eq: $t}}) { topic } }"
    async with AsyncExitStack() as stack:
        each = [await stack.enter_async_context(live.subscribed(one, {"t": text})) for text in STRANGE]
        assert [await data(single) for single in each] == [[{"topic": text}] for text in STRANGE]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("subscription { room_aggregate(where: {id: {_lt: 4}}) { aggregate { count } } }", {"aggregate": {"count": 3}}),
        ("subscription { picky(args: {wanted: 7}) { name } }", [{"name": "room 7"}]),
        ("subscription { a: picky_aggregate(args: {wanted: 7}) { nodes { id } } }", {"nodes": [{"id": 7}]}),
        ("subscription { room(where: {id: {_eq: 5}}, limit: 1, offset: 0) { __typename messages(limit: 1) { id } } }",
         [{"__typename": "room", "messages": []}]),
        ("subscription ($l: Int = 2) { room(order_by: {id: desc}, limit: $l) { id } }", [{"id": 300}, {"id": 299}]),
    ],
)  # fmt: skip
async def test_every_kind_of_field(live: Live, query, expected):
    async with live.subscribed(query) as subscription:
        assert await data(subscription) == expected


async def test_the_session_decides_and_only_what_of_it_matters_parts_cohorts(live: Live):
    query = "subscription { room(where: {id: {_lt: 20}}, order_by: {id: asc}) { id } }"
    async with AsyncExitStack() as stack:
        three, four = [
            await stack.enter_async_context(live.subscribed(query, None, owner(user))) for user in (3, 4)
        ]
        same = Session("owner", {"x-hasura-user-id": "3", "x-hasura-other": "does not matter"})
        again = await stack.enter_async_context(live.subscribed(query, None, same))
        assert await data(three) == await data(again) == [{"id": 3}, {"id": 13}]
        assert await data(four) == [{"id": 4}, {"id": 14}]
        (group,) = live.engine.subscriptions._groups.values()
        assert {frozenset(arguments) for arguments in group.cohorts} == {
            frozenset({"20", "3"}), frozenset({"20", "4"}),
        }  # fmt: skip
        await live.change("UPDATE room SET owner = 3 WHERE id = 14")
        assert await data(three) == await data(again) == [{"id": 3}, {"id": 13}, {"id": 14}]
        assert await data(four) == [{"id": 4}]
    mine = "subscription { my_rooms(where: {id: {_lt: 10}}) { id } }"
    async with live.subscribed(mine, None, Session("admin", {"x-hasura-user-id": "5"})) as subscription:
        assert await data(subscription) == [{"id": 5}]


async def test_a_missing_session_variable_is_refused(live: Live):
    with pytest.raises(GraphQLFailure, match='missing session variable: "x-hasura-user-id"'):
        live.engine.subscribe("subscription { room { id } }", None, None, Session("owner"))


async def test_a_newcomer_of_a_cohort_is_answered_at_once(postgres, tmp_path):
    async with (
        live_engine(postgres, tmp_path, live_queries_refetch_interval=3600.0) as live,
        live.subscribed(BY_PK, {"id": 1}) as first,
    ):
        await data(first)
        await live.change("UPDATE room SET topic = 'new' WHERE id = 1")
        async with live.subscribed(BY_PK, {"id": 1}) as second:
            # it is asked anew, so both know
            assert (await data(second))["topic"] == (await data(first))["topic"] == "new"
        assert len(live.polls) == 2


async def test_statements_per_poll(postgres, tmp_path):
    async with (
        live_engine(
            postgres, tmp_path, live_queries_batch_size=30, live_queries_refetch_interval=0.3
        ) as live,
        AsyncExitStack() as stack,
    ):
        rooms = [
            await stack.enter_async_context(live.subscribed(BY_PK, {"id": i % 100 + 1})) for i in range(200)
        ]
        names = [(await data(room))["name"] for room in rooms]
        assert names == [f"room {i % 100 + 1}" for i in range(200)]
        assert len(live.polls) == 4  # 100 cohorts that came together, 30 in each statement
        await live.polls.more(8)
        assert len(live.polls) == 12
        await live.change("UPDATE room SET topic = 'x' WHERE id IN (1, 50)")
        told = [rooms[i] for i in (0, 49, 100, 149)]
        assert [(await data(room))["topic"] for room in told] == ["x"] * 4
        await live.polls.more(4)
        assert not any(room.holds_answer for room in rooms)


async def test_polling_ends_with_the_last_subscriber(live: Live):
    async with live.subscribed(BY_PK, {"id": 1}) as first, live.subscribed(BY_PK, {"id": 2}) as second:
        await data(first)
        await data(second)
        tasks = list(live.engine.subscriptions._tasks)
        assert len(tasks) == 1
    async with asyncio.timeout(10):
        await asyncio.wait(tasks)
    assert len(live.engine.subscriptions) == 0
    assert live.engine.subscriptions._groups == {}
    async with live.subscribed(BY_PK, {"id": 1}) as again:
        assert (await data(again))["name"] == "room 1"


async def test_a_slow_database_is_not_asked_twice_at_a_time(live: Live):
    async with live.subscribed(BY_PK, {"id": 1}) as room:
        await data(room)
        async with live.pool.acquire() as blocker, blocker.transaction():
            await blocker.execute("LOCK TABLE room IN ACCESS EXCLUSIVE MODE")
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            async with asyncio.timeout(10):
                while await blocker.fetchval(waiting) == 0:
                    pass
            for _ in range(50):
                assert await blocker.fetchval(waiting) == 1
            await blocker.execute("UPDATE room SET topic = 'late' WHERE id = 1")
        assert (await data(room))["topic"] == "late"


async def test_the_interval_lies_between_polls(postgres, tmp_path):
    async with live_engine(postgres, tmp_path, live_queries_refetch_interval=0.2) as live:
        start = asyncio.get_running_loop().time()
        async with live.subscribed(BY_PK, {"id": 1}):
            await live.polls.more(4)  # at once, and three that are waited for
            assert asyncio.get_running_loop().time() - start >= 0.6


NOBODY = ["a \0 b", "\ud800"]


@pytest.mark.parametrize("text", NOBODY, ids=["NUL", "half a character"])
async def test_what_is_no_text_is_refused_alone(live: Live, text):
    query = "subscription ($t: String!) { room(where: {topic: {_eq: $t}}) { id } }"
    async with live.subscribed(query, {"t": "fine"}) as fine:
        with pytest.raises(GraphQLFailure):
            async with live.subscribed(query, {"t": text}) as subscription:
                await soon(subscription)
        assert await data(fine) == []


async def test_only_the_newest_answer_waits_for_a_slow_subscriber(live: Live):
    async with live.subscribed(BY_PK, {"id": 1}) as slow, live.subscribed(BY_PK, {"id": 1}) as quick:
        await data(slow)
        await data(quick)
        for topic in ("a", "b", "c"):
            await live.change("UPDATE room SET topic = $1 WHERE id = 1", topic)
            assert (await data(quick))["topic"] == topic
        assert (await data(slow))["topic"] == "c"
        # there and back again is no news to who has not looked
        for topic in ("d", "c"):
            await live.change("UPDATE room SET topic = $1 WHERE id = 1", topic)
            assert (await data(quick))["topic"] == topic
        assert not slow.holds_answer


# --- errors -----------------------------------------------------------------------------------------------

PICKY = "subscription ($w: Int!) { picky(args: {wanted: $w}) { id topic } }"


async def test_a_value_that_postgres_refuses_ends_its_own_subscription_only(live: Live):
    async with AsyncExitStack() as stack:
        values = [1, -1, 2, 3, -2]
        each = [await stack.enter_async_context(live.subscribed(PICKY, {"w": value})) for value in values]
        for value, subscription in zip(values, each, strict=True):
            if value > 0:
                assert (await data(subscription))[0]["id"] == value
                continue
            with pytest.raises(GraphQLFailure, match="no negatives") as caught:
                await soon(subscription)
            assert caught.value.kind == "data"
            with pytest.raises(StopAsyncIteration):
                await anext(subscription)
        assert len(live.engine.subscriptions) == 3
        await live.change("UPDATE room SET topic = 'on' WHERE id = 2")
        assert (await data(each[2]))[0]["topic"] == "on"
    uuid = "subscription ($r: uuid!) { message(where: {ref: {_eq: $r}}) { id } }"
    async with live.subscribed(uuid, {"r": "not one"}) as subscription:
        with pytest.raises(GraphQLFailure, match="invalid input syntax for type uuid"):
            await soon(subscription)


async def test_an_error_that_comes_later_is_told_once_and_polling_goes_on(live: Live):
    async with live.subscribed(PICKY, {"w": 1}) as broken, live.subscribed(PICKY, {"w": 2}) as whole:
        await data(broken)
        await data(whole)
        await live.change("UPDATE room SET topic = 'broken' WHERE id = 1")
        assert (await soon(broken))["errors"] == [
            {"message": "it is broken", "extensions": {"path": "$", "code": "postgres-error"}}
        ]
        await live.change("UPDATE room SET topic = 'still' WHERE id = 2")
        assert (await data(whole))[0]["topic"] == "still"
        await live.polls.more(6)
        assert not broken.holds_answer
        assert not whole.holds_answer
        await live.change("UPDATE room SET topic = 'mended' WHERE id = 1")
        assert (await data(broken))[0]["topic"] == "mended"


async def test_many_broken_ones_are_not_asked_one_by_one_for_ever(postgres, tmp_path):
    async with (
        live_engine(postgres, tmp_path, live_queries_refetch_interval=0.3) as live,
        AsyncExitStack() as stack,
    ):
        rooms = [await stack.enter_async_context(live.subscribed(PICKY, {"w": i})) for i in range(1, 101)]
        for room in rooms:
            await data(room)
        await live.change("UPDATE room SET topic = 'broken'")
        before = len(live.polls)
        assert {(await soon(room))["errors"][0]["message"] for room in rooms} == {"it is broken"}
        assert len(live.polls) - before <= 2 + 64


async def test_a_lost_database_is_an_error_and_comes_back(live: Live):
    async with live.subscribed(BY_PK, {"id": 1}) as room:
        await data(room)
        await live.change("ALTER TABLE room RENAME TO rooms")
        answer = await soon(room)
        assert answer["errors"][0]["message"] == "database query error"
        await live.change("ALTER TABLE rooms RENAME TO room")
        assert (await data(room))["name"] == "room 1"
        other = await asyncpg.connect(live.dsn)
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await other.execute("UPDATE room SET topic = 'back' WHERE id = 1")
        await other.close()
        answer = await soon(room)
        while "errors" in answer:  # whether a poll was under way is a matter of luck
            answer = await soon(room)
        assert answer["data"]["room_by_pk"]["topic"] == "back"


# --- reload and end ---------------------------------------------------------------------------------------


async def test_reload_goes_on_or_ends_with_the_error(live: Live):
    nested = "subscription { room_by_pk(id: 1) { name messages { body } } }"
    async with live.subscribed(BY_PK, {"id": 1}) as kept, live.subscribed(nested) as lost:
        await data(kept)
        await data(lost)
        tables = metadata()
        del tables[0]["array_relationships"]
        write_metadata(live.directory, tables)
        await live.engine.reload()
        with pytest.raises(GraphQLFailure, match="field 'messages' not found in type: 'room'"):
            await soon(lost)
        await live.polls.more(3)
        assert not kept.holds_answer  # it says what it said before
        await live.change("UPDATE room SET topic = 'after' WHERE id = 1")
        assert (await data(kept))["topic"] == "after"
    assert len(live.engine.subscriptions) == 0


async def test_reload_applies_new_permissions(live: Live):
    query = "subscription { room(where: {id: {_lt: 20}}, order_by: {id: asc}) { id } }"
    async with live.subscribed(query, None, owner(3)) as rooms:
        assert await data(rooms) == [{"id": 3}, {"id": 13}]
        tables = metadata()
        tables[0]["select_permissions"][0]["permission"]["filter"] = {"id": {"_eq": "X-Hasura-User-Id"}}
        write_metadata(live.directory, tables)
        await live.engine.reload()
        assert await data(rooms) == [{"id": 3}]
        tables[0]["select_permissions"][0]["permission"]["filter"] = {"id": {"_eq": "X-Hasura-Other"}}
        write_metadata(live.directory, tables)
        await live.engine.reload()
        with pytest.raises(GraphQLFailure, match="x-hasura-other"):
            await soon(rooms)


async def test_closing_the_engine_ends_the_iteration(live: Live):
    subscription = live.engine.subscribe(BY_PK, {"id": 1}, None, Session())
    await data(subscription)
    waiting = asyncio.ensure_future(anext(subscription))
    await asyncio.sleep(0)
    await live.engine.close()
    with pytest.raises(StopAsyncIteration):
        await waiting
    with pytest.raises(GraphQLFailure, match="closed"):
        live.engine.subscribe(BY_PK, {"id": 1}, None, Session())
