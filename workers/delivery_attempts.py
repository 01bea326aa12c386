"""One attempt to make a delivery, and what follows from how it went (docs/decisions/0016-outbox.md).

In: a claimed delivery and the parts of its plan. Out: an Outcome, whatever happens. Never touches the database.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from lictor.mail import Mailer
from lictor.orchestration.delivery_plans import Delivery, Email, Outcome
from lictor.orchestration.hook_requests import HookRequest
from lictor.outgoing import Outgoing, OutgoingError
from lictor.settings import Settings

_OF_CLAIM = 0.8
"""The part of a claim that an attempt may take: the rest is for writing down what became of it."""


class Attempts:
    """Sends parts through `outgoing` and `mailer`; how often and when again, the settings say."""

    def __init__(self, settings: Settings, outgoing: Outgoing, mailer: Mailer) -> None:
        self._settings = settings
        self._outgoing = outgoing
        self._mailer = mailer

    async def make(self, delivery: Delivery, parts: Sequence[HookRequest | Email]) -> Outcome:
        """Send what has not been sent yet. One part that is refused for good keeps none of the others back."""
        sent, status = min(delivery.parts_sent, len(parts)), None
        refused: tuple[int, OutgoingError] | None = None
        try:
            async with asyncio.timeout(self._settings.hook_claim * _OF_CLAIM):
                for part in parts[sent:]:
                    try:
                        status = await self._send(part)
                    except OutgoingError as error:
                        if not error.permanent:
                            raise
                        refused = refused or (sent, error)
                    sent += 1
        except (OutgoingError, TimeoutError) as error:
            problem = error if isinstance(error, OutgoingError) else _too_long(sent, len(parts))
            # Begin again with what was refused, so that it is not forgotten.
            return self.failed(delivery, problem, refused[0] if refused else sent)
        if refused:
            return self.dead(delivery, refused[1], refused[0])
        return Outcome(delivery, "Delivered", parts_sent=sent, status=status)

    async def _send(self, part: HookRequest | Email) -> int | None:
        if isinstance(part, Email):
            await self._mailer.send(part)
            return None
        return await self._outgoing.send(part)

    def failed(self, delivery: Delivery, error: Exception, parts_sent: int = 0) -> Outcome:
        """Again, after a while that doubles, if there is an attempt left; else dead."""
        settings = self._settings
        if delivery.attempt >= settings.hook_max_attempts:
            return self.dead(delivery, error, parts_sent)
        backoff = min(settings.hook_retry_delay * 2.0 ** (delivery.attempt - 1), settings.hook_retry_longest)
        asked = getattr(error, "retry_after", None) or 0.0
        # At least what was asked for, and not all at the same moment.
        delay = max(backoff, min(asked, settings.hook_retry_longest)) * random.uniform(1.0, 1.25)
        status = getattr(error, "status", None)
        return Outcome(delivery, "Failed", delay, parts_sent, status, str(error))

    def dead(self, delivery: Delivery, error: Exception, parts_sent: int = 0) -> Outcome:
        """Given up."""
        return Outcome(
            delivery,
            "Dead",
            parts_sent=parts_sent,
            status=getattr(error, "status", None),
            error=str(error),
        )


def _too_long(sent: int, parts: int) -> OutgoingError:
    return OutgoingError(f"There was time for {sent} of {parts} requests; the others follow.")
