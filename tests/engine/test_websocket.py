"""GraphQL over websockets, both protocols, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace

import orjson
import pytest
import websockets
from gql import Client as GqlClient
from gql import gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from lictor.engine import GraphQLFailure, Session
from lictor.engine.server import ServerSettings, create_app
from lictor.engine.server.protocols import Closed
from lictor.engine.server.websocket import SocketLimits, serve_socket
from tests.engine.live import POLLS, Live, live_engine, metadata, write_metadata
from tests.engine.sockets import APOLLO, TRANSPORT, Client, app_of, connected, served

SECRET = {"x-hasura-admin-secret": "sesame"}
BY_PK = "subscription ($id: Int!) { room_by_pk(id: $id) { topic } }"
NEWS = "subscription { news(batch_size: 1, cursor: {initial_value: {id: 0}}) { id } }"
RENAME = "mutation ($t: String!) { update_room_by_pk(pk_columns: {id: 1}, _set: {topic: $t}) { topic } }"
both = pytest.mark.parametrize("protocol", [TRANSPORT, APOLLO])


def topic(value: str | None) -> dict:
    return {"data": {"room_by_pk": {"topic": value}}}


@pytest.fixture
async def address(live: Live) -> AsyncIterator[str]:
    async with served(app_of(live)) as address:
        yield address


async def gone(live: Live) -> None:
    """Waits until nobody is subscribed."""
    async with asyncio.timeout(10):
        while tasks := list(live.engine.subscriptions._tasks):
            await asyncio.wait(tasks)


# --- operations -------------------------------------------------------------------------------------------


@both
async def test_a_live_query_until_it_is_stopped(live: Live, address, protocol):
    async with connected(address, protocol) as client:
        await client.initialise()
        await client.start("one", BY_PK, {"id": 1})
        assert await client.next("one") == topic(None)
        await live.change("UPDATE room SET topic = 'tea' WHERE id = 1")
        assert await client.next("one") == topic("tea")
        await client.stop("one")
        await client.stop("one")  # twice is no misuse
        await gone(live)
        await live.change("UPDATE room SET topic = 'milk' WHERE id = 1")
        await client.start("one", BY_PK, {"id": 1})  # the id is free; nothing was sent in between
        assert await client.next("one") == topic("milk")


@both
async def test_queries_and_mutations(live: Live, address, protocol):
    async with connected(address, protocol) as client:
        await client.initialise()
        await client.start("live", BY_PK, {"id": 1})
        assert await client.next("live") == topic(None)
        two = "query A { room_by_pk(id: 1) { id } } query B { room_by_pk(id: 2) { id } }"
        await client.start("q", two, operationName="B")
        assert await client.next("q") == {"data": {"room_by_pk": {"id": 2}}}
        await client.complete("q")
        await client.start("m", RENAME, {"t": "new"})
        messages = sorted([await client.receive() for _ in range(3)], key=lambda message: message["id"])
        assert messages[0] == {"type": client.next_word, "id": "live", "payload": topic("new")}
        assert messages[1]["payload"] == {"data": {"update_room_by_pk": {"topic": "new"}}}
        assert messages[2] == {"type": "complete", "id": "m"}


@both
async def test_a_stream(live: Live, address, protocol):
    await live.change("INSERT INTO message (id, room_id, body) VALUES (1, 1, ''), (2, 1, '')")
    async with connected(address, protocol) as client:
        await client.initialise()
        await client.start("s", NEWS)
        assert await client.next("s") == {"data": {"news": [{"id": 1}]}}
        assert await client.next("s") == {"data": {"news": [{"id": 2}]}}
        await live.change("INSERT INTO message (id, room_id, body) VALUES (3, 1, '')")
        assert await client.next("s") == {"data": {"news": [{"id": 3}]}}


NOT_STARTED = [
    ("subscription { nope }", "field 'nope' not found in type: 'subscription_root'", "$.selectionSet.nope"),
    ("{ nope }", "field 'nope' not found in type: 'query_root'", "$.selectionSet.nope"),
    ("subscription { a: room { id } b: room { id } }", "subscriptions must select one top level field", "$"),
    ("subscription ($id: Int!) { room_by_pk(id: $id) { id } }",
     'expecting a value for non-nullable variable: "id"', "$"),
    ("query ($id: Int!) { room_by_pk(id: $id) { id } }",
     'expecting a value for non-nullable variable: "id"', "$"),
    ("subscription { message(where: {ref: {_eq: \"x\"}}) { id } }",
     'invalid input syntax for type uuid: "x"', "$"),
    (5, "Error in $: key 'query' with a string is expected", "$"),
]  # fmt: skip


@both
@pytest.mark.parametrize(("query", "message", "path"), NOT_STARTED)
async def test_an_operation_that_does_not_start_is_an_error(still: Live, protocol, query, message, path):
    async with served(app_of(still)) as address, connected(address, protocol) as client:
        await client.initialise()
        await client.start("x", query)
        (error,) = await client.error("x")
        assert (error["message"], error["extensions"]["path"]) == (message, path)
        await client.start("x", "{ __typename }")
        assert await client.next("x") == {"data": {"__typename": "query_root"}}


@both
async def test_an_operation_that_fails_is_an_answer(live: Live, address, protocol):
    async with connected(address, protocol) as client:
        await client.initialise()
        await client.start("q", "{ picky(args: {wanted: -1}) { id } }")
        assert (await client.next("q"))["errors"][0]["message"] == "no negatives"
        await client.complete("q")
        await client.start("s", "subscription { picky(args: {wanted: 1}) { id } }")
        await client.next("s")
        await live.change("UPDATE room SET topic = 'broken' WHERE id = 1")
        assert (await client.next("s"))["errors"][0]["message"] == "it is broken"
        await live.change("UPDATE room SET topic = NULL WHERE id = 1")
        assert await client.next("s") == {"data": {"picky": [{"id": 1}]}}


@both
async def test_a_reload(live: Live, address, protocol):
    async with connected(address, protocol) as client:
        await client.initialise()
        await client.start("kept", BY_PK, {"id": 1})
        await client.next("kept")
        await client.start("lost", "subscription { room_by_pk(id: 1) { messages { id } } }")
        await client.next("lost")
        tables = metadata()
        del tables[0]["array_relationships"]
        write_metadata(live.directory, tables)
        await live.engine.reload()
        (error,) = await client.error("lost")
        assert error["message"] == "field 'messages' not found in type: 'room'"
        await live.change("UPDATE room SET topic = 'on' WHERE id = 1")
        assert await client.next("kept") == topic("on")
        await live.engine.close()
        await client.complete("kept")


@both
async def test_headers_of_the_handshake_and_of_the_payload_make_the_session(live: Live, address, protocol):
    query = "subscription { room(where: {id: {_lt: 20}}, order_by: {id: asc}) { id } }"
    headers = {"As": "owner", "User": "3"}
    async with connected(address, protocol, additional_headers=headers) as client:
        await client.initialise(USER="4")
        await client.start("x", query)
        assert await client.next("x") == {"data": {"room": [{"id": 4}, {"id": 14}]}}


# --- many, slow, and gone clients -------------------------------------------------------------------------


async def test_two_hundred_subscribers_of_four_connections(postgres, tmp_path):
    async with (
        live_engine(postgres, tmp_path, live_queries_refetch_interval=0.3) as live,
        served(app_of(live)) as address,
        AsyncExitStack() as stack,
    ):
        clients: list[Client] = []
        for protocol in (TRANSPORT, TRANSPORT, APOLLO, APOLLO):
            clients.append(await stack.enter_async_context(connected(address, protocol)))
            await clients[-1].initialise()
        rooms = [range(i, 201, 4) for i in range(1, 5)]
        for client, ids in zip(clients, rooms, strict=True):
            for i in ids:
                await client.start(str(i), BY_PK, {"id": i})
        await live.change("UPDATE room SET topic = id::text")

        async def last_answers(client: Client, ids: range) -> None:
            wanted = {str(i): topic(str(i)) for i in ids}
            answers = {}
            while answers != wanted:
                message = await client.receive()
                answers[message["id"]] = message["payload"]

        await asyncio.gather(*map(last_answers, clients, rooms))
        (group,) = live.engine.subscriptions._groups.values()
        assert len(group.cohorts) == 200
        await live.polls.more(2)
        before = len(live.polls)
        await live.change("UPDATE room SET topic = 'end' WHERE id = 7")
        assert await clients[2].next("7") == topic("end")
        assert len(live.polls) - before in (2, 4)  # the poll under way may have seen it, or the next one
    assert len(live.engine.subscriptions) == 0


@both
async def test_a_slow_client_gets_the_newest_answer_and_holds_up_nobody(live: Live, address, protocol):
    rounds, size = 60, 500_000
    slow_options = {"max_queue": 1, "compression": None, "max_size": None}
    async with (
        connected(address, protocol, **slow_options) as slow,
        connected(address, protocol, compression=None) as quick,
    ):
        for client in (await slow.initialise(), await quick.initialise()):
            await client.start("x", BY_PK, {"id": 1})
        assert await quick.next("x") == topic(None)
        for i in range(rounds):
            await live.change(f"UPDATE room SET topic = repeat('x', {size}) || '{i}' WHERE id = 1")
            assert (await quick.next("x"))["data"]["room_by_pk"]["topic"][size:] == str(i)
        seen = [await slow.next("x")]
        while seen[-1] == topic(None) or seen[-1]["data"]["room_by_pk"]["topic"][size:] != str(rounds - 1):
            seen.append(await slow.next("x"))
        assert len(seen) < rounds - 5  # what lay in buffers, and the newest


async def test_a_slow_client_of_a_stream_misses_nothing(live: Live, address):
    rounds = 60
    query = "subscription { news(batch_size: 1, cursor: {initial_value: {id: 0}}) { id body } }"
    options = {"max_queue": 1, "compression": None}
    async with connected(address, TRANSPORT, **options) as slow, connected(address, TRANSPORT) as quick:
        for client in (await slow.initialise(), await quick.initialise()):
            await client.start("x", query)
        for i in range(1, rounds + 1):
            await live.change(
                "INSERT INTO message (id, room_id, body) VALUES ($1, 1, repeat('x', 400000))", i
            )
            assert (await quick.next("x"))["data"]["news"][0]["id"] == i
        (group,) = live.engine.subscriptions._groups.values()
        assert len(group.cohorts) == 2  # the slow one is behind
        assert [(await slow.next("x"))["data"]["news"][0]["id"] for _ in range(rounds)] == list(
            range(1, rounds + 1)
        )


@both
async def test_a_client_that_vanishes_is_forgotten_and_may_come_again(live: Live, address, protocol):
    async with connected(address, protocol) as client:
        await client.initialise()
        await client.start("x", BY_PK, {"id": 1})
        await client.next("x")
        client.socket.transport.abort()
        await gone(live)
        assert len(live.engine.subscriptions) == 0
    async with connected(address, protocol) as client:
        await client.initialise()
        await client.start("x", BY_PK, {"id": 1})
        assert await client.next("x") == topic(None)


async def test_a_mutation_is_done_though_its_client_has_gone(live: Live, address):
    async with live.subscribed(BY_PK, {"id": 1}) as room:
        assert orjson.loads(await anext(room)) == topic(None)
        async with live.pool.acquire() as blocker, blocker.transaction():
            await blocker.execute("SELECT FROM room WHERE id = 1 FOR UPDATE")
            async with connected(address, TRANSPORT) as client:
                await client.initialise()
                await client.start("stopped", RENAME, {"t": "done"})
                async with asyncio.timeout(10):
                    while not await blocker.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                        pass
                await client.stop("stopped")
                await client.start("after", "{ __typename }")
                await client.next("after")
        async with asyncio.timeout(10):
            assert orjson.loads(await anext(room)) == topic("done")


async def test_the_server_ends_with_subscriptions_open(live: Live):
    async with AsyncExitStack() as stack:
        async with served(app_of(live)) as address:
            client = await stack.enter_async_context(connected(address, TRANSPORT))
            await client.initialise()
            await client.start("x", BY_PK, {"id": 1})
            await client.next("x")
        assert (await client.closed())[0] == 1012
    assert len(live.engine.subscriptions) == 0


# --- the protocols' rules ---------------------------------------------------------------------------------

INIT = '{"type": "connection_init"}'
QUERY = '{"type": "subscribe", "id": "1", "payload": {"query": "subscription { room { id } }"}}'
CLOSING = {
    "not JSON": ([INIT, "{"], 4400, "not JSON"),
    "not an object": ([INIT, "[]"], 4400, "unexpected type of message: None"),
    "no type": ([INIT, '{"id": "1"}'], 4400, "unexpected type of message: None"),
    "a type of the other protocol": ([INIT, '{"type": "start", "id": "1"}'], 4400, "unexpected type of message: 'start'"),
    "a type that is none": ([INIT, '{"type": {"a": 1}}'], 4400, "unexpected type of message"),
    "no id": ([INIT, '{"type": "subscribe", "payload": {"query": "{ __typename }"}}'], 4400, "has an id"),
    "an id that is a number": ([INIT, '{"type": "complete", "id": 1}'], 4400, "has an id"),
    "an operation before init": ([QUERY], 4401, "Unauthorized"),
    "init again": ([INIT, INIT], 4429, "Too many initialisation requests"),
    "the id of a running operation": ([INIT, QUERY, QUERY], 4409, "Subscriber for 1 already exists"),
    "a long message": ([INIT, '{"type": "ping", "payload": {"x": "%s"}}' % ("x" * 5000)], 1009, "at most 4000"),
    "no init": ([], 4408, "Connection initialisation timeout"),
    "nothing but pings": (['{"type": "ping"}'], 4408, "Connection initialisation timeout"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CLOSING))
async def test_misuse_of_the_newer_protocol_closes(still: Live, name):
    messages, code, reason = CLOSING[name]
    limits = {"max_message": 4000, "init_timeout": 0.2}
    async with served(app_of(still, **limits)) as address, connected(address, TRANSPORT) as client:
        for message in messages:
            await client.socket.send(message)
        closed = await client.closed()
        assert closed[0] == code
        assert reason in closed[1]
    await gone(still)


START = '{"type": "start", "id": "1", "payload": {"query": "subscription { room_aggregate { aggregate { count } } }"}}'
CONNECTION_ERRORS = {
    "not JSON": ("{", "not JSON"),
    "not an object": ("5", "unexpected type of message: None"),
    "a type of the other protocol": ('{"type": "subscribe", "id": "1"}', "unexpected type of message: 'subscribe'"),
    "no id": ('{"type": "stop"}', "has an id"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CONNECTION_ERRORS))
async def test_misuse_of_the_older_protocol_is_answered(still: Live, name):
    message, reason = CONNECTION_ERRORS[name]
    async with served(app_of(still)) as address, connected(address, APOLLO) as client:
        await client.initialise()
        await client.socket.send(message)
        answer = await client.receive()
        assert answer["type"] == "connection_error"
        assert reason in answer["payload"]
        await client.socket.send(START)
        assert await client.next("1") == {"data": {"room_aggregate": {"aggregate": {"count": 300}}}}
        await client.socket.send(START)
        assert await client.receive() == {
            "type": "error", "id": "1",
            "payload": {"path": "$", "error": "an operation already exists with this id: 1", "code": "start-failed"},
        }  # fmt: skip
        await client.send(type="connection_terminate")
        assert (await client.closed())[0] == 1000


async def test_the_older_protocol_before_init(still: Live):
    async with (
        served(app_of(still, init_timeout=0.3)) as address,
        connected(address, APOLLO) as client,
    ):
        await client.socket.send(START)
        payload = (await client.receive())["payload"]
        assert payload == {
            "path": "$", "error": "start received before the connection is initialised", "code": "start-failed",
        }  # fmt: skip
        await client.complete("1")
        assert (await client.closed())[0] == 4408


async def test_signs_of_life_and_pings(still: Live):
    async with served(app_of(still, keepalive=0.02)) as address:
        async with connected(address, APOLLO) as client:
            await client.initialise()
            assert [await client.receive(alive=True) for _ in range(3)] == [{"type": "ka"}] * 3
        async with connected(address, TRANSPORT) as client:
            await client.initialise()
            assert [await client.receive(alive=True) for _ in range(3)] == [{"type": "ping"}] * 3
            await client.send(type="pong")
            await client.send(type="ping", payload={"x": 1})
            assert await client.receive() == {"type": "pong", "payload": {"x": 1}}
            await client.send(type="ping")
            assert await client.receive() == {"type": "pong"}


async def test_subprotocols(still: Live):
    async with served(app_of(still)) as address:
        url = f"ws://{address}/graphql"
        async with websockets.connect(url) as socket:  # none named: the older one
            await Client(socket, APOLLO).initialise()
        offered = [websockets.Subprotocol(name) for name in ("other", APOLLO, TRANSPORT)]
        async with websockets.connect(url, subprotocols=offered) as socket:
            assert socket.subprotocol == APOLLO
        async with websockets.connect(url, subprotocols=offered[:1]) as socket:
            assert (await Client(socket, APOLLO).closed())[0] == 4406


@both
async def test_too_many_operations(still: Live, protocol):
    async with served(app_of(still, max_operations=2)) as address, connected(address, protocol) as client:
        await client.initialise()
        for i in ("1", "2"):
            await client.start(i, BY_PK, {"id": 1})
            await client.next(i)
        await client.start("3", BY_PK, {"id": 1})
        (error,) = await client.error("3")
        assert error["message"] == "too many operations on this connection (at most 2)"
        await client.stop("1")
        await client.start("3", BY_PK, {"id": 1})
        assert await client.next("3") == topic(None)


# --- the service's endpoints ------------------------------------------------------------------------------


@pytest.fixture
async def service(live: Live) -> AsyncIterator[str]:
    settings = ServerSettings(live.dsn, live.directory, admin_secret="sesame", pool_size=4, options=POLLS)
    async with served(create_app(settings)) as address:
        yield address


@pytest.mark.parametrize("path", ["/v1/graphql", "/v1alpha1/graphql"])
async def test_the_endpoints_sessions(service, path):
    async with connected(service, TRANSPORT, path) as client:
        await client.initialise(**SECRET, **{"x-hasura-role": "owner", "X-Hasura-User-Id": "3"})
        await client.start("x", "subscription { room(where: {id: {_lt: 9}}) { id } }")
        assert await client.next("x") == {"data": {"room": [{"id": 3}]}}


REQUIRED = "x-hasura-admin-secret/x-hasura-access-key required, but not found"
INVALID = 'invalid "x-hasura-admin-secret"/"x-hasura-access-key"'


@pytest.mark.parametrize(
    ("headers", "message"),
    [({}, REQUIRED), ({"x-hasura-role": "admin"}, REQUIRED), ({"x-hasura-admin-secret": "guess"}, INVALID)],
)
async def test_who_has_no_secret_is_refused(service, headers, message):
    init = {"type": "connection_init", "payload": {"headers": headers}}
    async with connected(service, TRANSPORT, "/v1/graphql") as client:
        await client.send(**init)
        assert await client.closed() == (4400, f"4400: Connection initialization failed: {message}")
    async with connected(service, APOLLO, "/v1/graphql") as client:
        await client.send(**init)
        assert await client.receive() == {"type": "connection_error", "payload": message}
        await client.start("1", BY_PK, {"id": 1})
        error = (await client.receive())["payload"]["error"]
        assert error == f"cannot start as connection_init failed with: {message}"
        await client.complete("1")


@both
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda: Session("listener"), (4403, "4403: Forbidden: the rights have changed")),
        (lambda: failing(GraphQLFailure.of("no more")), (4403, "4403: Forbidden: no more")),
        (lambda: failing(Closed(4401, "gone")), (4401, "gone")),
        (lambda: failing(RuntimeError("a bug")), (1011, "internal error")),
    ],
    ids=["other rights", "refused", "closed", "bug"],
)
async def test_a_client_is_asked_again_who_it_is(live: Live, protocol, change, expected, caplog):
    answers = iter([Session, Session, change])

    async def authenticate(headers: Mapping[str, str]) -> Session:
        return next(answers)()

    async def socket(websocket: WebSocket) -> None:
        await serve_socket(websocket, live.engine, authenticate, SocketLimits(recheck=0.2))

    app = Starlette(routes=[WebSocketRoute("/graphql", socket)])
    async with served(app) as address, connected(address, protocol) as client:
        await client.initialise()
        await client.start("1", "subscription { room_by_pk(id: 1) { name } }")
        assert await client.next("1") == {"data": {"room_by_pk": {"name": "room 1"}}}
        assert await client.closed() == expected
    async with asyncio.timeout(10):
        while len(live.engine.subscriptions):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    unexpected = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(unexpected) == (expected[0] == 1011)


def failing(error: Exception) -> Session:
    raise error


async def test_the_unauthorized_role(live: Live):
    settings = ServerSettings(live.dsn, live.directory, admin_secret="x", unauthorized_role="listener")
    app = create_app(replace(settings, options=POLLS))
    async with served(app) as address, connected(address, TRANSPORT, "/v1/graphql") as client:
        await client.initialise(**{"x-hasura-role": "admin"})
        await client.start("1", "subscription { room_by_pk(id: 1) { name } }")
        assert await client.next("1") == {"data": {"room_by_pk": {"name": "room 1"}}}
        await client.start("2", "subscription { room_by_pk(id: 1) { topic } }")
        assert (await client.error("2"))[0]["message"] == "field 'topic' not found in type: 'room'"


@both
async def test_the_gql_library(live: Live, service, protocol):
    transport = WebsocketsTransport(
        url=f"ws://{service}/v1/graphql",
        init_payload={"headers": SECRET},
        subprotocols=[protocol],
        keep_alive_timeout=60,
    )
    async with (
        asyncio.timeout(30),
        GqlClient(transport=transport, fetch_schema_from_transport=True) as session,
    ):
        assert session.client.schema is not None
        assert "room_stream" in session.client.schema.subscription_type.fields
        subscription = gql(BY_PK)
        subscription.variable_values = {"id": 1}
        topics = []
        async for answer in session.subscribe(subscription):
            topics.append(answer["room_by_pk"]["topic"])
            if len(topics) == 3:
                break
            rename = gql(RENAME)
            rename.variable_values = {"t": f"t{len(topics)}"}
            done = await session.execute(rename)
            assert done["update_room_by_pk"]["topic"] == f"t{len(topics)}"
        assert topics == [None, "t1", "t2"]
        with pytest.raises(TransportQueryError, match="no negatives"):
            await session.execute(gql("{ picky(args: {wanted: -1}) { id } }"))
        refused = session.subscribe(gql("subscription { picky(args: {wanted: -1}) { id } }"))
        with pytest.raises(TransportQueryError, match="no negatives"):
            await anext(aiter(refused))
