"""Every address of a gateway that asks for keys, with every method: who has no key gets nothing that is anybody's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx2
import pytest
import websockets

from lictor.actions.gateway.errors import HttpProblem
from lictor.actions.gateway.routes import ROUTES, Door, route_of
from lictor.cli.embedded.postgres import PostgresServer
from lictor.orchestration import accounts, teams
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "X")
SECRET, TOKEN = "hasura's secret", "the metrics' token"
QUERY = "{ tenant { slug } }"
# A request that each route would answer, if its door were open.
EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "action": ("/actions/hello", {"json": {"action": {"name": "hello"}, "input": {}}}),
    "graphql": ("/graphql", {"json": {"query": QUERY}}),
    "socket": ("/graphql", {}),
    "server_health": ("/.well-known/apollo/server-health", {}),
    "live": ("/livez", {}),
    "health": ("/health", {}),
    "ready": ("/ready?exclude=leader", {}),
    "openapi": ("/openapi.json", {}),
    "metrics": ("/metrics", {}),
    "query": ("/anything?query=%7B%20tenant%20%7B%20slug%20%7D%20%7D", {}),
    "settings": ("/settings.json", {}),
    "page": ("/flow/1", {"headers": {"accept": "text/html"}}),
}
SLUG = "a-tenant-nobody-else-may-see"


class World:
    gateway: RunningGateway
    right: dict[Door, dict[str, str]]


@pytest.fixture(scope="module")
async def world(postgres: PostgresServer, template_database: str) -> AsyncIterator[World]:
    postgres.create_database("routes", template=template_database)
    dsn = postgres.dsn("routes")
    settings = settings_for(dsn, auth="key", actions_secret=SECRET, metrics="token", metrics_token=TOKEN)
    found = World()
    async with serve(settings) as found.gateway:
        async with asyncpg.create_pool(dsn, min_size=1) as pool:
            await teams.create_tenant(pool, SLUG, SLUG)
            user = await accounts.ensure_user(pool, "me", SLUG)
            key = (await accounts.create_api_key(pool, user_id=user, name="n")).key
        found.right = {
            Door.KEY: {"authorization": f"Bearer {key}"},
            Door.METRICS: {"authorization": f"Bearer {TOKEN}"},
            Door.SECRET: {"x-lictor-actions-secret": SECRET},
            Door.PUBLIC: {},
        }
        yield found
    postgres.drop_database("routes")


def test_every_route_has_an_example_which_is_its_own() -> None:
    assert set(EXAMPLES) == {route.name for route in ROUTES}
    for route in ROUTES:
        path, _, query = EXAMPLES[route.name][0].partition("?")
        assert route_of(route.method, path, query.encode()) == route
        assert route.why


def test_no_route_is_in_the_shade_of_another() -> None:
    """A public row that fits more than its own addresses would open those of the rows below."""
    for route in ROUTES[:-1]:
        if route.door is Door.PUBLIC:
            assert not route.path.endswith("*"), route.name
            assert route.method == "GET", route.name


@pytest.mark.parametrize("keys", ["none", "wrong", "of another door", "right"])
@pytest.mark.parametrize("name", [route.name for route in ROUTES if route.method != "WEBSOCKET"])
async def test_every_door(world: World, name: str, keys: str) -> None:
    route = next(route for route in ROUTES if route.name == name)
    path, more = EXAMPLES[name]
    others = [given for door, given in world.right.items() if door not in (route.door, Door.PUBLIC)]
    sent = {
        "none": [{}],
        "wrong": [{"authorization": "Bearer lictor_wrong", "x-lictor-actions-secret": "wrong"}],
        "of another door": others,
        "right": [world.right[route.door]],
    }[keys]
    for headers in sent:
        given = {**more, "headers": {**more.get("headers", {}), **headers}}
        answer = await world.gateway.client.request(route.method, path, **given)
        if keys == "right" or route.door is Door.PUBLIC:
            assert answer.status_code == 200, answer.text
            assert (SLUG in answer.text) == (route.door is Door.KEY)
        else:
            assert answer.status_code == 401, answer.text
            assert SLUG not in answer.text


@pytest.mark.parametrize("method", METHODS)
async def test_every_method_at_every_address_without_a_key(world: World, method: str) -> None:
    """What is not refused is public: it is the same for who has the key."""
    if method == "CONNECT":  # httpx and proxies mean something else by it
        with pytest.raises(HttpProblem):
            route_of(method, "/", b"")
        return
    for name, (path, more) in EXAMPLES.items():
        answer = await world.gateway.client.request(method, path, **more)
        assert SLUG not in answer.text
        try:
            route = route_of(method, path.partition("?")[0], path.partition("?")[2].encode())
        except HttpProblem:
            assert answer.status_code in (400, 405), (name, answer.status_code)
            continue
        expected = (200, 400) if route.door is Door.PUBLIC else (401,)
        assert answer.status_code in expected, (name, answer.status_code, answer.text)


async def test_the_door_comes_before_the_body(world: World) -> None:
    """Who may not ask is not parsed either."""
    for path in ("/graphql", "/actions/hello", "/actions/no_such_action"):
        answer = await world.gateway.client.post(path, content=b"{")
        assert answer.status_code == 401, answer.text


async def test_a_key_in_an_address_opens_nothing(world: World) -> None:
    key = world.right[Door.KEY]["authorization"].removeprefix("Bearer ")
    for name in ("authorization", "access_token", "api_key", "key", "token"):
        for value in (key, f"Bearer%20{key}"):
            asked = f"/graphql?{name}={value}"
            for answer in (
                await world.gateway.client.post(asked, json={"query": QUERY}),
                await world.gateway.client.get(f"{asked}&query=%7Btenant%7Bslug%7D%7D"),
            ):
                assert answer.status_code == 401
                assert key not in answer.text


async def test_a_socket_without_a_key(world: World) -> None:
    url = world.gateway.url.replace("http:", "ws:") + "/graphql"
    async with websockets.connect(
        url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]
    ) as socket:
        await socket.send('{"type": "connection_init", "payload": {}}')
        await socket.wait_closed()
    assert socket.close_code in (4401, 4403)


_UNSIGNED = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIxIiwieC1oYXN1cmEtcm9sZSI6ImFkbWluIn0."


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {_UNSIGNED}"},
        {"authorization": f"Bearer {_UNSIGNED}AAAA"},
        {"x-hasura-role": "admin"},
        {"x-hasura-admin-secret": "x", "x-hasura-role": "admin", "x-hasura-tenant-id": "1"},
        {"x-hasura-user-id": "00000000-0000-0000-0000-000000000001"},
        {"cookie": "authorization=Bearer x; session=1"},
        {"x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1", "forwarded": "for=127.0.0.1"},
        {"x-original-url": "/health", "x-rewrite-url": "/health"},
        {"x-http-method-override": "GET"},
    ],
    ids=lambda headers: next(iter(headers)),
)
async def test_claims_that_open_nothing(world: World, headers: dict[str, str]) -> None:
    answer = await world.gateway.post(QUERY, headers=headers)
    assert answer.status_code == 401, answer.text


@pytest.mark.parametrize(
    "forged", ["x-hasura-role", "x-hasura-tenant-id", "x-hasura-user-id", "x-hasura-admin-secret"]
)
async def test_who_has_a_key_becomes_nobody_else(world: World, forged: str) -> None:
    right = world.right[Door.KEY]
    honest: httpx2.Response = await world.gateway.post(QUERY, headers=right)
    assert honest.json()["data"]["tenant"] == [{"slug": SLUG}]
    answer = await world.gateway.post(QUERY, headers={**right, forged: "admin"})
    assert answer.json() == honest.json()
