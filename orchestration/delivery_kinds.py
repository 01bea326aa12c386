"""The kinds of targets that are told of events, each with what it takes to tell one (docs/decisions/0016-outbox.md).

In: ids of targets, deliveries. Out: plans. A new kind is a class like CloudHooks and an entry of `KINDS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import orjson

from lictor.orchestration import cloud_hooks
from lictor.orchestration.automation_kind import Automations
from lictor.orchestration.delivery_plans import Delivery, Plan, Requests, Write
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.hook_requests import Addresses, hook_requests
from lictor.orchestration.hook_signature import signed
from lictor.orchestration.sealing import Keyring
from lictor.orchestration.types import Connection, Executor


class Kind(Protocol):
    """How targets of one kind are told; the value of hook_delivery.kind is its key in `KINDS`."""

    async def load(self, executor: Executor, target_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
        """The targets by their ids, with all that `plan` needs. One that is missing is gone."""
        ...

    def plan(self, target: Any, delivery: Delivery, addresses: Addresses) -> Plan:
        """What to do to tell `target`. An OrchestrationError gives the delivery up with its text."""
        ...


@dataclass(frozen=True, slots=True)
class CloudHook:
    """A row of cloud_hook."""

    type: str
    config: Any
    active: bool
    signing_secret: str | None


class CloudHooks:
    """Cloud hooks (contract server.md 3.6.11)."""

    async def load(self, executor: Executor, target_ids: Sequence[UUID]) -> Mapping[UUID, CloudHook]:
        rows = await cloud_hooks.get_cloud_hooks(executor, target_ids)
        return {
            row["id"]: CloudHook(
                row["type"], orjson.loads(row["config"]), row["active"], row["signing_secret"]
            )
            for row in rows
        }

    def plan(self, target: CloudHook, delivery: Delivery, addresses: Addresses) -> Plan:
        if not target.active:
            raise OrchestrationError("The hook was switched off before this was delivered.")
        if target.type == "PREFECT_MESSAGE":

            async def write(connection: Connection) -> None:
                await cloud_hooks.create_hook_message(connection, delivery.tenant_id, dict(delivery.event))

            return Write(write)
        requests = hook_requests(target.type, target.config, delivery.event, addresses)
        if target.type == "WEBHOOK" and target.signing_secret is not None:
            requests = [
                signed(each, target.signing_secret, str(delivery.event_id), delivery.begun)
                for each in requests
            ]
        return Requests(tuple(requests))


KINDS: Final[Mapping[str, Kind]] = {"cloud_hook": CloudHooks()}
"""Kind -> how its targets are told, of those that need nothing but the database."""


def all_kinds(keyring: Keyring | None, automation_run_limit: int) -> Mapping[str, Kind]:
    """All kinds, for a server with these keys for secrets."""
    return {**KINDS, "automation": Automations(keyring, automation_run_limit)}
