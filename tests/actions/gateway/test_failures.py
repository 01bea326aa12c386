"""Failures inside: broken statements, our own faults, too much at once. The process stays up and says little."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from lictor.actions.gateway.limits import Limits
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for

CREATE_TENANT = "mutation ($input: create_tenant_input!) { create_tenant(input: $input) { id } }"
CREATE_PROJECT = "mutation ($input: create_project_input!) { create_project(input: $input) { id } }"
REGISTER_AGENT = "mutation ($input: register_agent_input!) { register_agent(input: $input) { id } }"
QUEUE = "mutation ($input: get_runs_in_queue_input!) { get_runs_in_queue(input: $input) { flow_run_ids } }"


@pytest.fixture
async def fragile(database: str) -> AsyncIterator[RunningGateway]:
    """A gateway whose database the test may damage."""
    async with serve(settings_for(database)) as running:
        yield running


@pytest.fixture
async def admin(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


async def make_tenant(gateway: RunningGateway) -> str:
    slug = f"t-{uuid4()}"
    answer = await gateway.post(CREATE_TENANT, {"input": {"name": slug, "slug": slug}})
    return answer.json()["data"]["create_tenant"]["id"]


def check_unexpected(body: dict[str, Any], logged: str) -> None:
    [error] = body["errors"]
    reference = re.search(r"reference ([0-9a-f]{12})\.", error["message"])
    assert reference is not None
    assert reference[1] in logged
    for secret in ("project_away", "Traceback", "SELECT", "asyncpg", 'relation "'):
        assert secret not in str(body)


async def test_our_own_faults_show_a_reference_only(
    fragile: RunningGateway, admin: asyncpg.Connection, capfd: pytest.CaptureFixture[str]
) -> None:
    tenant = await make_tenant(fragile)
    await admin.execute("ALTER TABLE project RENAME TO project_away")
    # Other tests need the table, too.
    try:
        for query, field in ((CREATE_PROJECT, "create_project"), ("{ project { id } }", "project")):
            answer = await fragile.post(
                query, {"input": {"tenant_id": tenant, "name": "x"}} if "$" in query else None
            )
            assert answer.status_code == 200
            assert answer.json()["data"] == {field: None}
            logged = capfd.readouterr()
            check_unexpected(answer.json(), logged.out + logged.err)
            assert "Traceback" in logged.out + logged.err
            assert "postgresql://" not in logged.out + logged.err
    finally:
        await admin.execute("ALTER TABLE project_away RENAME TO project")
    answer = await fragile.post(CREATE_PROJECT, {"input": {"tenant_id": tenant, "name": "x"}})
    assert set(answer.json()) == {"data"}


async def test_a_failing_root_nulls_itself_only(gateway: RunningGateway) -> None:
    query = """query Dashboard($bad: uuid) {
      tenant(limit: 0) { id }
      broken: flow(where: {id: {_eq: $bad}}) { ...Id }
      hello
      project(limit: 0) { ...Id2 }
    }
    fragment Id on flow { id }
    fragment Id2 on project { id }
    """
    answer = await gateway.post(query, {"bad": "nonsense"})
    assert answer.status_code == 200
    body = answer.json()
    assert list(body["data"]) == ["tenant", "broken", "hello", "project"]
    assert body["data"]["broken"] is None
    assert (body["data"]["tenant"], body["data"]["project"]) == ([], [])
    [error] = body["errors"]
    assert error["path"] == ["broken"]
    assert error["locations"] == [{"line": 3, "column": 7}]


async def test_a_failing_action_beside_a_table(gateway: RunningGateway) -> None:
    query = "query ($id: UUID!) { tenant(limit: 0) { id } a: get_task_run_info(task_run_id: $id) { id } }"
    answer = await gateway.post(query, {"id": str(uuid4())})
    assert answer.status_code == 200
    assert answer.json()["data"] == {"tenant": [], "a": None}
    [error] = answer.json()["errors"]
    assert (error["message"], error["path"]) == ("Invalid task run ID", ["a"])


async def blocked_backend(admin: asyncpg.Connection) -> int:
    """The process of a gateway's statement that waits for a lock."""
    async with asyncio.timeout(10):
        while True:
            # Inside a transaction the view is a snapshot of its first reading.
            await admin.execute("SELECT pg_stat_clear_snapshot()")
            pid = await admin.fetchval(
                "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND application_name = 'lictor-gateway' AND datname = current_database()"
            )
            if pid is not None:
                return pid
            await asyncio.sleep(0.02)


async def test_a_statement_cut_off_is_not_repeated_blindly(
    fragile: RunningGateway, admin: asyncpg.Connection
) -> None:
    tenant = await make_tenant(fragile)
    lock = admin.transaction()
    await lock.start()
    await admin.execute("LOCK TABLE project IN ACCESS EXCLUSIVE MODE")
    calling = asyncio.create_task(
        fragile.post(CREATE_PROJECT, {"input": {"tenant_id": tenant, "name": "cut"}})
    )
    await admin.execute("SELECT pg_terminate_backend($1)", await blocked_backend(admin))
    answer = await calling
    await lock.rollback()
    assert answer.status_code == 503
    assert "not known" in answer.json()["errors"][0]["message"]
    assert await admin.fetchval("SELECT count(*) FROM project") == 0


async def test_a_harmless_statement_cut_off_is_repeated(
    fragile: RunningGateway, admin: asyncpg.Connection
) -> None:
    tenant = await make_tenant(fragile)
    lock = admin.transaction()
    await lock.start()
    await admin.execute("LOCK TABLE agent IN ACCESS EXCLUSIVE MODE")
    calls = [
        asyncio.create_task(
            fragile.post(REGISTER_AGENT, {"input": {"tenant_id": tenant, "type": "LocalAgent"}})
        ),
        asyncio.create_task(fragile.post("{ agent { type } }")),
    ]
    for _ in range(3):
        await admin.execute("SELECT pg_terminate_backend($1, 5000)", await blocked_backend(admin))
    await lock.rollback()
    for answer in await asyncio.gather(*calls):
        assert answer.status_code == 200
        assert set(answer.json()) == {"data"}
    assert await admin.fetchval("SELECT count(*) FROM agent") == 1


async def test_agent_headers_reach_the_handlers(fragile: RunningGateway, admin: asyncpg.Connection) -> None:
    tenant = await make_tenant(fragile)
    variables = {"input": {"tenant_id": tenant, "type": "LocalAgent", "name": "a", "labels": ["x"]}}
    made = await fragile.post(REGISTER_AGENT, variables, headers={"X-PREFECT-CORE-VERSION": "1.4.1"})
    agent = made.json()["data"]["register_agent"]["id"]
    assert await admin.fetchval("SELECT core_version FROM agent WHERE id = $1", agent) == "1.4.1"
    await admin.execute("UPDATE agent SET last_queried = '2020-01-01' WHERE id = $1", agent)
    for header, moved in ((None, False), ("garbage", False), (str(uuid4()), False), (agent.upper(), True)):
        headers = {} if header is None else {"X-PREFECT-AGENT-ID": header}
        answer = await fragile.post(QUEUE, {"input": {"tenant_id": tenant, "labels": ["x"]}}, headers=headers)
        assert answer.json() == {"data": {"get_runs_in_queue": {"flow_run_ids": []}}}
        year = await admin.fetchval(
            "SELECT extract(year FROM last_queried)::int FROM agent WHERE id = $1", agent
        )
        assert (year > 2020) is moved


async def test_too_much_at_once_is_told_to_come_again(database: str, admin: asyncpg.Connection) -> None:
    limits = replace(Limits.of(settings_for(database)), requests=5)
    async with serve(settings_for(database), limits) as gateway:
        lock = admin.transaction()
        await lock.start()
        await admin.execute("LOCK TABLE agent IN ACCESS EXCLUSIVE MODE")
        waiting = [asyncio.create_task(gateway.post("{ agent { id } }")) for _ in range(5)]
        await blocked_backend(admin)
        async with asyncio.timeout(5):
            while (refused := await gateway.post("{ hello }")).status_code == 200:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert refused.status_code == 503
        assert "busy" in refused.json()["errors"][0]["message"]
        assert (await gateway.client.get("/health")).status_code == 200
        await lock.rollback()
        assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}
        assert (await gateway.post("{ hello }")).status_code == 200


async def test_a_body_that_never_comes(database: str) -> None:
    limits = replace(Limits.of(settings_for(database)), body_seconds=0.3)
    async with serve(settings_for(database), limits) as gateway:
        for part in (b"", b'{"query"'):
            answer = await gateway.raw(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n" + part)
            assert answer.startswith(b"HTTP/1.1 408")
            assert b"connection: close" in answer
        assert (await gateway.post("{ hello }")).status_code == 200


async def test_many_clients_at_once(gateway: RunningGateway) -> None:
    tenant = await make_tenant(gateway)

    async def one(number: int) -> None:
        variables = {"input": {"tenant_id": tenant, "name": f"p-{number // 2}"}}
        answer = await gateway.post(CREATE_PROJECT, variables)
        assert answer.status_code == 200

    await asyncio.gather(*(one(number) for number in range(60)))
    query = "query ($id: uuid) { project(where: {tenant_id: {_eq: $id}}) { name } }"
    found = await gateway.post(query, {"id": tenant})
    names = [row["name"] for row in found.json()["data"]["project"]]
    assert sorted(names) == sorted(f"p-{number}" for number in range(30))
