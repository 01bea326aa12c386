"""Schemathesis over the OpenAPI document: what it says of every route is true of a real gateway on a real database.

For each operation valid and invalid calls are made from the document (bounded, and the same in every run), and every
answer is held against it: status, content type, schema, that invalid payloads are refused, that nobody gets in without
the secret. Ids are those of objects that exist, wherever one of that kind is asked for.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import allow_header_conformance, unsupported_method

from lictor.actions.gateway.app import METADATA_DIR
from lictor.actions.openapi import openapi
from lictor.actions.registry import ACTIONS
from lictor.orchestration import accounts
from lictor.orchestration.sealing import new_key
from lictor.settings import Settings
from lictor.workers.lease import Lease
from tests.actions.calls import Api, make_world
from tests.actions.gateway.conftest import serve, settings_for

SECRET = "the secret of these tests"
DOCUMENT = openapi(Settings(database_url="postgresql:///", auth="key"), METADATA_DIR)
CONFIG = {
    "generation": {"deterministic": True, "max-examples": 3, "database": "none"},
    # A payload of the right types is refused all the same where its ids are of nothing (Hasura wants a 4xx for that).
    "checks": {"positive_data_acceptance": {"enabled": False}},
}

schema = schemathesis.openapi.from_dict(DOCUMENT, config=SchemathesisConfig.from_dict(CONFIG))
world: dict[str, str] = {}


class Serving(threading.Thread):
    """A gateway in a loop of its own: Schemathesis calls it from synchronous tests."""

    def __init__(self, dsn: str) -> None:
        super().__init__(daemon=True)
        self.dsn = dsn
        self.url = self.key = ""
        self.failure: BaseException | None = None
        self.ready = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.end = asyncio.Event()

    def run(self) -> None:
        try:
            self.loop.run_until_complete(self._serve())
        except BaseException as failure:
            self.failure = failure
        finally:
            self.ready.set()

    async def _serve(self) -> None:
        more: dict[str, Any] = {"actions_secret": SECRET, "secret_key": new_key(), "auth_cache_seconds": 60}
        connection = await asyncpg.connect(self.dsn)
        async with serve(settings_for(self.dsn, **more)) as unguarded:
            world.update(await make_world(Api(unguarded, connection)))
        world.update({"x-hasura-tenant-id": world["tenant_id"], "x-hasura-user-id": world["user_id"]})
        key = await accounts.create_api_key(connection, user_id=UUID(world["user_id"]), name="key")
        # A clock that leads, so that the gateway is ready.
        assert await Lease("clock", timedelta(hours=1)).keep(connection)
        await connection.close()
        async with serve(settings_for(self.dsn, auth="key", **more)) as running:
            self.url, self.key = running.url, key.key
            self.ready.set()
            await self.end.wait()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.end.set)
        self.join(30)
        self.loop.close()


@pytest.fixture(scope="module")
def gateway(postgres, template_database) -> Iterator[Serving]:
    postgres.create_database("openapi", template=template_database)
    serving = Serving(postgres.dsn("openapi"))
    serving.start()
    serving.ready.wait(60)
    assert serving.url, serving.failure
    yield serving
    serving.stop()
    postgres.drop_database("openapi")


def existing(value: Any, name: str = "") -> Any:
    """`value` with ids of objects that exist, where it has ids."""
    if isinstance(value, dict):
        return {key: existing(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [existing(item, name) for item in value]
    try:
        return world.get(name, value) if isinstance(value, str) and UUID(value) else value
    except ValueError:
        return value


@schema.hook
def map_body(context: Any, body: Any) -> Any:
    if not isinstance(body, dict) or "confirm" in str(body):  # one tenant has to stay
        return body
    parts = {
        name: existing(body[name])
        for name in ("input", "session_variables")
        if isinstance(body.get(name), dict)
    }
    return {**body, **parts}


@schema.parametrize()
def test_what_the_document_says_is_true(case: schemathesis.Case, gateway: Serving) -> None:
    headers = {"X-Lictor-Actions-Secret": SECRET, "Authorization": f"Bearer {gateway.key}"}
    # POST is GraphQL at every path that is no action's, also at those of health (contract server.md 3.1).
    open_to_all = [] if case.path.startswith("/actions/") else [unsupported_method, allow_header_conformance]
    case.call_and_validate(base_url=gateway.url, headers=headers, excluded_checks=open_to_all)


def test_the_document_is_served_and_whole(gateway: Serving) -> None:
    served = httpx2.get(f"{gateway.url}/openapi.json")
    assert served.status_code == 200
    assert served.json() == DOCUMENT
    paths = served.json()["paths"]
    assert {path.removeprefix("/actions/") for path in paths if path.startswith("/actions/")} == set(ACTIONS)
