"""GraphQL over websockets of a real gateway: the same answers, limits and keys as by POST, and answers that go on."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
import websockets

from lictor.actions.gateway.limits import Limits
from lictor.cli.embedded.postgres import PostgresServer
from lictor.orchestration import accounts, teams
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for
from tests.actions.gateway.test_database_away import own_postgres  # noqa: F401 - a fixture
from tests.actions.gateway.test_drain import gateway as gateway_process
from tests.actions.gateway.test_drain import listener, url_of  # noqa: F401 - a fixture
from tests.actions.gateway.test_metrics import one, samples
from tests.engine.sockets import APOLLO, TRANSPORT, Client, connected

CREATE_PROJECT = (
    "mutation ($name: String!, $tenant: UUID!) "
    "{ create_project(input: {name: $name, tenant_id: $tenant}) { id } }"
)
PROJECTS = "subscription { project(order_by: {name: asc}) { name } }"


def address(url: str) -> str:
    return url.removeprefix("http://")


@asynccontextmanager
async def opened(
    gateway: RunningGateway, protocol: str = TRANSPORT, path: str = "/graphql", **headers: str
) -> AsyncIterator[Client]:
    """A socket that has been let in with these headers in connection_init."""
    async with connected(address(gateway.url), protocol, path) as client:
        yield await client.initialise(**headers)


async def make_tenant(gateway: RunningGateway) -> str:
    slug = f"t-{uuid4()}"
    query = "mutation ($input: create_tenant_input!) { create_tenant(input: $input) { id } }"
    made = await gateway.post(query, {"input": {"name": slug, "slug": slug}})
    return made.json()["data"]["create_tenant"]["id"]


@pytest.fixture
async def own(database: str) -> AsyncIterator[RunningGateway]:
    async with serve(settings_for(database)) as running:
        yield running


@pytest.mark.parametrize("protocol", [TRANSPORT, APOLLO])
@pytest.mark.parametrize("path", ["/", "/graphql", "/any/path"])
async def test_a_subscription_tells_what_a_mutation_did(
    own: RunningGateway, protocol: str, path: str
) -> None:
    tenant = await make_tenant(own)
    async with opened(own, protocol, path) as client:
        await client.start("s", PROJECTS)
        assert await client.next("s") == {"data": {"project": []}}
        await client.start("m", CREATE_PROJECT, {"name": "one", "tenant": tenant})
        seen: dict[str, Any] = {}
        while len(seen) < 2:
            message = await client.receive()
            if message["type"] != "complete":
                seen[message["id"]] = message["payload"]
        UUID(seen["m"]["data"]["create_project"]["id"])
        assert seen["s"] == {"data": {"project": [{"name": "one"}]}}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ hello }", None),
        ("query ($a: Int) { tenant(limit: $a) { id } hello }", {"a": 0}),
        ("query a { hello } query b { tenant(limit: 0) { id } }", None),
        # A handler refuses, a field fails among others, a mutation stops at nothing.
        ('mutation { create_project(input: {name: "", tenant_id: "0d4c0f3a-6d0b-4a53-9a55-6f1f4c5a3b21"}) { id } }', None),
        ('mutation { a: create_project(input: {name: "", tenant_id: "x"}) { id } b: __typename }', None),
        ('query { tenant(where: {id: {_eq: "x"}}) { id } hello }', None),
        # Refused before it runs.
        ("{ no_such_field }", None),
        ("{ tenant(limit: true) { id } }", None),
        ("query ($a: Int!) { tenant(limit: $a) { id } }", {"a": "x"}),
        ("{ hello", None),
        ("{" + "flow { project {" * 6 + "id" + "}}" * 6 + "}", None),
        ("{ project { flows { " * 4 + "id" + "} }" * 4 + "}", None),
    ],
)  # fmt: skip
async def test_the_answer_is_that_of_a_post(gateway: RunningGateway, query: str, variables: Any) -> None:
    name = "b" if query.startswith("query a") else None
    posted = await gateway.client.post(
        "/", json={"query": query, "variables": variables, "operationName": name}
    )
    for protocol in (TRANSPORT, APOLLO):
        async with opened(gateway, protocol) as client:
            await client.start("1", query, variables, operationName=name)
            if posted.status_code == 400:
                assert await client.error("1") == posted.json()["errors"]
            else:
                assert await client.next("1") == posted.json()
                await client.complete("1")


async def test_a_subscription_is_as_deep_as_a_query_may_be(gateway: RunningGateway) -> None:
    deep = "{ flow_run { flow { project { flows { flow_runs { flow { project { flows { id } } } } } } } } }"
    async with opened(gateway) as client:
        await client.start("1", f"subscription {deep}")
        errors = await client.error("1")
        assert errors[0]["message"] == "'' exceeds maximum operation depth of 7"
        assert errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        await client.start("2", "subscription { flow_run { no_such_field } }")
        assert (await client.error("2"))[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


# --- pages of other origins -------------------------------------------------------------------------------


async def refused(gateway: RunningGateway, **headers: str) -> int | None:
    """The HTTP status that the handshake got; None where it was let in."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        async with connected(address(gateway.url), TRANSPORT, additional_headers=sent) as client:
            await client.initialise()
        return None
    except websockets.InvalidStatus as error:
        answer = error.response
    assert b"LICTOR_ALLOWED_ORIGINS" in (answer.body or b"")
    return answer.status_code


async def test_pages_of_other_origins_are_refused(gateway: RunningGateway) -> None:
    own = gateway.url
    assert await refused(gateway) is None
    assert await refused(gateway, Origin=own) is None
    assert await refused(gateway, Origin=own.upper()) is None
    strange = ("http://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", f"{own}.evil.example",
               own.replace("http://", "http://evil.example@"), "file://", "http://[", "")  # fmt: skip
    for origin in strange[:-1]:
        assert await refused(gateway, Origin=origin) == 403, origin
    # Behind a proxy that sets its own Host.
    proxied = {"X_Forwarded_Host": "ui.example:8443"}
    assert await refused(gateway, Origin="https://ui.example:8443", **proxied) is None
    assert await refused(gateway, Origin="https://ui.example", **proxied) == 403
    assert await refused(gateway, Origin="https://ui.example", X_Forwarded_Host="ui.example") is None
    assert await refused(gateway, Origin="https://ui.example", X_Forwarded_Host="ui.example:443") is None


async def test_origins_that_are_named_are_let_in(database: str) -> None:
    allowed = "https://UI.example:443, http://localhost:5173"
    async with serve(settings_for(database, allowed_origins=allowed)) as gateway:
        assert await refused(gateway, Origin="https://ui.example") is None
        assert await refused(gateway, Origin="http://localhost:5173") is None
        assert await refused(gateway, Origin="http://ui.example") == 403
        assert await refused(gateway, Origin="http://localhost:5174") == 403
    async with serve(settings_for(database, allowed_origins="*")) as gateway:
        assert await refused(gateway, Origin="http://evil.example") is None


@pytest.mark.parametrize("origins", ["ui.example", "ftp://x", "https://x/path", "https://"])
def test_what_is_no_origin_is_refused(origins: str) -> None:
    with pytest.raises(ValueError, match="allowed_origins"):
        settings_for("postgresql://x", allowed_origins=origins)


# --- keys -------------------------------------------------------------------------------------------------


class World:
    """A gateway that asks for keys, and two tenants with a user each."""

    gateway: RunningGateway
    pool: asyncpg.Pool
    mine: UUID
    theirs: UUID
    user: UUID
    key: str
    key_id: UUID

    def bearer(self, key: str | None = None) -> dict[str, str]:
        return {"authorization": f"Bearer {key or self.key}"}


@pytest.fixture
async def world(fresh_database: str) -> AsyncIterator[World]:
    world = World()
    settings = settings_for(fresh_database, auth="key", auth_cache_seconds=0)
    async with (
        serve(settings) as world.gateway,
        asyncpg.create_pool(fresh_database, min_size=1) as world.pool,
    ):
        world.mine = await teams.create_tenant(world.pool, "mine", "mine")
        world.theirs = await teams.create_tenant(world.pool, "theirs", "theirs")
        world.user = await accounts.ensure_user(world.pool, "me", "mine")
        await accounts.ensure_user(world.pool, "them", "theirs")
        made = await accounts.create_api_key(world.pool, user_id=world.user, name="n")
        world.key, world.key_id = made.key, made.id
        yield world


async def turned_away(world: World, **headers: str) -> tuple[int, str]:
    async with connected(address(world.gateway.url), TRANSPORT) as client:
        await client.send(type="connection_init", payload={"headers": headers})
        return await client.closed()


async def test_a_key_is_needed_and_opens_its_tenant_only(world: World) -> None:
    for headers in (
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": world.key},
        {"authorization": "Bearer \u20ac"},
    ):
        code, reason = await turned_away(world, **headers)
        assert code == 4401, headers
        assert reason.startswith("4401: Unauthorized: ")
    code, reason = await turned_away(world, **world.bearer(), **{"X-Prefect-Tenant-ID": str(world.theirs)})
    assert (code, str(world.theirs) in reason) == (4403, True)

    for tenant in ({}, {"X-Prefect-Tenant-ID": str(world.mine)}):
        async with opened(world.gateway, **world.bearer(), **tenant) as client:
            await client.start("s", "subscription { tenant { slug } }")
            assert await client.next("s") == {"data": {"tenant": [{"slug": "mine"}]}}
            await client.start("q", "{ auth_info { tenant_id user_id } }")
            info = {"tenant_id": str(world.mine), "user_id": str(world.user)}
            assert await client.next("q") == {"data": {"auth_info": info}}
            await client.complete("q")
            # The member's role has no such field.
            await client.start("m", "mutation { delete_flow_run_bulk: delete_tenant_by_pk(id: 1) { id } }")
            assert (await client.error("m"))[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_the_key_may_stand_in_the_handshake_and_any_page_may_bring_it(world: World) -> None:
    headers = {**world.bearer(), "Origin": "https://elsewhere.example"}
    async with connected(address(world.gateway.url), TRANSPORT, additional_headers=headers) as client:
        await client.initialise()
        await client.start("q", "{ tenant { slug } }")
        assert await client.next("q") == {"data": {"tenant": [{"slug": "mine"}]}}
    async with connected(address(world.gateway.url), TRANSPORT, additional_headers=headers) as client:
        await client.send(type="connection_init", payload={"headers": {"Authorization": "Bearer other"}})
        assert (await client.closed())[0] == 4401


async def test_nothing_runs_before_the_key(world: World) -> None:
    async with connected(address(world.gateway.url), TRANSPORT) as client:
        await client.start("1", "{ hello }")
        assert (await client.closed())[0] == 4401


@pytest.mark.parametrize("how", ["deleted", "expired", "no longer a member"])
async def test_an_open_socket_does_not_outlive_its_key(world: World, how: str) -> None:
    if how == "expired":
        soon = datetime.now(UTC) + timedelta(seconds=1.5)
        world.key = (
            await accounts.create_api_key(world.pool, user_id=world.user, name="short", expires_at=soon)
        ).key
    async with opened(world.gateway, **world.bearer()) as client:
        await client.start("s", "subscription { tenant { slug } }")
        assert (await client.next("s"))["data"]["tenant"] == [{"slug": "mine"}]
        began = time.monotonic()
        if how == "deleted":
            assert await accounts.delete_api_key(world.pool, world.key_id)
        elif how == "no longer a member":
            await world.pool.execute("DELETE FROM membership WHERE user_id = $1", world.user)
        code, _ = await client.closed()
        assert code == (4403 if how == "no longer a member" else 4401)
        assert time.monotonic() - began < 4


async def test_a_key_that_stays_keeps_the_socket(world: World) -> None:
    async with opened(world.gateway, **world.bearer()) as client:
        await asyncio.sleep(2.5)  # it has been looked at twice
        await client.start("1", "{ hello }")
        assert set((await client.next("1"))["data"]) == {"hello"}


async def test_whoever_does_not_read_cannot_go_on_changing_things(world: World) -> None:
    """The socket's buffers are full, so it cannot be told that its key is gone; it is not listened to any more."""
    url = address(world.gateway.url)
    async with connected(url, TRANSPORT, max_queue=1) as client:
        await client.initialise(**world.bearer())
        for number in range(400):
            await client.start(f"q{number}", "{ " + " ".join(f"a{n}: __typename" for n in range(4000)) + " }")
        await accounts.delete_api_key(world.pool, world.key_id)
        await asyncio.sleep(3)
        late = {"name": "late", "tenant": str(world.mine)}
        with contextlib.suppress(websockets.ConnectionClosed):
            for number in range(10):
                await client.start(f"m{number}", CREATE_PROJECT, late)
                await asyncio.sleep(0.2)
        assert await world.pool.fetchval("SELECT count(*) FROM project WHERE name = 'late'") == 0


# --- bounds -----------------------------------------------------------------------------------------------


async def test_operations_and_sockets_have_a_limit(database: str) -> None:
    settings = settings_for(database, sockets_limit=2, socket_operations_limit=3)
    async with serve(settings) as gateway:
        async with opened(gateway) as client, opened(gateway):
            for number in range(3):
                await client.start(str(number), PROJECTS)
                await client.next(str(number))
            await client.start("more", PROJECTS)
            assert "at most 3" in (await client.error("more"))[0]["message"]
            await client.stop("0")
            await client.start("more", PROJECTS)
            await client.next("more")
            with pytest.raises(websockets.InvalidStatus) as caught:
                async with opened(gateway):
                    pass
            assert caught.value.response.status_code == 503
        async with asyncio.timeout(10):
            while True:  # their places are free again
                try:
                    async with opened(gateway):
                        break
                except websockets.InvalidStatus:
                    await asyncio.sleep(0.05)


async def test_a_busy_process_says_so(database: str) -> None:
    settings = settings_for(database)
    async with (
        serve(settings, replace(Limits.of(settings), requests=0)) as gateway,
        opened(gateway) as client,
    ):
        await client.start("1", "{ hello }")
        assert (await client.error("1"))[0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        await client.start("s", PROJECTS)
        assert await client.next("s") == {"data": {"project": []}}


async def test_sockets_and_subscriptions_are_counted(
    listener: socket.socket,  # noqa: F811
    database: str,
) -> None:
    # A process of its own: the gauges of this one are also those of the other tests' gateways.
    url = url_of(listener)
    async with gateway_process(listener, database), httpx2.AsyncClient(base_url=url, timeout=30) as http:

        async def until(sockets: int, subscriptions: int) -> None:
            async with asyncio.timeout(20):
                while True:
                    found = samples((await http.get("/metrics")).text)
                    numbers = one(found, "lictor_websockets"), one(found, "lictor_subscriptions")
                    if numbers == (sockets, subscriptions):
                        return
                    await asyncio.sleep(0.1)

        async with connected(address(url), TRANSPORT) as client, connected(address(url), APOLLO):
            await client.initialise()
            for number in range(3):
                await client.start(str(number), PROJECTS)
            await until(2, 3)
            await client.stop("1")
            await until(2, 2)
        await until(0, 0)


# --- the way things end -----------------------------------------------------------------------------------


async def test_a_subscription_outlives_an_outage(own_postgres: PostgresServer) -> None:  # noqa: F811
    settings = settings_for(own_postgres.dsn("away"))
    async with serve(settings, replace(Limits.of(settings), database_wait=1.0)) as gateway:
        tenant = await make_tenant(gateway)
        async with opened(gateway) as client:
            await client.start("old", PROJECTS)
            assert await client.next("old") == {"data": {"project": []}}
            await asyncio.to_thread(own_postgres.stop, "immediate")
            assert_away(await client.next("old"))
            await client.start("new", PROJECTS)
            assert_away(await client.next("new"))
            await client.start("m", CREATE_PROJECT, {"name": "p", "tenant": tenant})
            assert_away(await client.next("m"))
            await client.complete("m")
            await asyncio.to_thread(own_postgres.start)
            assert (await gateway.post(CREATE_PROJECT, {"name": "p", "tenant": tenant})).status_code == 200
            latest: dict[str, Any] = {}
            async with asyncio.timeout(30):
                back = {"data": {"project": [{"name": "p"}]}}
                while latest != {"old": back, "new": back}:
                    message = await client.receive()
                    assert message["type"] == "next"
                    latest[message["id"]] = message["payload"]


def assert_away(payload: Any) -> None:
    assert [error["extensions"]["code"] for error in payload["errors"]] == ["SERVICE_UNAVAILABLE"]
    assert "data" not in payload


async def test_sigterm_closes_sockets_and_ends_in_order(
    listener: socket.socket,  # noqa: F811
    database: str,
) -> None:
    async with gateway_process(listener, database) as running:
        async with connected(address(url_of(listener)), TRANSPORT) as client:
            await client.initialise()
            await client.start("s", PROJECTS)
            assert await client.next("s") == {"data": {"project": []}}
            running.send_signal(signal.SIGTERM)
            assert (await client.closed())[0] == 1012
        async with asyncio.timeout(20):
            assert await running.wait() == 0
        assert running.stderr is not None
        log = (await running.stderr.read()).decode()
    # No subscription met a pool that was closed before it.
    assert '"level": "error"' not in log, log
    assert "Traceback" not in log, log
