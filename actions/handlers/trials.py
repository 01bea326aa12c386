"""Trying a hook or an action out: what it sends is sent at once, while the caller waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from lictor.mail import Mailer
from lictor.orchestration.delivery_plans import Email
from lictor.orchestration.hook_requests import Addresses, HookRequest
from lictor.outgoing import Outgoing, OutgoingError
from lictor.settings import Settings, parse_networks

_LIMIT = 10.0
"""Seconds that the requests of one trial may take together."""


def addresses_of(settings: Settings) -> Addresses:
    """Where links lead and where the paging services are."""
    return Addresses.of(settings.ui_url, settings.port, settings.twilio_url, settings.pagerduty_url)


async def send_now(parts: Sequence[HookRequest | Email], settings: Settings) -> None:
    """Send them one after the other. Raises OutgoingError when one is not taken, or all take too long."""
    mailer = Mailer(settings)
    try:
        async with asyncio.timeout(_LIMIT), Outgoing(parse_networks(settings.hook_networks)) as outgoing:
            for part in parts:
                await (mailer.send(part) if isinstance(part, Email) else outgoing.send(part))
    except TimeoutError:
        raise OutgoingError(f"The {len(parts)} requests took longer than {_LIMIT:g} s.") from None
