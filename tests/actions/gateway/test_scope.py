"""X-Lictor-Scope: without authentication, what one tenant has and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.actions.gateway.conftest import RunningGateway, serve, settings_for
from tests.orchestration.builders import make_flow, make_tenant


@pytest.fixture
async def gateway(database: str) -> AsyncIterator[RunningGateway]:
    """A gateway on the test's own database."""
    async with serve(settings_for(database)) as running:
        yield running


@pytest.mark.parametrize(
    ("scope", "sees_both"),
    [({"x-lictor-scope": "tenant"}, False), ({}, True), ({"x-lictor-scope": "nonsense"}, True)],
)
async def test_a_scoped_call_sees_its_tenant_only(
    gateway: RunningGateway, pool: asyncpg.Pool, scope: dict[str, str], sees_both: bool
) -> None:
    mine, other = await make_tenant(pool), await make_tenant(pool)
    flows = {str(await make_flow(pool, tenant_id=tenant)): tenant for tenant in (mine, other)}
    headers = {"x-prefect-tenant-id": str(mine), **scope}
    answer = (await gateway.post("{ flow { id } }", headers=headers)).json()
    expected = set(flows) if sees_both else {id for id, tenant in flows.items() if tenant == mine}
    assert {row["id"] for row in answer["data"]["flow"]} == expected


async def test_a_scoped_call_acts_in_its_tenant_only(gateway: RunningGateway, pool: asyncpg.Pool) -> None:
    mine = await make_tenant(pool)
    foreign = await make_flow(pool)
    document = f'mutation {{ set_schedule_active(input: {{flow_id: "{foreign}"}}) {{ success }} }}'
    headers = {"x-prefect-tenant-id": str(mine), "x-lictor-scope": "tenant"}
    answer = (await gateway.post(document, headers=headers)).json()
    assert answer["data"]["set_schedule_active"] == {"success": False}
    assert not await pool.fetchval("SELECT is_schedule_active FROM flow WHERE id = $1", foreign)


async def test_a_scope_without_a_tenant_is_none(gateway: RunningGateway, pool: asyncpg.Pool) -> None:
    flow = await make_flow(pool)
    answer = (await gateway.post("{ flow { id } }", headers={"x-lictor-scope": "tenant"})).json()
    assert answer["data"]["flow"] == [{"id": str(flow)}]
