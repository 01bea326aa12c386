"""Projects: naming and describing them, moving flows between them (contract server.md 3.6.1, 3.6.3).

In: a connection, ids and values; `tenant_id` of None means "whosever it is". Out: the id that was changed. Raises
OrchestrationError where there is nothing to change, a unique violation for a name that is taken.
"""

from __future__ import annotations

from uuid import UUID

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.types import Executor

_sql = queries.load("projects")

_LONGEST_NAME = 2000
"""Bytes. A name stands in the index that makes it unique, and an entry of an index has room for no more."""


def check_project_name(name: str) -> None:
    """Raise OrchestrationError if `name` is too long to be kept unique."""
    size = len(name.encode())
    if size > _LONGEST_NAME:
        raise OrchestrationError(
            f"name has {size:,} bytes; the limit is {_LONGEST_NAME:,}. Say more in the description."
        )


async def set_project_name(
    executor: Executor, project_id: UUID, name: str, *, tenant_id: UUID | None = None
) -> UUID:
    """Rename a project. Raises OrchestrationError for an unknown one, a unique violation for a name that is taken."""
    check_project_name(name)
    changed = await _sql.set_project_name.fetchval(
        executor, name=name, project_id=project_id, tenant_id=tenant_id
    )
    return _updated(changed, project_id)


async def set_project_description(
    executor: Executor, project_id: UUID, description: str | None, *, tenant_id: UUID | None = None
) -> UUID:
    """Describe a project, or with None take its description away. Raises OrchestrationError for an unknown one."""
    changed = await _sql.set_project_description.fetchval(
        executor, description=description, project_id=project_id, tenant_id=tenant_id
    )
    return _updated(changed, project_id)


def _updated(changed: UUID | None, project_id: UUID) -> UUID:
    if changed is None:
        raise OrchestrationError(f"Update failed: there is no project {project_id}.")
    return changed


async def update_flow_project(
    executor: Executor, flow_id: UUID, project_id: UUID, *, tenant_id: UUID | None = None
) -> UUID:
    """Move a flow to another project of its tenant; returns the flow's id. Raises OrchestrationError."""
    moved = await _sql.update_flow_project.fetchval(
        executor, flow_id=flow_id, project_id=project_id, tenant_id=tenant_id
    )
    if moved is None:
        raise OrchestrationError(
            f"Invalid flow or project ID: there is no flow {flow_id}, or no project {project_id} in its tenant."
        )
    return moved
