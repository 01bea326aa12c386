"""Who calls: the user of an API key and the tenant that is meant.

Made once per request by the gateway, carried to handlers in the `Caller` and to the GraphQL engine as Hasura's
session variables, in which a Hasura hands it back to the handlers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

TENANT_VARIABLE = "x-hasura-tenant-id"
USER_VARIABLE = "x-hasura-user-id"
KEY_VARIABLE = "x-hasura-api-key-id"
ADMIN = "admin"
MEMBER = "member"
"""The role of whoever has a key: in the metadata it reads the rows of one tenant and writes by actions only."""


@dataclass(frozen=True, slots=True)
class Identity:
    """`user_id` and `key_id` are None without authentication; `tenant_id` is None where that means the default tenant.

    `scoped`: a caller without authentication who wants to see one tenant only, as if a key had said so (the web UI).
    """

    tenant_id: UUID | None = None
    user_id: UUID | None = None
    key_id: UUID | None = None
    scoped: bool = False

    @property
    def role(self) -> str:
        """The role in which the GraphQL engine answers."""
        return ADMIN if self.user_id is None and not self.scoped else MEMBER

    @property
    def session_variables(self) -> dict[str, str]:
        """The identity as session variables; what is not known is left out."""
        pairs = (
            (TENANT_VARIABLE, self.tenant_id),
            (USER_VARIABLE, self.user_id),
            (KEY_VARIABLE, self.key_id),
        )
        return {name: str(value) for name, value in pairs if value is not None}

    @classmethod
    def of_session(cls, variables: Mapping[str, str]) -> Identity:
        """The identity in `session_variables`, which are to be trusted."""
        return cls(
            uuid_or_none(variables.get(TENANT_VARIABLE)),
            uuid_or_none(variables.get(USER_VARIABLE)),
            uuid_or_none(variables.get(KEY_VARIABLE)),
        )


def uuid_or_none(value: str | bytes | None) -> UUID | None:
    """The UUID that a header spells, None for garbage: the original UI sends "null" (ui-and-cloud.md E 4)."""
    text = value.decode("latin-1") if isinstance(value, bytes) else value or ""
    try:
        return UUID(text.strip())
    except ValueError:
        return None
