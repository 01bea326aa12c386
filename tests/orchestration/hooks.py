"""Hooks, runs and deliveries for tests of the outbox."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from lictor.orchestration.deliveries import Claimed, claim_deliveries
from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs
from lictor.orchestration.states import NewState, prepare_state, set_flow_run_states
from tests.orchestration.builders import insert, make_flow

LEASE = timedelta(seconds=60)


async def make_hook(pool: asyncpg.Pool, tenant_id: UUID, **values: Any) -> UUID:
    hook = {"tenant_id": tenant_id, "type": "WEBHOOK", "states": ["RUNNING", "SUCCESS"], "active": True}
    return await insert(pool, "cloud_hook", {**hook, "config": {"url": "http://x"}, **values})


async def make_run(pool: asyncpg.Pool, tenant_id: UUID, **flow: Any) -> UUID:
    flow_id = await make_flow(pool, tenant_id=tenant_id, **flow)
    async with pool.acquire() as connection:
        [made] = await create_flow_runs(connection, [NewFlowRun(flow_id=flow_id, name="my run")])
    return made.unwrap()


async def enter(pool: asyncpg.Pool, *states: tuple[UUID, str]) -> None:
    """Set states in one call."""
    call = [NewState(id, prepare_state({"type": kind, "message": f"now {kind}"})) for id, kind in states]
    async with pool.acquire() as connection:
        [answers] = await set_flow_run_states(connection, [call])
    assert [answer.error for answer in answers] == [None] * len(states)


async def rows(pool: asyncpg.Pool) -> list[asyncpg.Record]:
    return await pool.fetch("SELECT * FROM hook_delivery ORDER BY sequence")


async def claim(pool: asyncpg.Pool, **values: Any) -> Claimed:
    asked = {"most": 10, "per_target": 10, "lease": LEASE, "kinds": ["cloud_hook"], **values}
    return await claim_deliveries(pool, **asked)


def told(claimed: Claimed) -> list[str]:
    return [delivery.event["state"]["state"] for delivery in claimed.deliveries]
