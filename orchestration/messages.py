"""Messages shown in the UI: read, unread, deleted (contract server.md 3.6.10).

In: a connection and ids; `caller_tenant_id` is the tenant the caller acts for (None: any), outside of which nothing is
found. Out: whether there was such a message. One statement each.
"""

from __future__ import annotations

from uuid import UUID

from lictor.orchestration import queries
from lictor.orchestration.types import Executor

_sql = queries.load("messages")


async def mark_message(
    executor: Executor, message_id: UUID, *, read: bool, caller_tenant_id: UUID | None = None
) -> bool:
    """Mark a message as read or unread, whatever it was; False for an unknown one."""
    marked = await _sql.mark_message.fetchval(
        executor, message_id=message_id, read=read, caller_tenant_id=caller_tenant_id
    )
    return marked is not None


async def delete_message(
    executor: Executor, message_id: UUID, *, caller_tenant_id: UUID | None = None
) -> bool:
    """Delete a message; False for an unknown one."""
    deleted = await _sql.delete_message.fetchval(
        executor, message_id=message_id, caller_tenant_id=caller_tenant_id
    )
    return deleted is not None
