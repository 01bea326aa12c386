"""Access tokens: an API key narrowed to one tenant, for clients before 1.0 (contract ui-and-cloud.md B.3, rows 1 and 8).

Those clients hold an API token, which is an API key (accounts.py), and send no tenant header: they ask `switch_tenant`
for an access token and use that. It is `lictor_access_<secret>`, 256 random bits of which the SHA-256 is kept, and dies
with its key. Refreshing lets it live on and does not change it, so that a repeated request does no harm; the client has
the key in its other hand anyway.

With authentication off there are no keys, and tenants are believed: then it is `lictor_tenant_<id>`, and nothing is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from lictor.orchestration import queries
from lictor.orchestration.accounts import KeyHolder, holder_of
from lictor.orchestration.types import Executor

_sql = queries.load("tokens")

REFRESH_AFTER = timedelta(hours=1)
"""What a client is told; it refreshes 30 seconds before."""
REFUSED_AFTER = timedelta(days=1)
"""How long a token lives without being refreshed: a client may have slept over the hour."""
_ACCESS = "lictor_access_"
_TENANT = "lictor_tenant_"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a client sends from now on, and when it has to refresh it."""

    token: str
    expires_at: datetime


async def make_access_token(executor: Executor, tenant_id: UUID, key_id: UUID | None) -> AccessToken | None:
    """A new access token of a key for a tenant; None where the key does not open it, or it does not exist.

    Without a key (authentication is off) every tenant is open.
    """
    if key_id is None:
        exists = await _sql.tenant_exists.fetchval(executor, tenant_id=tenant_id)
        return _told(f"{_TENANT}{tenant_id}") if exists else None
    token = _ACCESS + secrets.token_urlsafe(32)
    made = await _sql.make_access_token.fetchval(
        executor, key_id=key_id, tenant_id=tenant_id, digest=_digest(token), kept=REFUSED_AFTER
    )
    return _told(token) if made else None


async def refresh_access_token(executor: Executor, token: str, key_id: UUID | None) -> AccessToken | None:
    """The same token, living on; None for one that has ended or is not of that key."""
    if key_id is None:
        return _told(token) if tenant_named(token) else None
    done = await _sql.refresh_access_token.fetchval(
        executor, key_id=key_id, digest=_digest(token), kept=REFUSED_AFTER
    )
    return _told(token) if done else None


async def find_access_token(executor: Executor, token: str) -> KeyHolder | None:
    """Whose an access token is, with its one tenant; None for one that is unknown or ended, or whose key is."""
    row = await _sql.find_access_token.fetchrow(executor, digest=_digest(token))
    return row and holder_of(row)


def is_access_token(text: str) -> bool:
    """Whether `text` is spelled like an access token, rather than like a key."""
    return text.startswith(_ACCESS)


def tenant_named(token: str) -> UUID | None:
    """The tenant of an access token that was made with authentication off; None for any other text."""
    if not token.startswith(_TENANT):
        return None
    try:
        return UUID(token.removeprefix(_TENANT))
    except ValueError:
        return None


def _told(token: str) -> AccessToken:
    return AccessToken(token, datetime.now(UTC) + REFRESH_AFTER)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
