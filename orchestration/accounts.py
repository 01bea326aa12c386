"""Users and their API keys (contract ui-and-cloud.md B.3, rows 1, 3 and 7).

A key is `lictor_<prefix>_<secret>`: the prefix, which is public, finds its row; the row holds the SHA-256 of the
whole. A fast hash is right here, unlike for passwords: the secret is 256 random bits, which nobody can try through.
Keys go out once, when they are made.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from lictor.orchestration import permissions, queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.permissions import Permissions
from lictor.orchestration.text import json_text
from lictor.orchestration.types import Executor

_sql = queries.load("accounts")

FIRST_USER = "admin"
NAME_LIMIT = 255
"""Most characters of a key's name."""
_KEY = re.compile(r"lictor_(?P<prefix>[0-9a-f]{12})_[\w-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Opening:
    """A tenant that a key opens, and what it may do there."""

    tenant_id: UUID
    role_id: UUID
    permissions: Permissions


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Whose a valid key is, the tenants it opens, the default one first, and its end (None: never)."""

    key_id: UUID
    user_id: UUID
    openings: tuple[Opening, ...]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that has just been made; `key` is what its holder has to keep."""

    id: UUID
    key: str


async def ensure_first_user(executor: Executor) -> None:
    """Make the administrator, a member of every tenant, if there is no user at all."""
    await _sql.ensure_first_user.execute(executor)


async def ensure_user(
    executor: Executor, username: str, tenant_slug: str | None = None, role: str | None = None
) -> UUID:
    """The user of that name, made on first sight, and a member of the tenant (without one: of all there are).

    `role` is the name of their role from now on; without it a member keeps theirs and a new one is an administrator.
    Raises OrchestrationError for a tenant or role that is not there.
    """
    tenant_id = None
    if tenant_slug is not None:
        tenant_id = await _sql.tenant_of_slug.fetchval(executor, slug=tenant_slug)
        if tenant_id is None:
            raise OrchestrationError(f"There is no tenant with the slug {tenant_slug!r}.")
    if role is not None and (
        without := await _sql.tenants_without_role.fetch(executor, tenant_id=tenant_id, role=role)
    ):
        raise OrchestrationError(
            f"There is no role {role!r} in {', '.join(row['slug'] for row in without)}. Built in are "
            f"{', '.join(one.name for one in permissions.BUILT_IN)}."
        )
    return await _sql.ensure_user.fetchval(
        executor, username=username, tenant_id=tenant_id, role=role, first_role=permissions.ADMIN.id
    )


async def auth_info(
    executor: Executor, tenant_id: UUID | None, user_id: UUID | None
) -> tuple[UUID | None, UUID | None]:
    """(tenant, user) of a caller; what it does not name is the default tenant and the administrator."""
    row = await _sql.auth_info.fetchrow(executor, tenant_id=tenant_id, user_id=user_id)
    assert row is not None
    return row["tenant_id"], row["user_id"]


async def create_api_key(
    executor: Executor,
    *,
    user_id: UUID,
    name: str,
    expires_at: datetime | None = None,
    default_tenant_id: UUID | None = None,
    created_by_id: UUID | None = None,
    created_with_id: UUID | None = None,
    scope: str | None = None,
) -> NewKey:
    """Make a key for a user; `expires_at` None means never. `created_with_id` is the key of who asks.

    `scope` makes it an API token (tokens.py). Raises OrchestrationError for what cannot be.
    """
    if not name.strip() or len(name) > NAME_LIMIT:
        raise OrchestrationError(f"name must have 1 to {NAME_LIMIT} characters.")
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise OrchestrationError(
            f"expires_at is in the past: {expires_at.isoformat()}. Leave it out for a key without end."
        )
    prefix = secrets.token_hex(6)
    key = f"lictor_{prefix}_{secrets.token_urlsafe(32)}"
    row = await _sql.create_api_key.fetchrow(
        executor,
        user_id=user_id,
        created_by_id=created_by_id,
        name=name,
        expires_at=expires_at,
        default_tenant_id=default_tenant_id,
        created_with_id=created_with_id,
        scope=scope,
        prefix=prefix,
        digest=hashlib.sha256(key.encode()).digest(),
    )
    assert row is not None
    if row["is_bound"]:
        raise OrchestrationError("An API token for one tenant (scope TENANT or RUNNER) makes no keys.")
    if not row["has_owner"]:
        raise OrchestrationError(f"User {user_id} not found.")
    if row["id"] is None:
        raise OrchestrationError(
            f"User {user_id} is no member of the tenant {default_tenant_id} (default_tenant_id)."
        )
    return NewKey(row["id"], key)


async def find_api_key(executor: Executor, key: str) -> KeyHolder | None:
    """Whose `key` is; None for one that is unknown, deleted or expired."""
    spelled = _KEY.fullmatch(key)
    if spelled is None:
        return None
    row = await _sql.find_api_key.fetchrow(executor, prefix=spelled["prefix"])
    if row is None or not hmac.compare_digest(row["digest"], hashlib.sha256(key.encode()).digest()):
        return None
    return holder_of(row)


def holder_of(row: Mapping[str, Any]) -> KeyHolder:
    """The holder in a row of `find_api_key` or `find_access_token`."""
    # An API token of scope RUNNER, which clients before 1.0 make for their agents, does no more than agents need.
    most = permissions.RUNNER.permissions if row["scope"] == "RUNNER" else permissions.EVERYTHING
    openings = tuple(
        Opening(tenant_id, role_id, most.intersection(held))
        for tenant_id, role_id, held in zip(
            row["tenant_ids"], row["role_ids"], json.loads(row["permissions"]), strict=True
        )
    )
    return KeyHolder(row["id"], row["user_id"], openings, row["expires_at"])


async def delete_api_key(executor: Executor, key_id: UUID, user_id: UUID | None = None) -> bool:
    """Delete a key (of `user_id`, when given); False when there is none."""
    return await _sql.delete_api_key.fetchval(executor, key_id=key_id, user_id=user_id) is not None


async def update_user_settings(
    executor: Executor, settings: Mapping[str, Any] | None, user_id: UUID | None = None
) -> UUID:
    """Set the given keys of a user's settings, the others stay; returns the user's id.

    Without `user_id` the administrator is meant, as nobody else is there without authentication. Raises
    OrchestrationError for an unknown user.
    """
    encoded = json_text(settings or {}, "settings")
    updated = await _sql.update_user_settings.fetchval(executor, settings=encoded, user_id=user_id)
    if updated is None:
        raise OrchestrationError(
            "There is no user yet: `lictor key create` makes one."
            if user_id is None
            else f"User {user_id} not found."
        )
    return updated


async def list_api_keys(executor: Executor) -> list[dict[str, Any]]:
    """What may be shown of every key: id, name, username, created, expires_at, prefix."""
    return [dict(row) for row in await _sql.list_api_keys.fetch(executor)]
