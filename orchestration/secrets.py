"""Secrets of a tenant (contract ui-and-cloud.md B.3, row 18): JSON values, sealed at rest.

A keyring, a tenant and names come in; values go out to whoever asks for one by name. Raises OrchestrationError
for what cannot be kept or found.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.sealing import Keyring, Sealed, SealError
from lictor.orchestration.types import Connection, Executor

_sql = queries.load("secrets")

NAME_LIMIT = 255
"""Most characters of a secret's name."""
NOT_FOUND = "No value found for the requested key"
"""The client looks for this text and raises KeyError (client.md 1.4)."""


def _place(tenant_id: UUID, name: str) -> str:
    """What a secret is sealed for: a row copied to another tenant or name does not open."""
    return f"{tenant_id}/{name}"


async def set_secret(
    executor: Executor, keyring: Keyring, tenant_id: UUID, name: str, value: Any, *, size_limit: int
) -> None:
    """Keep `value` under `name`, in place of an earlier one."""
    if not name or len(name) > NAME_LIMIT or "\0" in name:
        raise OrchestrationError(f"name must have 1 to {NAME_LIMIT} characters, none of them NUL.")
    encoded = orjson.dumps(value)
    if len(encoded) > size_limit:
        raise OrchestrationError(
            f"value has {len(encoded):,} bytes; the limit is {size_limit:,} (LICTOR_SECRET_SIZE_LIMIT)."
        )
    sealed = keyring.seal(encoded, _place(tenant_id, name))
    made = await _sql.set_secret.fetchval(executor, tenant_id=tenant_id, name=name, **sealed._asdict())
    if made is None:
        raise OrchestrationError(f"Tenant {tenant_id} not found.")


async def delete_secret(executor: Executor, tenant_id: UUID, name: str) -> bool:
    """Forget a secret; False for an unknown one."""
    return await _sql.delete_secret.fetchval(executor, tenant_id=tenant_id, name=name) is not None


async def secret_names(executor: Executor, tenant_id: UUID) -> list[str]:
    """The names of a tenant's secrets in alphabetical order."""
    return [row["name"] for row in await _sql.secret_names.fetch(executor, tenant_id=tenant_id)]


async def secret_value(executor: Executor, keyring: Keyring, tenant_id: UUID, name: str) -> Any:
    """A secret's value."""
    row = await _sql.sealed_secret.fetchrow(executor, tenant_id=tenant_id, name=name)
    if row is None:
        raise OrchestrationError(NOT_FOUND)
    try:
        return orjson.loads(keyring.open(Sealed(*row), _place(tenant_id, name)))
    except SealError as error:
        raise OrchestrationError(f"The secret {name!r} cannot be opened. {error}") from None


async def reseal_secrets(connection: Connection, keyring: Keyring) -> int:
    """Seal every secret that another key sealed with the keyring's first key; returns how many there were.

    All or none: one transaction.
    """
    async with connection.transaction():
        rows = await _sql.secrets_of_other_keys.fetch(connection, key_id=keyring.key_id)
        sealed: list[Sealed] = []
        for id, tenant_id, name, *old in rows:
            place = _place(tenant_id, name)
            try:
                sealed.append(keyring.seal(keyring.open(Sealed(*old), place), place))
            except SealError as error:
                raise OrchestrationError(f"The secret {name!r} ({id}) cannot be opened. {error}") from None
        await _sql.reseal_secrets.execute(
            connection,
            key_id=keyring.key_id,
            ids=[row["id"] for row in rows],
            nonces=[each.nonce for each in sealed],
            ciphertexts=[each.ciphertext for each in sealed],
        )
    return len(rows)
