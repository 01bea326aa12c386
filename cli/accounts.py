"""API keys and the server's own keys, from the command line.

In: a DSN, names, the data directory. Out: rows made by orchestration's rules, and the key file of `lictor up`.
"""

from __future__ import annotations

import contextlib
import os
from datetime import datetime
from pathlib import Path
from uuid import UUID

from lictor.cli.tenants import run
from lictor.orchestration import accounts, secrets
from lictor.orchestration.accounts import NewKey
from lictor.orchestration.sealing import Keyring, new_key
from lictor.orchestration.types import Connection


def ensure_key_file(path: Path) -> None:
    """Make the file with the keys for secrets, unless it is there; only its owner may read it."""
    if path.exists():
        return
    with contextlib.suppress(FileExistsError):
        # Complete before it has its name: nobody ever finds half a key.
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as stream:
                stream.write(
                    f"# Opens the secrets of this Lictor. Keep a copy apart from the database.\n{new_key()}\n"
                )
                stream.flush()
                os.fsync(stream.fileno())
            os.link(draft, path)
        finally:
            draft.unlink()


def create_key(
    dsn: str,
    name: str,
    *,
    username: str,
    tenant: str | None = None,
    role: str | None = None,
    expires_at: datetime | None = None,
) -> NewKey:
    """Make an API key for a user, who is made on first sight and has `role` from then on. Raises OrchestrationError."""

    async def make(connection: Connection) -> NewKey:
        async with connection.transaction():
            user_id = await accounts.ensure_user(connection, username, tenant, role)
            return await accounts.create_api_key(
                connection, user_id=user_id, name=name, expires_at=expires_at
            )

    return run(dsn, make)


def list_keys(dsn: str) -> list[dict[str, object]]:
    """What may be shown of every API key."""
    return run(dsn, accounts.list_api_keys)


def revoke_key(dsn: str, key_id: UUID) -> bool:
    """Delete an API key; False when there is none of that id."""
    return run(dsn, lambda connection: accounts.delete_api_key(connection, key_id))


def reseal(dsn: str, keyring: Keyring) -> int:
    """Seal with the keyring's first key what others sealed; returns how many secrets. Raises OrchestrationError."""
    return run(dsn, lambda connection: secrets.reseal_secrets(connection, keyring))
