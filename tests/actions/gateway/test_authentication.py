"""Who gets in: no authentication, and LICTOR_AUTH=key, at every door of a real gateway."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from lictor.actions.gateway import authentication
from lictor.cli.embedded.postgres import PostgresServer
from lictor.keys import keyring_of
from lictor.orchestration import accounts, teams
from lictor.orchestration.sealing import SealError, new_key
from lictor.settings import Settings
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for

INFO = "{ auth_info { tenant_id user_id api_token_scope } }"
CORE = {"X-Prefect-Core-Version": "1.4.1"}


class World:
    """A gateway that asks for keys, the database behind it, and two tenants with a user each."""

    gateway: RunningGateway
    pool: asyncpg.Pool
    mine: UUID
    theirs: UUID
    user: UUID
    key: str
    other_key: str

    async def ask(self, query: str, key: str | None = None, variables: Any = None, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {key or self.key}", **headers}
        answer = (await self.gateway.post(query, variables, headers=sent)).json()
        assert "errors" not in answer, answer
        return answer["data"]


@pytest.fixture
async def world(postgres: PostgresServer, fresh_database: str) -> AsyncIterator[World]:
    world = World()
    settings = settings_for(fresh_database, auth="key", auth_cache_seconds=0, secret_key=new_key())
    async with (
        serve(settings) as world.gateway,
        asyncpg.create_pool(fresh_database, min_size=1) as world.pool,
    ):
        world.mine = await teams.create_tenant(world.pool, "mine", "mine")
        world.theirs = await teams.create_tenant(world.pool, "theirs", "theirs")
        world.user = await accounts.ensure_user(world.pool, "me", "mine")
        other = await accounts.ensure_user(world.pool, "them", "theirs")
        world.key, world.other_key = [
            (await accounts.create_api_key(world.pool, user_id=user, name="n")).key
            for user in (world.user, other)
        ]
        yield world


def is_refused(answer: Any, status: int) -> bool:
    """Whether nothing was answered but that the sender is not known."""
    body = answer.json()
    return (
        answer.status_code == status
        and "data" not in body
        and [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]
    )


@pytest.mark.parametrize(("headers", "status"), [({}, 401), (CORE, 200)], ids=["browser", "client"])
async def test_without_a_valid_key_nobody_gets_in(world: World, headers: dict[str, str], status: int) -> None:
    near = world.key[:-1] + ("a" if world.key[-1] != "a" else "b")
    given = [
        None,
        "",
        "Bearer",
        "Bearer undefined",
        "Basic bWU6bWU=",
        world.key,
        f"Bearer {near}",
        "Bearer ÿþ",
    ]
    bodies: list[Any] = [{"query": INFO}, [{"query": INFO}, {"query": "{ hello }"}], {"query": "{ nonsense"}]
    client = world.gateway.client
    for authorization in given:
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        if authorization is not None:
            sent.append((b"Authorization", authorization.encode("latin-1")))
        answers = [
            await client.post(path, json=body, headers=sent) for path in ("/", "/graphql") for body in bodies
        ]
        answers.append(await client.get("/", params={"query": INFO}, headers=sent))
        for answer in answers:
            assert is_refused(answer, status), (authorization, answer.text)
            assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_what_needs_no_key(world: World) -> None:
    for path in ("/livez", "/health", "/.well-known/apollo/server-health"):
        assert (await world.gateway.client.get(path)).status_code == 200
    assert (await world.gateway.client.options("/")).status_code == 204
    # Hasura's door has a secret of its own, and is shut without it.
    assert (await world.gateway.client.post("/actions/hello", json={})).status_code == 403


async def test_a_key_says_who_and_where(world: World) -> None:
    mine = {"tenant_id": str(world.mine), "user_id": str(world.user), "api_token_scope": "RUNNER"}
    assert (await world.ask(INFO))["auth_info"] == mine
    for garbage in ("null", "", "undefined"):
        assert (await world.ask(INFO, **{"X-Prefect-Tenant-Id": garbage}))["auth_info"] == mine
    assert (await world.ask(INFO, world.other_key))["auth_info"]["tenant_id"] == str(world.theirs)
    answer = await world.ask(
        "{ user { username default_membership { tenant { slug } } memberships { tenant_id } } }"
    )
    member = {
        "default_membership": {"tenant": {"slug": "mine"}},
        "memberships": [{"tenant_id": str(world.mine)}],
    }
    assert answer["user"] == [{"username": "me", **member}]


@pytest.mark.parametrize(("headers", "status"), [({}, 403), (CORE, 200)], ids=["browser", "client"])
async def test_a_tenant_of_others_stays_shut(world: World, headers: dict[str, str], status: int) -> None:
    for tenant in (world.theirs, uuid4()):
        sent = {"Authorization": f"Bearer {world.key}", "X-Prefect-Tenant-Id": str(tenant), **headers}
        answer = await world.gateway.post(INFO, headers=sent)
        assert is_refused(answer, status)
        assert f"not valid for the tenant {tenant}" in answer.text


async def test_an_expired_key_is_refused_at_once_and_a_flood_of_wrong_ones_displaces_none(
    world: World, fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a process remembers of a key ends with the key, and only keys that exist are remembered."""
    monkeypatch.setattr(authentication, "_REMEMBERED", 8)
    clock = SimpleNamespace(ahead=0.0, monotonic=lambda: time.monotonic() + clock.ahead)
    monkeypatch.setattr(authentication, "time", clock)
    soon = datetime.now(UTC) + timedelta(seconds=60)
    key = await accounts.create_api_key(world.pool, user_id=world.user, name="short", expires_at=soon)
    async with serve(settings_for(fresh_database, auth="key", auth_cache_seconds=300)) as remembering:

        async def status(key: str) -> int:
            answer = await remembering.post(INFO, headers={"Authorization": f"Bearer {key}"})
            return answer.status_code

        assert [await status(each) for each in (key.key, world.key)] == [200, 200]
        for number in range(20):
            assert await status(f"lictor_{number:012x}_{'a' * 43}") == 401
        # Not asked for again: it is remembered, although its row is gone.
        await world.pool.execute("DELETE FROM auth_api_key WHERE user_id = $1 AND name = 'n'", world.user)
        assert await status(world.key) == 200
        # A minute later, by the clock of the process and by that of the database.
        await world.pool.execute("UPDATE auth_api_key SET expires_at = now() WHERE id = $1", key.id)
        clock.ahead = 61.0
        assert await status(key.key) == 401
        assert await status(world.key) == 200


async def test_a_user_without_a_tenant(world: World) -> None:
    await world.pool.execute("DELETE FROM membership WHERE user_id = $1", world.user)
    assert is_refused(await world.gateway.post(INFO, headers={"Authorization": f"Bearer {world.key}"}), 403)


async def test_the_generated_fields_know_who_asks(world: World) -> None:
    both = {"X-Prefect-Tenant-Id": str(world.theirs)}
    await world.pool.execute(
        "INSERT INTO membership (user_id, tenant_id) VALUES ($1, $2)", world.user, world.theirs
    )
    set_one = 'mutation($v: JSON!) { set_key_value(input: {key: "k", value: $v}) { id } }'
    await world.ask(set_one, variables={"v": "here"})
    await world.ask(set_one, variables={"v": "there"}, **both)
    read = '{ key_value(where: {key: {_eq: "k"}}) { value } key_value_aggregate { aggregate { count } } }'
    one = {"aggregate": {"count": 1}}
    assert await world.ask(read) == {"key_value": [{"value": "here"}], "key_value_aggregate": one}
    assert await world.ask(read, **both) == {"key_value": [{"value": "there"}], "key_value_aggregate": one}
    # Actions and tables in one document take the other way through the engine.
    mixed = "{ key_value { value } secret_names auth_info { tenant_id } }"
    await world.ask('mutation { set_secret(input: {name: "s", value: {a: 1}}) { success } }', **both)
    assert await world.ask(mixed, **both) == {
        "key_value": [{"value": "there"}],
        "secret_names": ["s"],
        "auth_info": {"tenant_id": str(world.theirs)},
    }
    assert (await world.ask(mixed))["secret_names"] == []
    assert await world.ask('{ secret_value(name: "s") }', **both) == {"secret_value": {"a": 1}}
    keys = "{ auth_api_key(order_by: {created: asc}) { name user_id created_by { username } } }"
    assert [row["created_by"] for row in (await world.ask(keys))["auth_api_key"]] == [{"username": "me"}]
    assert (await world.ask(keys, world.other_key))["auth_api_key"][0]["created_by"] == {"username": "them"}


async def test_no_query_shows_digests_or_ciphertexts(world: World) -> None:
    answer = await world.ask("{ __schema { types { name fields { name } } } }")
    names = {
        name
        for kind in answer["__schema"]["types"]
        for name in (kind["name"], *(field["name"] for field in kind["fields"] or ()))
    }
    assert {"auth_api_key", "key_value", "secret_names"} <= names
    assert {
        "digest",
        "prefix",
        "ciphertext",
        "nonce",
        "secret",
        "api_key_digest",
        "vault_secret",
    } & names == set()


async def test_a_deleted_key_is_refused_when_the_memory_of_it_ends(fresh_database: str) -> None:
    async with (
        serve(settings_for(fresh_database, auth="key", auth_cache_seconds=300)) as slow,
        serve(settings_for(fresh_database, auth="key", auth_cache_seconds=0)) as quick,
        asyncpg.create_pool(fresh_database, min_size=1) as pool,
    ):
        await teams.create_tenant(pool, "t", "t")
        user = await accounts.ensure_user(pool, "me")
        made = await accounts.create_api_key(pool, user_id=user, name="n")
        headers = {"Authorization": f"Bearer {made.key}"}

        async def statuses() -> list[int]:
            return [(await each.post(INFO, headers=headers)).status_code for each in (slow, quick)]

        assert await statuses() == [200, 200]
        await accounts.delete_api_key(pool, made.id)
        assert await statuses() == [200, 401]


async def test_without_authentication_keys_are_ignored(fresh_database: str) -> None:
    async with (
        serve(settings_for(fresh_database)) as gateway,
        asyncpg.create_pool(fresh_database, min_size=1) as pool,
    ):
        oldest = await teams.create_tenant(pool, "oldest", "oldest")
        other = await teams.create_tenant(pool, "other", "other")
        admin = await accounts.ensure_user(pool, "admin")
        for authorization in ("Bearer undefined", "Bearer anything", "Basic x", ""):
            headers = {"Authorization": authorization, **CORE}
            for tenant, found in (("null", oldest), (str(other), other)):
                answer = await gateway.post(INFO, headers={**headers, "X-Prefect-Tenant-Id": tenant})
                info = answer.json()["data"]["auth_info"]
                assert (info["tenant_id"], info["user_id"]) == (str(found), str(admin))
        answer = await gateway.post(INFO, headers={"X-Prefect-Tenant-Id": str(uuid4())})
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_keys_for_secrets_come_from_the_environment_or_a_file(tmp_path, monkeypatch) -> None:
    first, second = new_key(), new_key()
    assert keyring_of(Settings()) is None
    path = tmp_path / "keys"
    monkeypatch.setenv("LICTOR_SECRET_KEY_FILE", str(path))
    with pytest.raises(SealError, match=r"LICTOR_SECRET_KEY_FILE \(.*\) cannot be read"):
        keyring_of(Settings())
    path.write_text(f"# newest first\n{first}\n{second}\n")
    of_file = keyring_of(Settings())
    monkeypatch.setenv("LICTOR_SECRET_KEY", f"{second},{first}")
    of_variable = keyring_of(Settings())
    assert of_file is not None
    assert of_variable is not None
    assert of_file.key_id != of_variable.key_id
    assert first not in repr(Settings()) + str(Settings())
    monkeypatch.setenv("LICTOR_SECRET_KEY", "short")
    with pytest.raises(SealError, match="LICTOR_SECRET_KEY: ") as refused:
        keyring_of(Settings())
    assert "short" not in str(refused.value)
