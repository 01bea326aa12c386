"""The actions of automations as a kind of target of the outbox (docs/decisions/0016-outbox.md, 0017-automations.md).

In: ids of hooks, deliveries, the server's keys for secrets. Out: plans. Secrets are opened when a delivery is claimed,
live as long as that, and stand in no text that anybody sees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from lictor.orchestration import queries
from lictor.orchestration.action_config import API_CLASSES, secrets_of
from lictor.orchestration.action_requests import action_requests
from lictor.orchestration.automation_events import told
from lictor.orchestration.automation_runs import RUN_LIMIT, do_action
from lictor.orchestration.delivery_plans import Delivery, Plan, Requests, Write
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.hook_requests import Addresses, HookRequest
from lictor.orchestration.hook_signature import signed
from lictor.orchestration.sealing import Keyring
from lictor.orchestration.secrets import NOT_FOUND, secret_value
from lictor.orchestration.types import Connection, Executor

_sql = queries.load("automations")

NO_KEY = (
    "This server keeps no secrets: it was given no key for them. Set LICTOR_SECRET_KEY or LICTOR_SECRET_KEY_FILE for"
    " its workers, too."
)


@dataclass(frozen=True, slots=True)
class Action:
    """An action and what it needs of secrets, by the field that names the secret; `problem`: why one is missing."""

    tenant_id: UUID
    action_type: str
    config: Mapping[str, Any]
    signing_secret: str | None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    problem: str | None = None


class Automations:
    """Hooks, each told by its action."""

    def __init__(self, keyring: Keyring | None, run_limit: int = RUN_LIMIT) -> None:
        self._keyring = keyring
        self._run_limit = run_limit

    async def load(self, executor: Executor, target_ids: Sequence[UUID]) -> Mapping[UUID, Action]:
        rows = await _sql.get_hooks.fetch(executor, hook_ids=list(target_ids))
        return {row["id"]: await read_action(executor, row, self._keyring) for row in rows}

    def plan(self, target: Action, delivery: Delivery, addresses: Addresses) -> Plan:
        return plan_action(
            target,
            delivery.event,
            addresses,
            moment=delivery.begun,
            key=f"automation {delivery.id}",
            run_limit=self._run_limit,
        )


async def read_action(executor: Executor, row: Any, keyring: Keyring | None) -> Action:
    """The action of a row, with its secrets."""
    config = orjson.loads(row["config"])
    secrets: dict[str, str] = {}
    problem = None
    for name_field, name in secrets_of(config).items():
        try:
            secrets[name_field] = await _secret(executor, keyring, row["tenant_id"], name)
        except OrchestrationError as error:
            problem = problem or f"{name_field}: {error}"
    return Action(row["tenant_id"], row["action_type"], config, row["signing_secret"], secrets, problem)


async def _secret(executor: Executor, keyring: Keyring | None, tenant_id: UUID, name: str) -> str:
    if keyring is None:
        raise OrchestrationError(NO_KEY)
    try:
        value = await secret_value(executor, keyring, tenant_id, name)
    except OrchestrationError as error:
        if str(error) != NOT_FOUND:
            raise
        raise OrchestrationError(
            f"There is no secret {name!r}. Set it (set_secret), and send this again."
        ) from None
    if not isinstance(value, str) or not value.strip():
        raise OrchestrationError(f"The secret {name!r} has to be a text that is not empty.")
    return value.strip()


def plan_action(
    action: Action,
    facts: Mapping[str, Any],
    addresses: Addresses,
    *,
    moment: datetime,
    key: str | None = None,
    run_limit: int = RUN_LIMIT,
) -> Plan:
    """What to do for the event of these `facts`, now (`moment`). Raises OrchestrationError if it cannot be done."""
    event = told(facts, addresses)
    if action.action_type in API_CLASSES:

        async def write(connection: Connection) -> None:
            await do_action(connection, action.tenant_id, action.config, event, key=key, run_limit=run_limit)

        return Write(write)
    if action.problem is not None:
        raise OrchestrationError(action.problem)
    parts = action_requests(action.config, action.secrets, event, addresses)
    if action.action_type == "WebhookAction" and action.signing_secret is not None:
        parts = tuple(
            signed(part, action.signing_secret, str(event["id"]), moment)
            if isinstance(part, HookRequest)
            else part
            for part in parts
        )
    return Requests(parts)
