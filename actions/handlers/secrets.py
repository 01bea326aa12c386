"""Secrets (contract ui-and-cloud.md B.3, row 18)."""

from __future__ import annotations

from typing import Any

import msgspec

from lictor.actions.handlers.answers import success
from lictor.actions.handlers.tenancy import acting_tenant
from lictor.actions.registry import JSON, ActionError, Caller, action
from lictor.orchestration import secrets
from lictor.orchestration.sealing import Keyring


def _keyring(caller: Caller) -> Keyring:
    if caller.keyring is None:
        raise ActionError(
            "This server keeps no secrets: it was given no key for them. Set LICTOR_SECRET_KEY or "
            "LICTOR_SECRET_KEY_FILE; `lictor secret new-key` prints a key."
        )
    return caller.keyring


class SetSecretInput(msgspec.Struct):
    name: str
    value: JSON


@action("set_secret", idempotent=True)
async def set_secret(caller: Caller, input: SetSecretInput) -> dict[str, Any]:
    limit = caller.settings.secret_size_limit
    keyring = _keyring(caller)
    await secrets.set_secret(
        caller.pool, keyring, await acting_tenant(caller), input.name, input.value, size_limit=limit
    )
    return success()


class DeleteSecretInput(msgspec.Struct):
    name: str


@action("delete_secret", idempotent=True)
async def delete_secret(caller: Caller, input: DeleteSecretInput) -> dict[str, Any]:
    return success(await secrets.delete_secret(caller.pool, await acting_tenant(caller), input.name))


@action("secret_names", idempotent=True)
async def secret_names(caller: Caller, _: None) -> list[str]:
    return await secrets.secret_names(caller.pool, await acting_tenant(caller))


class SecretValueArguments(msgspec.Struct):
    name: str


@action("secret_value", argument=None, idempotent=True)
async def secret_value(caller: Caller, arguments: SecretValueArguments) -> Any:
    return await secrets.secret_value(
        caller.pool, _keyring(caller), await acting_tenant(caller), arguments.name
    )
