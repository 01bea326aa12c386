"""Waiting for an event, but not for ever."""

import asyncio
import contextlib


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event is set, but no longer than `seconds`."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
