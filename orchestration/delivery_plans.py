"""What a delivery is, and what there is to do for it: plain values between the rules and those who send.

In: nothing. Out: the types. Sends nothing, reads nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lictor.orchestration.hook_requests import HookRequest
from lictor.orchestration.types import Connection


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of hook_delivery that was claimed: an event to be told to a target, now.

    `event_id` is the same in every attempt; `begun` is the database's time of this one, the `attempt`-th. The claim
    ends at `claimed_until`, which tells it from every other. The first `parts_sent` parts of its plan are done.
    """

    id: UUID
    tenant_id: UUID
    kind: str
    target_id: UUID
    subject_id: UUID
    event_id: UUID
    event: Mapping[str, Any]
    attempt: int
    parts_sent: int
    begun: datetime
    claimed_until: datetime


@dataclass(frozen=True, slots=True)
class Email:
    """A message to be handed to the mail server of the settings."""

    to: tuple[str, ...]
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Requests:
    """Sent one after the other. What was taken is not sent again when one of the others has to be."""

    parts: tuple[HookRequest | Email, ...]


@dataclass(frozen=True, slots=True)
class Write:
    """Done by writing to our own database: `write` runs in the transaction that marks the delivery Delivered."""

    write: Callable[[Connection], Awaitable[Any]]


Plan = Requests | Write


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a claim. `delay`: seconds until the next attempt, of a `Failed` one."""

    delivery: Delivery
    result: str
    """Delivered, Dead, Failed, Returned (as if it had never been claimed) or Gone (there is no such target)."""
    delay: float = 0.0
    parts_sent: int = 0
    status: int | None = None
    error: str | None = None
