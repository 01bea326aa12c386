"""Tenants, projects, agents and artifacts (contract server.md 3.6.1, 3.6.8, 3.6.9)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.projects import check_project_name
from lictor.orchestration.text import refuse_nul
from lictor.orchestration.types import Executor

_sql = queries.load("teams")


def slugify(text: str) -> str:
    """`text` in lower case, words joined by hyphens, nothing but ASCII letters and digits left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


LONGEST_TENANT_NAME = 255
"""Characters of a tenant's name or slug (contract server.md 1.1)."""


def check_tenant_name(name: str, field: str = "name") -> None:
    """Raise OrchestrationError naming `field` when a tenant cannot be called that."""
    if len(name) > LONGEST_TENANT_NAME:
        raise OrchestrationError(f"{field} has {len(name):,} characters; the limit is {LONGEST_TENANT_NAME}.")


def check_slug(slug: str, name: str = "") -> None:
    """Raise OrchestrationError unless `slug` is lower-case words joined by hyphens; `name` helps to suggest one."""
    if not slug or slug != slugify(slug):
        raise OrchestrationError(
            f'Slug must be "slugified": try {slugify(slug or name)!r} instead of {slug!r}.'
        )
    check_tenant_name(slug, "slug")


async def create_tenant(executor: Executor, name: str, slug: str, user_id: UUID | None = None) -> UUID:
    """Make a tenant, of which `user_id` (by default the administrator) is a member.

    Raises OrchestrationError unless `slug` is a slug, and for a name that is too long.
    """
    check_slug(slug, name)
    check_tenant_name(name)
    return await _sql.create_tenant.fetchval(executor, name=name, slug=slug, user_id=user_id)


async def ensure_default_tenant(executor: Executor) -> None:
    """Make the tenant "default" if there is no tenant at all."""
    await _sql.ensure_default_tenant.execute(executor)


async def default_tenant(executor: Executor) -> UUID | None:
    """The oldest tenant: the one that is meant when a caller names none."""
    return await _sql.default_tenant.fetchval(executor)


async def create_project(executor: Executor, tenant_id: UUID, name: str, description: str | None) -> UUID:
    """Make a project; a second one of that name violates a unique constraint."""
    check_project_name(name)
    return await _sql.create_project.fetchval(
        executor, tenant_id=tenant_id, name=name, description=description
    )


async def delete_project(executor: Executor, project_id: UUID, *, tenant_id: UUID | None = None) -> bool:
    """Delete a project with its flows and their runs; False for an unknown one."""
    deleted = await _sql.delete_project.fetchval(executor, project_id=project_id, tenant_id=tenant_id)
    return deleted is not None


async def register_agent(
    executor: Executor,
    *,
    tenant_id: UUID,
    type: str,
    name: str | None,
    labels: Sequence[str],
    core_version: str | None,
    agent_config_id: UUID | None,
) -> UUID:
    """The agent of this identity, made on first sight; labels count as a set.

    Raises OrchestrationError for an agent config that the tenant does not have.
    """
    agent_id = await _sql.register_agent.fetchval(
        executor,
        tenant_id=tenant_id,
        type=type,
        name=name,
        labels=orjson.dumps(sorted(set(labels))).decode(),
        core_version=core_version,
        agent_config_id=agent_config_id,
    )
    if agent_id is None:
        raise OrchestrationError(f"Agent config {agent_config_id} not found.")
    return agent_id


def _artifact_data(data: Any, size_limit: int) -> str:
    encoded = orjson.dumps(data)
    if len(encoded) > size_limit:
        raise OrchestrationError(
            f"Artifact data has {len(encoded):,} bytes; the limit is {size_limit:,} (LICTOR_ARTIFACT_SIZE_LIMIT)."
        )
    refuse_nul(encoded, "data")
    return encoded.decode()


async def create_artifact(
    executor: Executor, *, task_run_id: UUID, kind: str, data: Any, tenant_id: UUID | None, size_limit: int
) -> UUID:
    """Attach an artifact to a task run. Raises OrchestrationError when it is too large or has no run."""
    artifact_id = await _sql.create_task_run_artifact.fetchval(
        executor,
        task_run_id=task_run_id,
        kind=kind,
        data=_artifact_data(data, size_limit),
        tenant_id=tenant_id,
    )
    if artifact_id is None:
        raise OrchestrationError(f"Task run {task_run_id} not found.")
    return artifact_id


async def update_artifact(
    executor: Executor,
    artifact_id: UUID,
    data: Any,
    *,
    size_limit: int,
    caller_tenant_id: UUID | None = None,
) -> bool:
    """Replace an artifact's data; False for an unknown one."""
    encoded = _artifact_data(data, size_limit)
    changed = await _sql.update_task_run_artifact.fetchval(
        executor, task_run_artifact_id=artifact_id, data=encoded, caller_tenant_id=caller_tenant_id
    )
    return changed is not None


async def delete_artifact(
    executor: Executor, artifact_id: UUID, *, caller_tenant_id: UUID | None = None
) -> bool:
    """Delete an artifact; False for an unknown one."""
    deleted = await _sql.delete_task_run_artifact.fetchval(
        executor, task_run_artifact_id=artifact_id, caller_tenant_id=caller_tenant_id
    )
    return deleted is not None
