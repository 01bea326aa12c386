"""What a member of a tenant may do: Prefect Cloud's vocabulary and its built-in roles (contract ui-and-cloud.md B.1, B.2).

A permission is `verb:object`. A role is a name for a set of them; a membership has one role. The sets of the built-in
roles stand here and, for those who read the API, in the table `auth_role` (a test keeps both the same).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

VERBS = ("create", "read", "update", "delete")
OBJECTS = (
    "agent",
    "api-key",
    "audit-trail",
    "cloud-hook",
    "concurrency-limit",
    "flow",
    "flow-sla",
    "hook",
    "key-value",
    "license",
    "log",
    "membership",
    "membership-invitation",
    "message",
    "project",
    "role",
    "run",
    "secret",
    "secret-value",
    "service-account",
    "service-api-key",
    "tenant",
    "usage",
    "user",
)
FEATURES = (
    "feature:agent-sla",
    "feature:api-action",
    "feature:basic-rbac",
    "feature:concurrency-limit",
    "feature:custom-role",
    "feature:flow-sla",
    "feature:version-locking",
)
"""What Cloud sold by license: here everybody has it."""

EVERYTHING = frozenset(f"{verb}:{thing}" for verb in VERBS for thing in OBJECTS) | frozenset(FEATURES)

Permissions = frozenset[str]


def _all(verbs: str, things: str) -> Permissions:
    return frozenset(f"{verb}:{thing}" for verb in verbs.split() for thing in things.split())


_READS = frozenset(
    f"read:{thing}" for thing in OBJECTS if thing not in ("secret-value", "audit-trail", "license")
) | frozenset(FEATURES)
_OWN = _all("create read update delete", "api-key message")
_USER = (
    _READS
    | _OWN
    | _all("create update delete", "run flow agent key-value cloud-hook hook flow-sla secret")
    | _all("create update", "project log")
    | {"read:secret-value"}
)
_RUNNER = (
    _all("create read update", "run log agent")
    | _all("create read update delete", "key-value")
    | _all("read", "flow project tenant concurrency-limit secret secret-value user role membership message")
    | frozenset(FEATURES)
)


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A role that every tenant has and nobody changes."""

    id: UUID
    name: str
    label: str
    """What people are shown."""
    permissions: Permissions


ADMIN = BuiltIn(
    UUID("00000000-0000-7000-8000-00000000a001"),
    "TENANT_ADMIN",
    "Administrator",
    EVERYTHING - _all("create read update delete", "license"),
)
USER = BuiltIn(UUID("00000000-0000-7000-8000-00000000a002"), "USER", "User", _USER)
READ_ONLY = BuiltIn(
    UUID("00000000-0000-7000-8000-00000000a003"),
    "READ_ONLY_USER",
    "Read only",
    # Whoever looks also reads what is meant for them, and keeps keys of their own, which do no more than they may.
    _READS | _OWN,
)
RUNNER = BuiltIn(UUID("00000000-0000-7000-8000-00000000a004"), "RUNNER", "Runner", _RUNNER)
LICENSE_ADMIN = BuiltIn(
    UUID("00000000-0000-7000-8000-00000000a005"),
    "ENTERPRISE_LICENSE_ADMIN",
    "License administrator",
    EVERYTHING,
)
BUILT_IN = (ADMIN, USER, READ_ONLY, RUNNER, LICENSE_ADMIN)

PICKED_IN_CUSTOM = _all("read", "user tenant role") | _all("create read update delete", "message")
"""What a custom role has anyway: without these no page can be shown to its holder (B.1)."""


def unknown(permissions: Iterable[str]) -> list[str]:
    """Those that are no permissions, in alphabetical order."""
    return sorted(set(permissions) - EVERYTHING)


def lacking(needed: Iterable[str], held: Permissions | None) -> list[str]:
    """Those needed and not held, in alphabetical order; `held` None means without authentication, where nothing lacks."""
    return [] if held is None else sorted(set(needed) - held)
