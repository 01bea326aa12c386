"""Hands the clock's orders to Redis, in the background: a slow or missing Redis must not hold up the lease.

Keeps only the last order of each duty, and only in memory: an order that is never sent is an order that was lost, and
its duty will be due again.
"""

import asyncio
import contextlib

import redis
import structlog
from dramatiq import Broker

from lictor.workers.duties import Duty, duty_message

_log = structlog.get_logger("lictor.clock")
_PAUSE = 1.0
"""Seconds between two attempts while Redis does not answer."""


class Outbox:
    """Orders on their way to Redis. Run `send_forever` as a task."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._orders: dict[str, tuple[Duty, int]] = {}
        self._filled = asyncio.Event()

    def put(self, duty: Duty, dispatch: int) -> None:
        """Send the order `dispatch` of `duty` soon; it replaces an earlier one that is still waiting."""
        self._orders[duty.name] = (duty, dispatch)
        self._filled.set()

    async def send_forever(self) -> None:
        """Send orders as they come; while Redis is away, say so once and go on trying."""
        lost = False
        while True:
            await self._filled.wait()
            try:
                await self._send_all()
            except redis.RedisError as error:
                if not lost:
                    _log.warning("redis_lost", error=str(error))
                lost = True
                await asyncio.sleep(_PAUSE)
            else:
                if lost:
                    _log.info("redis_found")
                lost = False
                if not self._orders:
                    self._filled.clear()

    async def _send_all(self) -> None:
        for name, (duty, dispatch) in list(self._orders.items()):
            # redis-py blocks; its time-outs (broker.py) end what takes too long.
            await asyncio.to_thread(self._broker.enqueue, duty_message(duty, dispatch))
            with contextlib.suppress(KeyError):
                if self._orders[name] == (duty, dispatch):
                    del self._orders[name]
