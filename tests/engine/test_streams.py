"""Streams: batches beyond a cursor, in its order, each row once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from lictor.engine import GraphQLFailure, Session
from tests.engine.live import Live, data, live_engine, metadata, soon, write_metadata

NEWS = """subscription News($cursor: [message_stream_cursor_input]!, $size: Int! = 2) {
    news(batch_size: $size, cursor: $cursor) { id body }
}"""


def beyond(value, ordering="ASC", column="id"):
    return {"cursor": [{"initial_value": {column: value}, "ordering": ordering}]}


async def write(live: Live, *ids: int, room: int = 1) -> None:
    await live.pool.executemany(
        "INSERT INTO message (id, room_id, body) VALUES ($1, $2, $3)", [(i, room, f"m{i}") for i in ids]
    )


def ids(rows) -> list[int]:
    return [row["id"] for row in rows]


async def test_batches_follow_the_cursor_and_new_rows_follow_them(live: Live):
    await write(live, 1, 2, 3)
    async with live.subscribed(NEWS, beyond(0)) as news:
        assert await soon(news) == {"data": {"news": [{"id": 1, "body": "m1"}, {"id": 2, "body": "m2"}]}}
        assert ids(await data(news)) == [3]
        await live.polls.more(3)
        assert not news.holds_answer  # without rows there is no answer
        await live.change("UPDATE message SET body = 'changed'")
        await live.polls.more(3)
        assert not news.holds_answer  # what was told is not told again
        await write(live, 9)
        assert ids(await data(news)) == [9]


async def test_nothing_is_said_before_there_is_a_row(live: Live):
    async with live.subscribed(NEWS, beyond(5)) as news:
        await write(live, 5)
        await live.polls.more(3)
        assert not news.holds_answer
        await write(live, 6)
        assert ids(await data(news)) == [6]


async def test_descending(live: Live):
    await write(live, 1, 2, 3, 4)
    async with live.subscribed(NEWS, beyond(4, "DESC")) as news:
        assert ids(await data(news)) == [3, 2]
        assert ids(await data(news)) == [1]


ROWS = [
    (1, "2026-01-01T00:00:00.000001+00:00", 0.1, "00000000-0000-0000-0000-00000000000a", "a"),
    (2, "2026-01-01T00:00:00.000002+00:00", 0.30000000000000004, "00000000-0000-0000-0000-00000000000b", 'b"\\'),
    (3, "2026-01-01T00:00:00.000003+00:00", 1e300, "00000000-0000-0000-0000-00000000000c", "c,{}'"),
]  # fmt: skip
START = {"sent_at": "2000-01-01", "price": -1, "ref": "00000000-0000-0000-0000-000000000000", "body": ""}


@pytest.mark.parametrize("column", list(START))
async def test_a_cursor_of_any_type_keeps_its_precision(live: Live, column):
    for row in ROWS:
        await live.change(
            "INSERT INTO message (id, room_id, sent, price, ref, body)"
            " VALUES ($1, 1, $2::text::timestamptz, $3, $4::text::uuid, $5)",
            *row,
        )
    variables = {**beyond(START[column], column=column), "size": 1}
    async with live.subscribed(NEWS, variables) as news:
        assert [ids(await data(news)) for _ in ROWS] == [[1], [2], [3]]
        await live.polls.more(3)
        assert not news.holds_answer


async def test_where_literals_aliases_relationships_and_long_keys(live: Live):
    await write(live, 1, 2)
    await write(live, 3, 4, 5, room=2)
    key = "k" * 70
    query = f"""subscription {{ s: room_stream(batch_size: 1, cursor: {{initial_value: {{id: 0}}}}
        where: {{messages: {{id: {{_gt: 0}}}}}}) {{
            id __typename {key}: name messages(order_by: {{id: desc}}, limit: 2) {{ id }} }} }}"""
    async with live.subscribed(query) as rooms:
        assert await soon(rooms) == {"data": {"s": [
            {"id": 1, "__typename": "room", key: "room 1", "messages": [{"id": 2}, {"id": 1}]}]}}  # fmt: skip
        assert await data(rooms) == [
            {"id": 2, "__typename": "room", key: "room 2", "messages": [{"id": 5}, {"id": 4}]}]  # fmt: skip


async def test_roles_see_their_rows(live: Live):
    await write(live, 1, room=1)
    await write(live, 2, room=5)
    await write(live, 3, room=2)
    async with live.subscribed(NEWS, beyond(0), Session("owner", {"x-hasura-user-id": "1"})) as news:
        assert ids(await data(news)) == [1, 3]


async def test_many_cursors_are_one_statement_and_merge_at_the_same_place(postgres, tmp_path):
    async with (
        live_engine(postgres, tmp_path, streaming_refetch_interval=0.3) as live,
        AsyncExitStack() as stack,
    ):
        await write(live, *range(1, 51))
        every = [
            await stack.enter_async_context(live.subscribed(NEWS, {**beyond(i), "size": 100}))
            for i in range(50)
        ]
        for i, news in enumerate(every):
            assert ids(await data(news)) == list(range(i + 1, 51))
        assert len(live.polls) == 1
        (group,) = live.engine.subscriptions._groups.values()
        assert [len(cohort.members) for cohort in group.cohorts.values()] == [50]
        await write(live, 51)
        assert {tuple(ids(await data(news))) for news in every} == {(51,)}


async def test_a_slow_subscriber_stays_behind_alone_and_misses_nothing(live: Live):
    await write(live, 1, 2, 3)
    variables = {**beyond(0), "size": 1}
    async with live.subscribed(NEWS, variables) as quick, live.subscribed(NEWS, variables) as slow:
        assert [ids(await data(quick)) for _ in range(3)] == [[1], [2], [3]]
        await write(live, 4)
        assert ids(await data(quick)) == [4]
        assert [ids(await data(slow)) for _ in range(4)] == [[1], [2], [3], [4]]


async def test_a_subscriber_that_goes_does_not_move_the_others(live: Live):
    await write(live, 1, 2)
    async with live.subscribed(NEWS, {**beyond(0), "size": 1}) as stays:
        async with live.subscribed(NEWS, {**beyond(0), "size": 1}) as goes:
            assert ids(await data(goes)) == [1]
        assert [ids(await data(stays)) for _ in range(2)] == [[1], [2]]


async def test_a_subscriber_that_goes_during_a_poll_is_gone(live: Live):
    async with live.subscribed(NEWS, beyond(0)) as stays, live.subscribed(NEWS, beyond(0)) as goes:
        await live.polls.more(2)
        async with live.pool.acquire() as blocker, blocker.transaction():
            await blocker.execute("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
            async with asyncio.timeout(10):
                while not await blocker.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                    pass
            await goes.aclose()
            await blocker.execute("INSERT INTO message (id, room_id, body) VALUES (1, 1, '')")
        assert ids(await data(stays)) == [1]
        (group,) = live.engine.subscriptions._groups.values()
        assert [list(cohort.members) for cohort in group.cohorts.values()] == [[stays]]


async def test_the_cursor_survives_a_reload_and_an_error(live: Live):
    await write(live, 1, 2)
    async with live.subscribed(NEWS, beyond(0)) as news:
        assert ids(await data(news)) == [1, 2]
        tables = metadata()
        tables[1]["configuration"]["column_config"]["price"] = {"custom_name": "cost"}
        write_metadata(live.directory, tables)
        await live.engine.reload()
        await write(live, 3)
        assert ids(await data(news)) == [3]
        for number in (4, 5):
            await live.change("ALTER TABLE message RENAME TO messages")
            assert (await soon(news))["errors"][0]["message"] == "database query error"
            await live.change("ALTER TABLE messages RENAME TO message")
            await write(live, number)
            assert ids(await data(news)) == [number]


async def test_null_is_before_nothing(live: Live):
    await live.change(
        "INSERT INTO message (id, room_id, body, sent) VALUES (1, 1, 'x', now()), (2, 1, 'y', NULL)"
    )
    async with live.subscribed(NEWS, beyond(None, column="sent_at")) as news:
        await live.polls.more(3)
        assert not news.holds_answer
    async with live.subscribed(NEWS, beyond("2000-01-01", column="sent_at")) as news:
        assert ids(await data(news)) == [1]  # and a null is beyond nothing
        await live.polls.more(3)
        assert not news.holds_answer


ARGS = "$.selectionSet.news.args"
REFUSED = [
    ("news(batch_size: 1, cursor: []) { id }", ARGS, "one streaming column field is expected"),
    ("news(batch_size: 1, cursor: [null]) { id }", ARGS, "one streaming column field is expected"),
    ("news(batch_size: 1, cursor: {initial_value: {}}) { id }", ARGS, "one streaming column field is expected"),
    ('news(batch_size: 1, cursor: {initial_value: {id: 1, body: ""}}) { id }', ARGS,
     "multiple column cursors are not supported yet"),
    ("news(batch_size: 1, cursor: [{initial_value: {id: 1}}, {initial_value: {id: 2}}]) { id }", ARGS,
     "multiple column cursors are not supported yet"),
    ("news(batch_size: 1, cursor: {initial_value: {nope: 1}}) { id }", ARGS + ".cursor[0].initial_value.nope",
     "field 'nope' not found in type: 'message_stream_cursor_value_input'"),
    ("news(batch_size: 1, cursor: {nope: 1, initial_value: {id: 1}}) { id }", ARGS + ".cursor[0].nope",
     "field 'nope' not found in type: 'message_stream_cursor_input'"),
    ("news(batch_size: 1, cursor: {ordering: ASC}) { id }", ARGS + ".cursor[0].initial_value",
     "missing required field 'initial_value'"),
    ("news(batch_size: 1, cursor: {initial_value: {id: 1}, ordering: asc}) { id }", ARGS + ".cursor[0].ordering",
     "expected one of the values ['ASC', 'DESC'] for type 'cursor_ordering', but found 'asc'"),
    ('news(batch_size: 1, cursor: {initial_value: {id: 1}, ordering: "ASC"}) { id }', ARGS + ".cursor[0].ordering",
     "expected an enum value for type 'cursor_ordering', but found a string"),
    ("news(batch_size: 1) { id }", ARGS + ".cursor", "missing required field 'cursor'"),
    ("news(cursor: {initial_value: {id: 1}}) { id }", ARGS + ".batch_size", "missing required field 'batch_size'"),
    ("news(batch_size: -1, cursor: {initial_value: {id: 1}}) { id }", ARGS + ".batch_size",
     "expected a non-negative 32-bit integer for type 'Int', but found an integer"),
    ("news(batch_size: null, cursor: {initial_value: {id: 1}}) { id }", ARGS + ".batch_size",
     "expected a 32-bit integer for type 'Int', but found null"),
    ("news(batch_size: 1, cursor: {initial_value: {body: 1}}) { id }", ARGS + ".cursor[0].initial_value.body",
     "expected a string for type 'String', but found an integer"),
    ("news(batch_size: 1, cursor: {initial_value: {body: null}}) { id }", ARGS + ".cursor[0].initial_value.body",
     "expected a string for type 'String', but found null"),
    ("news(batch_size: 1, cursor: {initial_value: {id: 1}}, limit: 1) { id }", "$.selectionSet.news",
     "'news' has no argument named 'limit'"),
    ("news(batch_size: 1, cursor: {initial_value: {id: 1}})", "$.selectionSet.news.selectionSet",
     "missing selection set for 'message'"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "path", "message"), REFUSED)
async def test_arguments_that_do_not_fit(still: Live, field, path, message):
    with pytest.raises(GraphQLFailure) as caught:
        still.engine.subscribe(f"subscription {{ {field} }}", None, None, Session())
    (error,) = caught.value.errors
    assert (error["message"], error["extensions"]["path"]) == (message, path)
    assert len(still.engine.subscriptions) == 0


@pytest.mark.parametrize(
    ("cursor", "message"),
    [
        ([], "one streaming column field is expected"),
        ({"initial_value": {"id": 1}, "ordering": "asc"}, "but found 'asc'"),
        ({"initial_value": {"id": 1}, "ordering": 1}, "expected an enum value"),
        ({"initial_value": None}, "one streaming column field is expected|expected an object"),
        (None, "null value found for non-nullable type"),
    ],
)
async def test_cursors_in_variables_that_do_not_fit(still: Live, cursor, message):
    still.engine.prepare(NEWS)  # without its variables the document is fine
    with pytest.raises(GraphQLFailure, match=message):
        still.engine.subscribe(NEWS, {"cursor": cursor}, None, Session())


async def test_starts_of_cursors_are_no_part_of_the_plan(still: Live):
    query = NEWS.replace("{ id body }", "{ id }")
    plans = set()
    for start in ("2026-01-01", "2026-01-02T00:00:00Z", "ASC", "DESC"):
        variables = beyond(start, column="sent_at")
        document, _ = still.engine.state.documents.find(query, None, still.engine.state.schema.admin)
        plans.add(document.compiled(document.variables(variables)))
    assert len(plans) == 3  # of all strings only an order may be one
    descending = document.compiled(document.variables(beyond("2026-01-01", "DESC", "sent_at")))
    assert descending not in plans
    assert "DESC" in descending.multiplexed.text
