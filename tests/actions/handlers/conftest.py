"""A caller on a real database, and shorthands to call actions as Hasura or the engine would."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest

import lictor.actions.handlers
from lictor.actions.combined import Combined
from lictor.actions.registry import Caller, call_action
from lictor.settings import Settings
from tests.orchestration.builders import make_tenant
from tests.receiver import Receiver

assert lictor.actions.handlers

Call = Callable[..., Awaitable[Any]]


@pytest.fixture
def caller(pool: asyncpg.Pool) -> Caller:
    return Caller(pool=pool, settings=Settings(), combined=Combined(pool))


@pytest.fixture
def call(caller: Caller) -> Call:
    """`await call("create_project", name=…)` runs the action with that input."""

    async def run(action_name: str, /, **input: Any) -> Any:
        return await call_action(action_name, {"input": input}, caller)

    return run


@pytest.fixture
def call_as(caller: Caller) -> Call:
    """`await call_as(tenant_id, "action", …)`: the same with the header X-Prefect-Tenant-ID."""

    async def run(tenant_id: UUID, action_name: str, /, **input: Any) -> Any:
        return await call_action(
            action_name, {"input": input}, dataclasses.replace(caller, tenant_id=tenant_id)
        )

    return run


@pytest.fixture
async def tenant_id(pool: asyncpg.Pool) -> UUID:
    return await make_tenant(pool)


@pytest.fixture
async def project_id(call: Call, tenant_id: UUID) -> str:
    return (await call("create_project", name="project", tenant_id=str(tenant_id)))["id"]


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver
