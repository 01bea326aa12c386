"""Concurrency limits: what Prefect Cloud had and Server lacked (contract ui-and-cloud.md B.3, 10 and 11).

In: a connection and values. Out: ids, counts of slots. Never counts slots in a number of its own: a flow run holds one
while it is Submitted, Running or Cancelling, a task run while it is Running or Cancelling and its flow run has not
ended. Slots are taken where states are written (orchestration/states.py).

A limit that is lowered, or made while runs are under way, ends none of them: nobody new starts until enough have ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.types import Executor

_sql = queries.load("limits")

LONGEST_NAME = 500
"""Characters of a label or tag that may be limited; what an index entry can hold."""
HIGHEST_LIMIT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Usage:
    """How many slots of a label or tag are taken now."""

    name: str
    usage: int


def _check(name: str, limit: int, field: str) -> None:
    if not name.strip():
        raise OrchestrationError(f"{field} must not be empty.")
    if len(name) > LONGEST_NAME:
        raise OrchestrationError(f"{field} has {len(name):,} characters; the limit is {LONGEST_NAME}.")
    if "\0" in name:
        raise OrchestrationError(f"{field} holds a NUL character (\\u0000), which cannot be stored.")
    if not 0 <= limit <= HIGHEST_LIMIT:
        raise OrchestrationError(
            f"Concurrency limits must be >= 0 and at most {HIGHEST_LIMIT:,}: limit is {limit}."
        )


async def update_flow_concurrency_limit(executor: Executor, tenant_id: UUID, label: str, limit: int) -> UUID:
    """Make or change the limit on runs with `label`; 0 lets none start. Raises OrchestrationError naming the field."""
    _check(label, limit, "label")
    return await _sql.update_flow_concurrency_limit.fetchval(
        executor, tenant_id=tenant_id, name=label, limit=limit
    )


async def delete_flow_concurrency_limit(
    executor: Executor, limit_id: UUID, tenant_id: UUID | None = None
) -> bool:
    """Take a limit away; False for an unknown one or another tenant's."""
    found = await _sql.delete_flow_concurrency_limit.fetchval(
        executor, limit_id=limit_id, tenant_id=tenant_id
    )
    return found is not None


async def flow_concurrency(
    executor: Executor, tenant_id: UUID, labels: Sequence[str] | None = None
) -> list[Usage]:
    """Flow runs that hold a slot, for each of `labels` (None: of all that have a limit)."""
    if labels is None:
        limited: list[str] | None = await _sql.flow_concurrency_labels.fetchval(executor, tenant_id=tenant_id)
        labels = limited or []
    rows = await _sql.flow_concurrency.fetch(executor, tenant_id=tenant_id, labels=list(labels))
    return [Usage(row["label"], row["usage"]) for row in rows]


async def update_task_tag_limit(executor: Executor, tenant_id: UUID, tag: str, limit: int) -> UUID:
    """Make or change the limit on task runs with `tag`; 0 lets none start. Raises OrchestrationError naming the field."""
    _check(tag, limit, "tag")
    return await _sql.update_task_tag_limit.fetchval(executor, tenant_id=tenant_id, tag=tag, limit=limit)


async def delete_task_tag_limit(executor: Executor, limit_id: UUID, tenant_id: UUID | None = None) -> bool:
    """Take a limit away; False for an unknown one or another tenant's."""
    found = await _sql.delete_task_tag_limit.fetchval(executor, limit_id=limit_id, tenant_id=tenant_id)
    return found is not None


async def task_concurrency(
    executor: Executor, tenant_id: UUID, tags: Sequence[str] | None = None
) -> list[Usage]:
    """Task runs that hold a slot, for each of `tags` (None: all that have a limit). Without a limit nobody counts: 0."""
    if tags is None:
        limited: list[str] | None = await _sql.task_concurrency_tags.fetchval(executor, tenant_id=tenant_id)
        tags = limited or []
    rows = await _sql.task_concurrency.fetch(executor, tenant_id=tenant_id, tags=list(tags))
    return [Usage(row["name"], row["usage"]) for row in rows]
