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


@dataclass(frozen=True, slots=True)
class Identity:
    """`user_id` is None without authentication; `tenant_id` is None where that means the default tenant."""

    tenant_id: UUID | None = None
    user_id: UUID | None = None

    @property
    def session_variables(self) -> dict[str, str]:
        """The identity as session variables; what is not known is left out."""
        pairs = ((TENANT_VARIABLE, self.tenant_id), (USER_VARIABLE, self.user_id))
        return {name: str(value) for name, value in pairs if value is not None}

    @classmethod
    def of_session(cls, variables: Mapping[str, str]) -> Identity:
        """The identity in `session_variables`, which are to be trusted."""
        tenant_id, user_id = variables.get(TENANT_VARIABLE), variables.get(USER_VARIABLE)
        return cls(uuid_or_none(tenant_id), uuid_or_none(user_id))


def uuid_or_none(value: str | bytes | None) -> UUID | None:
    """The UUID that a header spells, None for garbage: the original UI sends "null" (ui-and-cloud.md E 4)."""
    text = value.decode("latin-1") if isinstance(value, bytes) else value or ""
    try:
        return UUID(text.strip())
    except ValueError:
        return None
