"""Without keys: pages of other sites in a browser on this machine change and read nothing (CSRF, DNS rebinding)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from lictor.actions.gateway.errors import HttpProblem
from lictor.actions.gateway.pages import Pages
from lictor.settings import Settings
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for

CREATE = "mutation ($n: String!) { create_tenant(input: {name: $n, slug: $n}) { id } }"
EVIL = [
    "https://evil.example",
    "http://evil.example:4200",
    "null",
    "file://",
    "http://localhost.evil.example",
    "x",
]


async def created(gateway: RunningGateway, name: str) -> bool:
    found = await gateway.post("query ($n: String) { tenant(where: {slug: {_eq: $n}}) { id } }", {"n": name})
    return bool(found.json()["data"]["tenant"])


async def create(gateway: RunningGateway, **headers: str) -> tuple[int, bool]:
    """The status of a mutation, and whether it was made."""
    name = f"t-{uuid4().hex}"
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await gateway.post(CREATE, {"n": name}, headers=sent)
    return answer.status_code, await created(gateway, name)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json"]
)
@pytest.mark.parametrize("origin", EVIL)
async def test_a_page_of_another_site_changes_nothing(
    gateway: RunningGateway, origin: str, kind: str
) -> None:
    """Whatever it says that it sends: a form asks for no permission, and preflights give it."""
    assert await create(gateway, origin=origin, content_type=kind) == (403, False)


async def test_nor_does_it_read(gateway: RunningGateway) -> None:
    for path in ("/?query={hello}", "/metrics"):
        answer = await gateway.client.get(path, headers={"origin": EVIL[0]})
        assert answer.status_code == 403
        assert "data" not in answer.json()
    told = answer.json()["errors"][0]["message"]
    assert "LICTOR_ALLOWED_ORIGINS" in told
    assert "LICTOR_AUTH=key" in told


@pytest.mark.parametrize(
    "origin", ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:3000", "https://ui.localhost"]
)
async def test_the_original_ui_on_another_port(gateway: RunningGateway, origin: str) -> None:
    assert await create(gateway, origin=origin) == (200, True)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
async def test_programs_name_no_origin(gateway: RunningGateway, kind: str) -> None:
    """curl without -H sends the kind of forms."""
    assert await create(gateway, content_type=kind) == (200, True)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4200", "127.0.0.1.evil.example", "localhost.evil.example:80"]
)
async def test_under_a_name_of_somebody_else_nothing_is_answered(gateway: RunningGateway, host: str) -> None:
    """A name whose owner lets it point to 127.0.0.1: for the browser the page and the server are one."""
    assert await create(gateway, host=host) == (403, False)
    assert await create(gateway, host=host, origin=f"http://{host}") == (403, False)
    assert await create(gateway, host=host, x_forwarded_host="localhost") == (403, False)
    for path in ("/?query={hello}", "/metrics"):
        answer = await gateway.client.get(path, headers={"host": host})
        assert answer.status_code == 403
        assert "LICTOR_ALLOWED_HOSTS" in answer.json()["errors"][0]["message"]
    got = await gateway.raw(
        f"GET /graphql HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    assert got.startswith(b"HTTP/1.1 403")
    # Probes call by any name, and what they get is nobody's.
    assert (await gateway.client.get("/livez", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:4200",
        "127.0.0.1",
        "[::1]:4200",
        "10.1.2.3",
        "host.docker.internal",
        "actions:4200",
    ],
)
async def test_names_that_nobody_else_can_have(gateway: RunningGateway, host: str) -> None:
    assert await create(gateway, host=host) == (200, True)


async def test_http_1_0_names_no_host(gateway: RunningGateway) -> None:
    got = await gateway.raw(b"GET /?query={hello} HTTP/1.0\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200")


async def test_a_preflight_grants_no_proxys_word(gateway: RunningGateway) -> None:
    """With it a page could say that the server's name is its own."""
    for asked in ("content-type,x-forwarded-host", "X-Forwarded-Host", "forwarded"):
        headers = {"origin": EVIL[0], "access-control-request-headers": asked}
        answer = await gateway.client.options("/", headers=headers)
        assert "forwarded" not in answer.headers["access-control-allow-headers"].lower()


@pytest.fixture
async def named(database: str) -> AsyncIterator[RunningGateway]:
    settings = settings_for(
        database,
        allowed_hosts="lictor.example",
        allowed_origins="https://ui.example",
        ui_url="https://seen.example/x",
    )
    async with serve(settings) as running:
        yield running


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "lictor.example:4200"}, 200),
        ({"host": "lictor.example", "origin": "https://lictor.example"}, 200),
        ({"host": "seen.example"}, 200),
        ({"host": "other.example"}, 403),
        ({"origin": "https://ui.example"}, 200),
        ({"origin": "http://ui.example"}, 403),
        ({"origin": "https://seen.example"}, 200),
        ({"origin": "https://proxied.example", "x-forwarded-host": "proxied.example"}, 200),
        ({"origin": "https://other.example", "x-forwarded-host": "proxied.example"}, 403),
    ],
)  # fmt: skip
async def test_names_of_the_settings(named: RunningGateway, headers: dict[str, str], status: int) -> None:
    answer = await named.post("{ hello }", headers=headers)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("settings", "lets_in"),
    [
        ({}, False),
        ({"auth": "key"}, True),
        ({"auth_off_anywhere": True}, True),
        ({"auth_off_anywhere": True, "allowed_hosts": "mine.example"}, False),
        ({"allowed_hosts": "*"}, True),
    ],
)
def test_when_any_name_will_do(settings: dict[str, Any], lets_in: bool) -> None:
    pages = Pages(Settings(**settings))
    if lets_in:
        pages.check({b"host": b"strange.example"})
    else:
        with pytest.raises(HttpProblem):
            pages.check({b"host": b"strange.example"})
