"""The gateway before a GraphQL server of its own process: what is asked, who is told to ask, and what its absence means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import orjson
import pytest
import uvicorn
from pydantic import ValidationError

from lictor.actions.gateway.database import BackEndAway, Fate
from lictor.actions.gateway.errors import Unavailable
from lictor.actions.gateway.hasura import foreign
from lictor.actions.gateway.hasura.answers import failure_of, judged
from lictor.actions.gateway.limits import Limits
from lictor.cli.embedded.postgres import PostgresServer
from lictor.engine import GraphQLFailure
from lictor.orchestration import accounts, teams
from lictor.settings import Settings
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for
from tests.actions.gateway.hasura_process import ACTIONS_SECRET, ADMIN_SECRET, EngineProcess, before_an_engine
from tests.actions.gateway.test_metrics import one, samples
from tests.engine.sockets import APOLLO, TRANSPORT, connected

CREATE_TENANT = "mutation ($input: create_tenant_input!) { create_tenant(input: $input) { id } }"
CREATE_PROJECT = "mutation ($input: create_project_input!) { create_project(input: $input) { id } }"
START = 'cursor: {initial_value: {id: "00000000-0000-0000-0000-000000000000"}}'
PROJECTS = "subscription { project(order_by: {name: asc}) { name } }"


House = tuple[RunningGateway, EngineProcess, str]


@pytest.fixture(scope="module")
async def house(postgres: PostgresServer, template_database: str) -> AsyncIterator[House]:
    postgres.create_database("house", template=template_database)
    dsn = postgres.dsn("house")
    async with before_an_engine(dsn) as (gateway, engine):
        yield gateway, engine, dsn
    postgres.drop_database("house")


@pytest.fixture
def gateway(house: House) -> RunningGateway:
    return house[0]


def beside(dsn: str, engine: EngineProcess, **more: Any) -> Settings:
    """Settings of another gateway before the same engine."""
    usual = {"graphql_url": engine.url, "graphql_admin_secret": ADMIN_SECRET}
    return settings_for(dsn, **{**usual, **more})


async def make(gateway: RunningGateway) -> tuple[str, str]:
    """A tenant and its name."""
    name = f"t-{uuid4()}"
    answer = await gateway.post(CREATE_TENANT, {"input": {"name": name, "slug": name}})
    return answer.json()["data"]["create_tenant"]["id"], name


async def asked(gateway: RunningGateway) -> float:
    """How often Hasura has answered with data."""
    text = (await gateway.client.get("/metrics")).text
    return one(samples(text), "lictor_hasura_seconds_count", outcome="ok")


async def test_queries_go_to_hasura_and_custom_fields_do_not(gateway: RunningGateway) -> None:
    before = await asked(gateway)
    tenant, name = await make(gateway)
    assert await asked(gateway) == before
    found = await gateway.post("query ($n: String) { tenant(where: {name: {_eq: $n}}) { id } }", {"n": name})
    assert found.json() == {"data": {"tenant": [{"id": tenant}]}}
    assert await asked(gateway) == before + 1


async def test_a_document_of_both_is_hasuras_which_calls_the_handlers_back(gateway: RunningGateway) -> None:
    tenant, _ = await make(gateway)
    before = await asked(gateway)
    answer = await gateway.post(
        "mutation ($input: create_project_input!, $t: uuid!) { create_project(input: $input) { id }"
        ' update_tenant(where: {id: {_eq: $t}}, _set: {name: "other"}) { affected_rows } hello: __typename }',
        {"input": {"tenant_id": tenant, "name": "both"}, "t": tenant},
    )
    data = answer.json()["data"]
    assert data["update_tenant"] == {"affected_rows": 1}
    assert await asked(gateway) == before + 1
    found = await gateway.post("query ($i: uuid!) { project_by_pk(id: $i) { name tenant { name } } }", {"i": data["create_project"]["id"]})  # fmt: skip
    assert found.json()["data"]["project_by_pk"] == {"name": "both", "tenant": {"name": "other"}}
    both = await gateway.post("{ hello tenant(limit: 0) { id } }")
    assert both.json()["data"]["tenant"] == []
    assert both.json()["data"]["hello"]


async def test_errors_are_what_they_are_in_one_process(
    gateway: RunningGateway, postgres: PostgresServer
) -> None:
    unknown = str(uuid4())
    orphan = f'mutation {{ insert_project_one(object: {{name: "x", tenant_id: "{unknown}"}}) {{ id }} }}'
    mixed = (
        f'mutation {{ create_project(input: {{name: "x", tenant_id: "{unknown}"}}) {{ id }}'
        " delete_tenant_rows(where: {id: {_in: []}}) { affected_rows } }"
    )
    cases: list[tuple[str, Any]] = [
        ("{ no_such_field }", None),
        ("{ tenant { no_such_column } }", None),
        ("{ tenant", None),
        ("query ($i: uuid!) { project_by_pk(id: $i) { id } }", {}),
        ("query ($i: uuid!) { project_by_pk(id: $i) { id } }", {"i": "garbage"}),
        ('{ project_by_pk(id: "garbage") { id } }', None),
        ('{ hello project_by_pk(id: "garbage") { id } }', None),
        ("{ flow { tasks { flow { tasks { flow { tasks { flow { id } } } } } } } }", None),
        (orphan, None),
        ("subscription { project { id } }", None),
        ("query A { hello } query B { hello }", None),
    ]
    async with serve(settings_for(postgres.dsn("house"))) as alone:
        for query, variables in cases:
            here, there = await alone.post(query, variables), await gateway.post(query, variables)
            assert (there.status_code, there.json()) == (here.status_code, here.json()), query
        here, there = (await alone.post(mixed)).json(), (await gateway.post(mixed)).json()
        # A Hasura does not say which of several fields a handler's error is of.
        del here["errors"][0]["path"], here["errors"][0]["locations"]
        assert there == here


async def test_variables_that_are_not_declared_or_used_are_dropped(gateway: RunningGateway) -> None:
    query = "query ($n: Int, $spare: Int) { tenant(limit: $n) { id } }"
    answer = await gateway.post(query, {"n": 0, "spare": 1, "undeclared": {}})
    assert answer.json() == {"data": {"tenant": []}}


async def test_batches(gateway: RunningGateway) -> None:
    tenant, name = await make(gateway)
    operations = [
        {"query": f'{{ tenant(where: {{name: {{_eq: "{name}"}}}}) {{ id }} }}'},
        {"query": "{ no_such_field }"},
        {"query": "{ hello }"},
    ]
    first, second, third = (await gateway.client.post("/", json=operations)).json()
    assert first == {"data": {"tenant": [{"id": tenant}]}}
    assert second["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert set(third) == {"data"}


async def test_what_clients_send_as_hasuras_headers_is_not_passed_on(gateway: RunningGateway) -> None:
    forged = {
        "X-Hasura-Role": "nobody",
        "X-Hasura-Admin-Secret": "wrong",
        "X-Hasura-Tenant-Id": str(uuid4()),
        "X-Hasura-User-Id": str(uuid4()),
    }
    both = "{ auth_info { tenant_id user_id } tenant(limit: 0) { id } }"
    plain, other = await gateway.post(both), await gateway.post(both, headers=forged)
    assert other.json() == plain.json()
    assert "errors" not in other.json()
    async with connected(gateway.url.removeprefix("http://"), TRANSPORT) as client:
        await client.initialise(**forged)
        await client.start("s", "subscription { tenant(limit: 0) { id } }")
        assert await client.next("s") == {"data": {"tenant": []}}


async def test_keys_are_roles_and_tenants_of_hasuras_sessions(house: House) -> None:
    _, engine, dsn = house
    async with (
        serve(beside(dsn, engine, auth="key", auth_cache_seconds=0)) as gateway,
        asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool,
    ):
        keys, tenants, names = [], [], [f"t-{uuid4()}", f"t-{uuid4()}"]
        for name in names:
            tenants.append(str(await teams.create_tenant(pool, name, name)))
            user = await accounts.ensure_user(pool, name, name)
            made = await accounts.create_api_key(pool, user_id=user, name="n")
            keys.append({"Authorization": f"Bearer {made.key}"})
            project = {"input": {"tenant_id": tenants[-1], "name": name}}
            assert "errors" not in (await gateway.post(CREATE_PROJECT, project, headers=keys[-1])).json()
        for key, tenant, name in zip(keys, tenants, names, strict=True):
            query = "{ project { name } auth_info { tenant_id } }"
            answer = await gateway.post(query, headers={**key, "X-Hasura-Role": "admin"})
            assert answer.json() == {
                "data": {"project": [{"name": name}], "auth_info": {"tenant_id": tenant}}
            }
        # A generated mutation is the admin's only.
        delete = "mutation { delete_project_rows(where: {}) { affected_rows } }"
        assert (await gateway.post(delete, headers=keys[0])).status_code == 400
        async with connected(gateway.url.removeprefix("http://"), APOLLO) as client:
            await client.initialise(**keys[1])
            await client.start("s", PROJECTS)
            assert await client.next("s") == {"data": {"project": [{"name": names[1]}]}}


async def test_live_queries_outlive_hasura_and_streams_say_that_they_cannot(fresh_database: str) -> None:
    async with before_an_engine(fresh_database) as (gateway, engine):
        tenant, _ = await make(gateway)
        address = gateway.url.removeprefix("http://")
        async with connected(address, TRANSPORT) as new, connected(address, APOLLO) as old:
            for client in (new, old):
                await client.initialise()
                await client.start("s", PROJECTS)
                assert await client.next("s") == {"data": {"project": []}}
            await gateway.post(CREATE_PROJECT, {"input": {"tenant_id": tenant, "name": "one"}})
            for client in (new, old):
                assert await client.next("s") == {"data": {"project": [{"name": "one"}]}}
                await client.start("q", "{ tenant(limit: 0) { id } }")
                assert await client.next("q") == {"data": {"tenant": []}}
                await client.complete("q")

            async with connected(address, TRANSPORT) as streaming:
                await streaming.initialise()
                await streaming.start(
                    "s", f"subscription {{ project_stream(batch_size: 5, {START}) {{ name }} }}"
                )
                assert await streaming.next("s") == {"data": {"project_stream": [{"name": "one"}]}}
                await engine.kill()
                [told] = await streaming.error("s")
                assert "Begin this stream again" in told["message"]

            for client in (new, old):
                waits = await client.next("s")
                assert waits["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
            await engine.start()
            for client in (new, old):
                while "errors" in (answer := await client.next("s")):
                    pass
                assert answer == {"data": {"project": [{"name": "one"}]}}
                await client.stop("s")


async def test_while_hasura_is_away_clients_are_told_to_come_again(fresh_database: str) -> None:
    limits = replace(Limits.of(settings_for(fresh_database)), database_wait=1.0)
    async with before_an_engine(fresh_database, limits) as (gateway, engine):
        assert (await gateway.client.get("/ready?exclude=leader")).status_code == 200
        await engine.kill()
        insert = 'mutation { insert_tenant_one(object: {name: "x", slug: "x"}) { id } }'
        for query in ("{ tenant(limit: 0) { id } }", insert):
            answer = await gateway.post(query)
            assert answer.status_code == 503
            assert "retry-after" not in answer.headers
            assert answer.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        both = await gateway.client.post("/", json=[{"query": "{ tenant(limit: 0) { id } }"}] * 2)
        assert both.status_code == 503
        # Custom fields do not need it; the process lives.
        await make(gateway)
        assert (await gateway.client.get("/health")).status_code == 200
        sick = await gateway.client.get("/ready?exclude=leader")
        assert sick.status_code == 503
        assert "LICTOR_GRAPHQL_URL" in sick.json()["checks"]["graphql"]["message"]

        # What is asked meanwhile is answered by the one that comes in time.
        waiting = asyncio.create_task(retried(gateway, insert))
        await engine.start()
        assert await waiting == 1
        found = await gateway.post('{ tenant(where: {slug: {_eq: "x"}}) { name } }')
        assert found.json() == {"data": {"tenant": [{"name": "x"}]}}


async def retried(gateway: RunningGateway, mutation: str) -> int:
    """Ask as clients do, again after a 503; how often it was answered."""
    async with asyncio.timeout(60):
        while (answer := await gateway.post(mutation)).status_code == 503:
            pass
    return len(answer.json()["data"])


async def test_a_wrong_admin_secret_is_told_to_the_operator(house: House) -> None:
    _, engine, dsn = house
    settings = beside(dsn, engine, graphql_admin_secret="wrong")
    async with serve(settings, replace(Limits.of(settings), database_wait=0.1)) as gateway:
        ready = await gateway.client.get("/ready")
        assert "LICTOR_GRAPHQL_ADMIN_SECRET" in ready.json()["checks"]["graphql"]["message"]
        answer = await gateway.post("{ tenant(limit: 0) { id } }")
        assert answer.status_code == 503
        assert "wrong" not in answer.text
        assert ADMIN_SECRET not in answer.text


async def test_all_can_go_through_hasura(house: House) -> None:
    _, engine, dsn = house
    async with serve(beside(dsn, engine, graphql_actions="hasura")) as gateway:
        before = await asked(gateway)
        tenant, _ = await make(gateway)
        assert await asked(gateway) == before + 1
        project = {"input": {"tenant_id": str(uuid4()), "name": "one"}}
        [told] = (await gateway.post(CREATE_PROJECT, project)).json()["errors"]
        assert told["message"] == "Foreign key violation."
        assert told["path"] == ["create_project"]
        info = await gateway.post("{ auth_info { tenant_id } }", headers={"X-Prefect-Tenant-Id": tenant})
        assert info.json()["data"]["auth_info"]["tenant_id"] == tenant


async def test_tables_that_only_hasura_knows_are_shown(house: House) -> None:
    gateway, engine, dsn = house
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE shop (id int PRIMARY KEY, name text)")
    await connection.execute("INSERT INTO shop VALUES (1, 'a')")
    await connection.close()
    query = "query ($i: Int!, $not: Int) { shop_by_pk(id: $i) { ...f } } fragment f on shop { name }"
    unknown = await gateway.post(query, {"i": 1, "not": 2})
    assert (unknown.status_code, "shop_by_pk" in unknown.text) == (400, True)
    track = {"type": "pg_track_table", "args": {"schema": "public", "name": "shop"}}
    async with httpx2.AsyncClient(base_url=engine.url, timeout=30) as admin:
        told = await admin.post("/v1/metadata", json=track, headers={"X-Hasura-Admin-Secret": ADMIN_SECRET})
        assert told.status_code == 200, told.text
    answer = await gateway.post(query, {"i": 1, "not": 2})
    assert answer.json() == {"data": {"shop_by_pk": {"name": "a"}}}
    async with connected(gateway.url.removeprefix("http://"), TRANSPORT) as client:
        await client.initialise()
        await client.start("s", "subscription { shop { id } }")
        assert await client.next("s") == {"data": {"shop": [{"id": 1}]}}
    deep = await gateway.post("{ shop { a { b { c { d { e { f { g { h } } } } } } } } }")
    assert "exceeds maximum operation depth of 7" in deep.text


class Strange:
    """An HTTP server that is no Hasura, or a proxy before one that is away."""

    def __init__(self, status: int, body: bytes) -> None:
        self.answer = status, body
        self.asked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        self.asked += 1
        status, body = self.answer
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize(
    ("status", "repeated"), [(502, False), (503, True), (504, False), (404, True), (200, False)]
)
async def test_a_proxy_in_between_means_what_its_status_says(
    database: str, status: int, repeated: bool
) -> None:
    """A mutation is sent again only where it was certainly not carried out."""
    strange = Strange(status, b"<html>Bad Gateway</html>")
    server = uvicorn.Server(uvicorn.Config(strange, port=0, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    settings = settings_for(database, graphql_url=f"http://127.0.0.1:{port}")
    try:
        async with serve(settings, replace(Limits.of(settings), database_wait=0.3)) as gateway:
            answer = await gateway.post('mutation { delete_tenant_rows(where: {slug: {_eq: "x"}}) { affected_rows } }')  # fmt: skip
            assert answer.status_code == 503
            assert (strange.asked > 1) is repeated
    finally:
        server.should_exit = True
        await serving


def refused(code: str, message: str = "m", **more: Any) -> bytes:
    return orjson.dumps({"errors": [{"message": message, "extensions": {"path": "$", "code": code, **more}}]})


@pytest.mark.parametrize(
    ("code", "message", "meaning"),
    [
        ("validation-failed", "m", "coercion"),
        ("constraint-violation", "Uniqueness violation. x", "data"),
        ("permission-error", "Check constraint violation. x", "data"),
        ("unexpected", "database query error", "internal"),
        ("postgres-error", "postgres tx error", "internal"),
        ("postgres-error", "raised by a function", "data"),
        ("INTERNAL_SERVER_ERROR", "a handler's", "data"),
    ],
)
def test_what_hasuras_codes_mean(code: str, message: str, meaning: str) -> None:
    with pytest.raises(GraphQLFailure, match=message) as caught:
        judged(200, refused(code, message, internal={"statement": "SELECT", "request": {"headers": []}}))
    assert caught.value.kind == meaning
    assert caught.value.errors[0]["extensions"] == {"path": "$", "code": code}


@pytest.mark.parametrize(
    ("code", "message", "what_became"),
    [
        ("postgres-error", "connection error", Fate.UNKNOWN),
        ("postgres-max-connections-error", "max connections reached on postgres", Fate.UNKNOWN),
        ("unexpected", "connection to the database failed", Fate.UNKNOWN),
        ("concurrent-update", "serialization failure due to concurrent update", Fate.NOT_DONE),
        ("access-denied", "invalid secret", Fate.NOT_DONE),
    ],
)
def test_what_may_be_asked_again(code: str, message: str, what_became: Fate) -> None:
    with pytest.raises(BackEndAway) as caught:
        judged(200, refused(code, message))
    assert caught.value.fate is what_became


def test_a_handler_without_its_database_is_a_503() -> None:
    assert isinstance(
        failure_of([{"message": "m", "extensions": {"code": "SERVICE_UNAVAILABLE"}}]), Unavailable
    )


def test_what_is_read_of_an_unknown_document() -> None:
    found = foreign.read(
        "query A { x } mutation B($a: Int, $b: Int, $c: Int) { do(a: $a) { ...f @include(if: $d) } }"
        " fragment f on T { y { z(c: $c) ... on U { w { v } } } ...f }",
        "B",
    )
    assert found == foreign.Foreign("mutation", 3, frozenset({"a", "c"}))
    for text, name in (
        ("{ a", None),
        ("{ a } { b }", None),
        ("query A { a }", "B"),
        ("fragment f on T { a }", None),
    ):
        assert foreign.read(text, name) is None
    assert foreign.read("{ a" + " { a" * 5000 + " }" * 5001, None) is None


@pytest.mark.parametrize(
    "url", ["hasura:8080", "ftp://hasura", "http://", "http://a:b@hasura", "http://h?x=1"]
)
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(ValidationError, match="URL of a Hasura"):
        Settings(graphql_url=url)


@pytest.mark.parametrize(
    ("url", "root"),
    [("http://h:8080/v1/graphql/", "http://h:8080"), ("https://h/x/", "https://h/x"), (" ", None)],
)
def test_urls(url: str, root: str | None) -> None:
    assert Settings(graphql_url=url).graphql_url == root


async def test_only_who_has_the_secret_calls_handlers(gateway: RunningGateway) -> None:
    body = {"action": {"name": "hello"}, "input": {}, "session_variables": {}}
    for headers, status in (({}, 401), ({"X-Lictor-Actions-Secret": ACTIONS_SECRET}, 200)):
        assert (await gateway.client.post("/actions/hello", json=body, headers=headers)).status_code == status
