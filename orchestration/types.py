"""Types that all rules share."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Connection = asyncpg.Connection | PoolConnectionProxy
Executor = Connection | asyncpg.Pool


class Beat(NamedTuple):
    """A sign of life of the run `id`; one of another tenant than `caller_tenant_id` (None: any) is not found."""

    id: UUID
    caller_tenant_id: UUID | None = None
