"""The request headers that mean something here, found in one pass.

ASGI's list of header pairs comes in, the few known ones go out. Unknown and garbled headers are tolerated:
old clients, agents and the original UI send many (contract client.md 1.2, ui-and-cloud.md A.0.2).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import asyncpg

from lictor.actions.audit import Trail
from lictor.actions.combined import Combined
from lictor.actions.identity import Identity, uuid_or_none
from lictor.actions.registry import Caller
from lictor.keys import keyring_of
from lictor.settings import Settings

AGENT_ID = b"x-prefect-agent-id"
AUTHORIZATION = b"authorization"
REQUEST_ID = b"x-request-id"
CORE_VERSION = b"x-prefect-core-version"
TENANT_ID = b"x-prefect-tenant-id"
SCOPE = b"x-lictor-scope"
"""`tenant`: show what the named tenant has and nothing else, though no key is asked for (authentication.md)."""

_KNOWN = frozenset(
    (
        b"content-length",
        b"content-encoding",
        b"accept-encoding",
        b"accept",
        b"expect",
        b"host",
        b"if-none-match",
        b"origin",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"access-control-request-headers",
        b"access-control-request-method",
        AUTHORIZATION,
        REQUEST_ID,
        AGENT_ID,
        CORE_VERSION,
        TENANT_ID,
        SCOPE,
        b"user-agent",
        b"x-forwarded-for",
        b"x-lictor-actions-secret",
    )
)

Headers = dict[bytes, bytes]


class Sender(NamedTuple):
    """Where a request comes from: its known headers and whom they were found to be."""

    headers: Headers
    identity: Identity


def known_headers(pairs: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The known headers by their lower-case names; of a repeated one the last."""
    return {name: value for name, value in pairs if name in _KNOWN}


def forwarded(headers: Headers) -> dict[str, str]:
    """What handlers may see of the request: the `x-prefect-*` headers (server.md 3.1)."""
    return {
        name.decode("ascii"): value.decode("latin-1")
        for name, value in headers.items()
        if name.startswith(b"x-prefect-")
    }


class Callers:
    """Makes the `Caller` of a request; equal senders give the same object. Raises SealError at the start."""

    def __init__(self, pool: asyncpg.Pool, settings: Settings, trail: Trail | None = None) -> None:
        self.trail = trail
        self._pool = pool
        self._settings = settings
        self._combined = Combined(pool)
        self._keyring = keyring_of(settings)
        self._make = functools.lru_cache(maxsize=1024)(self._caller)

    def of(self, sender: Sender) -> Caller:
        """The caller that `sender` is."""
        headers, identity = sender
        return self._make(headers.get(AGENT_ID), headers.get(CORE_VERSION), identity)

    def of_forwarded(self, headers: Mapping[str, str], identity: Identity) -> Caller:
        """The same from what `forwarded` gave."""
        known = {key.encode("ascii"): value.encode("latin-1") for key, value in headers.items()}
        return self.of(Sender(known, identity))

    def _caller(self, agent: bytes | None, version: bytes | None, identity: Identity) -> Caller:
        return Caller(
            pool=self._pool,
            settings=self._settings,
            combined=self._combined,
            keyring=self._keyring,
            agent_id=uuid_or_none(agent),
            core_version=version.decode("latin-1") if version else None,
            tenant_id=identity.tenant_id,
            user_id=identity.user_id,
            key_id=identity.key_id,
            role_id=identity.role_id,
            permissions=identity.permissions,
            trail=self.trail,
        )
