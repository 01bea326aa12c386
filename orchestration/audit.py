"""The audit trail: who did what, when, from where, and what came of it (docs/decisions/0023-audit-trail.md).

In: entries, and a connection. Out: rows of `audit_log`, which nobody can change any more; and rows of it again, for lists
and exports. What of a call's arguments may stand in an entry, orchestration/audit_summary.py says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import orjson

from lictor.orchestration import queries
from lictor.orchestration.audit_summary import COLUMNS, shown_columns
from lictor.orchestration.types import Connection, Executor

_sql = queries.load("audit")

Outcome = Literal["done", "refused", "failed"]
SIGN_IN = "sign_in"
"""The operation of an entry that is no mutation: a key was used from an address."""
_FETCHED_AT_ONCE = 500


@dataclass(slots=True)
class Entry:
    """A row to be. `message` goes on where the name of the user ends; `code` is that of the answer."""

    operation: str
    outcome: Outcome
    message: str
    tenant_id: UUID | None = None
    user_id: UUID | None = None
    api_key_id: UUID | None = None
    role_id: UUID | None = None
    address: str | None = None
    forwarded_for: str | None = None
    user_agent: str | None = None
    core_version: str | None = None
    request_id: str | None = None
    object_table: str | None = None
    object_id: UUID | None = None
    code: str | None = None
    info: dict[str, Any] = field(default_factory=dict)
    timestamp: datetime = field(default_factory=lambda: datetime.now(UTC))
    # Known before it is written: written twice, it is there once.
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows: from `since` on and before `until`; of a tenant, by a user, about an object. None: all."""

    since: datetime | None = None
    until: datetime | None = None
    tenant_id: UUID | None = None
    user_id: UUID | None = None
    object_id: UUID | None = None


async def write(executor: Executor, entries: Sequence[Entry]) -> None:
    """Add rows, by one statement; doing it again adds nothing."""
    await _sql.write.execute(executor, entries=orjson.dumps(entries, default=str).decode())


async def row_before(
    executor: Executor, table: str, id: UUID, tenant_id: UUID | None
) -> tuple[UUID | None, dict[str, Any]]:
    """The tenant of a row that is about to be changed, and what may be shown of it; of one that belongs to another tenant
    than `tenant_id` (None: any) nothing.
    """
    found = await _sql.row_before.fetchval(
        executor, table_name=table, id=id, tenant_id=tenant_id, columns=sorted(COLUMNS)
    )
    if found is None:
        return None, {}
    row = orjson.loads(found)
    owner = row["id"] if table == "tenant" else row["tenant_id"]
    return UUID(owner) if owner else None, shown_columns(row)


async def listed(executor: Executor, asked: Asked, most: int) -> list[dict[str, Any]]:
    """The newest rows, newest first, `most` at most."""
    rows = await _sql.listed.fetch(executor, **_values(asked), most=most)
    return [_row(row) for row in rows]


async def exported(connection: Connection, asked: Asked) -> AsyncIterator[dict[str, Any]]:
    """All rows, oldest first, however many: they are fetched in parts, as of one moment."""
    values = _values(asked)
    statement = _sql.exported
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        arguments = [values[name] for name in statement.parameters]
        async for row in connection.cursor(statement.text, *arguments, prefetch=_FETCHED_AT_ONCE):
            yield _row(row)


async def user_named(executor: Executor, name: str) -> UUID | None:
    """The user with that name; None if there is none."""
    return await _sql.user_named.fetchval(executor, name=name)


async def tenant_named(executor: Executor, slug: str) -> UUID | None:
    """The tenant with that slug; None if there is none."""
    return await _sql.tenant_named.fetchval(executor, name=slug)


async def drop_expired(executor: Executor, days: int) -> int:
    """Drop the months that ended more than `days` days ago (0: none); returns how many went."""
    return await _sql.drop_expired.fetchval(executor, days=days)


def _values(asked: Asked) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in Asked.__slots__}


def _row(row: Any) -> dict[str, Any]:
    return {**row, "info": orjson.loads(row["info"])}
