"""Which tenant a call is about: the one in its input, else the header's, else the only one (ui-and-cloud.md A.2.7)."""

from __future__ import annotations

from uuid import UUID

from lictor.actions.registry import ActionError, Caller
from lictor.orchestration import teams, tenants


def named_tenant(caller: Caller, given: UUID | None) -> UUID | None:
    """The tenant that the input or the header names, None when neither does.

    Raises ActionError when the input names another tenant than the one the caller acts for: what belongs to others
    is not found.
    """
    if given is not None and caller.tenant_id is not None and given != caller.tenant_id:
        raise ActionError(f"Tenant {given} not found.")
    return given or caller.tenant_id


async def tenant_of(caller: Caller, given: UUID | None) -> UUID:
    """The tenant that the call is about. Raises ActionError when that is not clear, and as `named_tenant` does."""
    tenant_id = named_tenant(caller, given) or await tenants.only_tenant(caller.pool)
    if tenant_id is None:
        raise ActionError(
            "No tenant found: give tenant_id or the header X-Prefect-Tenant-ID. (Without them the only tenant is meant;"
            " there is none, or more than one.)"
        )
    return tenant_id


async def acting_tenant(caller: Caller, given: UUID | None = None) -> UUID:
    """The tenant that the call is about; where nothing names one, the default tenant, which clients that know none take,
    too (contract client.md 1.6). Raises ActionError when there is none, and as `named_tenant` does.
    """
    tenant_id = named_tenant(caller, given) or await teams.default_tenant(caller.pool)
    if tenant_id is None:
        raise ActionError("No tenant found: create one with create_tenant first.")
    return tenant_id
