"""Who is at the door: the API key of a request against the keys in the database.

Headers come in, an `Identity` goes out, or `Unauthenticated`. With authentication off (LICTOR_AUTH=off) a key is
accepted and ignored, as on Prefect Server, and the tenant header is believed. With LICTOR_AUTH=key every GraphQL
operation needs a key, and the tenant header chooses among the tenants that the key opens. An access token, which
clients before 1.0 get for a key, stands for the key in one tenant.
"""

from __future__ import annotations

import functools
import hashlib
import time
from collections import OrderedDict
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from lictor.actions.audit import Trail
from lictor.actions.gateway.auditing import sign_in_refused, signed_in
from lictor.actions.gateway.calls import patiently
from lictor.actions.gateway.errors import HttpProblem
from lictor.actions.gateway.headers import AUTHORIZATION, CORE_VERSION, SCOPE, TENANT_ID, Headers
from lictor.actions.identity import Identity, uuid_or_none
from lictor.orchestration import tokens
from lictor.orchestration.accounts import KeyHolder, Opening, find_api_key
from lictor.settings import Settings

UNAUTHENTICATED = "UNAUTHENTICATED"
_REMEMBERED = 4096
_CHALLENGE = ((b"www-authenticate", b'Bearer realm="lictor"'),)


class Unauthenticated(HttpProblem):
    """A request without a valid key, or for a tenant that its key does not open.

    Prefect's Python client knows an AuthorizationError by the word UNAUTHENTICATED in the errors of an answer with
    status 200 and fails on any other status (contract client.md 1.4); everyone else gets a 401 or a 403.
    """

    def __init__(self, message: str, headers: Headers, status: int = 401) -> None:
        known = CORE_VERSION in headers
        challenge = _CHALLENGE if status == 401 and not known else ()
        super().__init__(200 if known else status, message, UNAUTHENTICATED, challenge)


class Authenticator:
    """Finds the identity of requests; safe to use from any number of tasks at once."""

    def __init__(
        self, pool: asyncpg.Pool, settings: Settings, wait: float, trail: Trail | None = None
    ) -> None:
        self._trail = trail
        self._pool = pool
        self._needed = settings.auth == "key"
        self._lifetime = settings.auth_cache_seconds
        self._wait = wait
        self._known: OrderedDict[bytes, tuple[float, KeyHolder]] = OrderedDict()

    async def identify(self, headers: Headers) -> Identity:
        """Who sent these headers. Raises Unauthenticated, and Unavailable when the database is away."""
        tenant_id = uuid_or_none(headers.get(TENANT_ID))
        if not self._needed:
            tenant_id = tenant_id or _tenant_named(headers)
            return Identity(tenant_id, scoped=tenant_id is not None and headers.get(SCOPE) == b"tenant")
        try:
            identity = await self._known_identity(tenant_id, headers)
        except Unauthenticated as problem:
            await sign_in_refused(self._trail, problem.code, headers)
            raise
        await signed_in(self._trail, identity, headers)
        return identity

    async def _known_identity(self, tenant_id: UUID | None, headers: Headers) -> Identity:
        holder = await self._holder(_bearer(headers))
        if holder is None:
            raise Unauthenticated("The API key is unknown, deleted or expired.", headers)
        opening = _opening(holder, tenant_id, headers)
        return Identity(
            opening.tenant_id,
            holder.user_id,
            holder.key_id,
            role_id=opening.role_id,
            permissions=opening.permissions,
        )

    async def _holder(self, key: str) -> KeyHolder | None:
        # The key itself is not kept in memory longer than its request.
        digest = hashlib.sha256(key.encode()).digest()
        found = self._known.get(digest)
        if found is not None and found[0] > time.monotonic():
            return found[1]
        find = tokens.find_access_token if tokens.is_access_token(key) else find_api_key
        holder = await patiently(functools.partial(find, self._pool, key), repeatable=True, wait=self._wait)
        if holder is None:
            # Not remembered: wrong keys are without number, and would push out the right ones.
            self._known.pop(digest, None)
            return None
        self._known[digest] = (time.monotonic() + self._trusted_for(holder), holder)
        self._known.move_to_end(digest)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return holder

    def _trusted_for(self, holder: KeyHolder) -> float:
        """Seconds for which what is known of a key may be believed: never beyond its end."""
        if holder.expires_at is None:
            return self._lifetime
        return min(self._lifetime, (holder.expires_at - datetime.now(UTC)).total_seconds())


def _bearer(headers: Headers) -> str:
    given = headers.get(AUTHORIZATION)
    if not given:
        raise Unauthenticated(
            "This server needs an API key: send it as `Authorization: Bearer <key>`. `prefect auth login --key` "
            "stores one for a Prefect client.",
            headers,
        )
    scheme, _, key = given.decode("latin-1").strip().partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthenticated("Malformed Authorization header: `Bearer <key>` is expected.", headers)
    return key.strip()


def _tenant_named(headers: Headers) -> UUID | None:
    """The tenant that a client before 1.0 has switched to, which it cannot say but with its access token."""
    _, _, token = headers.get(AUTHORIZATION, b"").decode("latin-1").partition(" ")
    return tokens.tenant_named(token.strip())


def _opening(holder: KeyHolder, wanted: UUID | None, headers: Headers) -> Opening:
    if not holder.openings:
        raise Unauthenticated("The user of this API key is a member of no tenant.", headers, 403)
    for opening in holder.openings:
        if wanted is None or opening.tenant_id == wanted:
            return opening
    raise Unauthenticated(f"This API key is not valid for the tenant {wanted}.", headers, 403)
