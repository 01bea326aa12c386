"""Who calls: the user of an API key, the tenant that is meant, and what they may do there.

Made once per request by the gateway, carried to handlers in the `Caller` and to the GraphQL engine as Hasura's
session variables, in which a Hasura hands it back to the handlers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from lictor.orchestration.permissions import EVERYTHING, OBJECTS, Permissions

TENANT_VARIABLE = "x-hasura-tenant-id"
USER_VARIABLE = "x-hasura-user-id"
KEY_VARIABLE = "x-hasura-api-key-id"
ROLE_VARIABLE = "x-hasura-role-id"
PERMISSIONS_VARIABLE = "x-hasura-permissions"
"""Comma-separated. Absent, as the user is: everything is allowed, as without authentication."""
READ_VARIABLE = "x-hasura-read-"
"""With an object of the permissions behind it: the tenant whose rows of that kind may be read, or `NO_TENANT`. The row
filters of the metadata ask for it, so that a custom role holds for each table and each way to it."""
NO_TENANT = str(UUID(int=0))
ADMIN = "admin"
MEMBER = "member"
"""The role, in the metadata, of whoever has a key: it reads rows of one tenant and writes by actions only."""


@dataclass(frozen=True, slots=True)
class Identity:
    """`user_id` and `key_id` are None without authentication; `tenant_id` is None where that means the default tenant.

    `scoped`: a caller without authentication who wants to see one tenant only, as if a key had said so (the web UI).
    `permissions` None: without authentication, where everything is allowed.
    """

    tenant_id: UUID | None = None
    user_id: UUID | None = None
    key_id: UUID | None = None
    scoped: bool = False
    role_id: UUID | None = None
    permissions: Permissions | None = None

    @property
    def role(self) -> str:
        """The role in which the GraphQL engine answers."""
        return ADMIN if self.user_id is None and not self.scoped else MEMBER

    @property
    def session_variables(self) -> dict[str, str]:
        """The identity as session variables; what is not known is left out."""
        return dict(_session_variables(self))

    @classmethod
    def of_session(cls, variables: Mapping[str, str]) -> Identity:
        """The identity in `session_variables`, which are to be trusted."""
        user_id, held = uuid_or_none(variables.get(USER_VARIABLE)), variables.get(PERMISSIONS_VARIABLE)
        if held is None and user_id is not None:
            # Somebody, of whom nothing is said: not everything, then.
            held = ""
        return cls(
            uuid_or_none(variables.get(TENANT_VARIABLE)),
            user_id,
            uuid_or_none(variables.get(KEY_VARIABLE)),
            role_id=uuid_or_none(variables.get(ROLE_VARIABLE)),
            permissions=None if held is None else _spelled(held),
        )


@lru_cache(maxsize=1024)
def _session_variables(identity: Identity) -> dict[str, str]:
    pairs = (
        (TENANT_VARIABLE, identity.tenant_id),
        (USER_VARIABLE, identity.user_id),
        (KEY_VARIABLE, identity.key_id),
        (ROLE_VARIABLE, identity.role_id),
    )
    variables = {name: str(value) for name, value in pairs if value is not None}
    if identity.permissions is not None:
        variables[PERMISSIONS_VARIABLE] = ",".join(sorted(identity.permissions))
    if identity.role == MEMBER:
        held = EVERYTHING if identity.permissions is None else identity.permissions
        for thing in OBJECTS:
            seen = f"read:{thing}" in held
            variables[READ_VARIABLE + thing] = str(identity.tenant_id) if seen else NO_TENANT
    return variables


@lru_cache(maxsize=1024)
def _spelled(held: str) -> Permissions:
    return frozenset(held.split(","))


def uuid_or_none(value: str | bytes | None) -> UUID | None:
    """The UUID that a header spells, None for garbage: the original UI sends "null" (ui-and-cloud.md E 4)."""
    text = value.decode("latin-1") if isinstance(value, bytes) else value or ""
    try:
        return UUID(text.strip())
    except ValueError:
        return None
