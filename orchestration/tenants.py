"""Tenants after they are made: name, slug, settings, deletion (contract server.md 3.6.1).

In: a connection and values. Out: whether there is such a tenant. One statement each; a deleted tenant is not found
from the moment of its deletion on, however long its rows take to go (tenant_purge.py).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.teams import check_slug, check_tenant_name
from lictor.orchestration.text import json_text
from lictor.orchestration.types import Executor

_sql = queries.load("tenants")


async def only_tenant(executor: Executor) -> UUID | None:
    """The tenant when there is exactly one: nobody need name it (ui-and-cloud.md A.2.7)."""
    return await _sql.only_tenant.fetchval(executor)


def _found(tenant_id: UUID, updated: UUID | None) -> UUID:
    if updated is None:
        raise OrchestrationError(f"Update failed: tenant {tenant_id} not found.")
    return updated


async def update_tenant_name(executor: Executor, tenant_id: UUID, name: str) -> UUID:
    """Rename a tenant. Raises OrchestrationError for an unknown one and a name that is too long."""
    check_tenant_name(name)
    return _found(tenant_id, await _sql.update_tenant_name.fetchval(executor, tenant_id=tenant_id, name=name))


async def update_tenant_slug(executor: Executor, tenant_id: UUID, slug: str) -> UUID:
    """Change a tenant's slug; one that another tenant has violates a unique constraint.

    Raises OrchestrationError for an unknown tenant and for what is no slug.
    """
    check_slug(slug)
    return _found(tenant_id, await _sql.update_tenant_slug.fetchval(executor, tenant_id=tenant_id, slug=slug))


async def update_tenant_settings(
    executor: Executor, tenant_id: UUID, settings: dict[str, Any] | None
) -> UUID:
    """Set the given keys of a tenant's settings, the others stay; None sets none.

    Raises OrchestrationError for an unknown tenant.
    """
    encoded = json_text(settings or {}, "settings")
    updated = await _sql.update_tenant_settings.fetchval(executor, tenant_id=tenant_id, settings=encoded)
    return _found(tenant_id, updated)


async def delete_tenant(executor: Executor, tenant_id: UUID) -> bool:
    """Delete a tenant: at once it is not found any more and takes nothing new; False for an unknown one.

    Its rows go afterwards (`tenant_purge.purge_tenants`). True again while they go.
    """
    return await _sql.delete_tenant.fetchval(executor, tenant_id=tenant_id) is not None
