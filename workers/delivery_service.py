"""Runs the Deliverer inside a worker process, beside its actors, and wakes it when something is owed.

Whoever writes a debt notifies Postgres' channel `lictor_hook_delivery`; the duty `deliver_hooks` reminds by Redis; and
the Deliverer looks by itself from time to time. Any two of them may fail.
"""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import Future

import asyncpg
import structlog
from dramatiq import Broker, Middleware, Worker
from dramatiq.asyncio import get_event_loop_thread

from lictor.keys import keyring_of
from lictor.mail import Mailer
from lictor.orchestration.deliveries import CHANNEL
from lictor.orchestration.delivery_kinds import all_kinds
from lictor.orchestration.outages import DATABASE_ERRORS
from lictor.orchestration.sealing import Keyring, SealError
from lictor.outgoing import Outgoing
from lictor.settings import Settings, get_settings, parse_networks
from lictor.workers.database import connection_options, database
from lictor.workers.delivery import Deliverer
from lictor.workers.delivery_attempts import Attempts

_log = structlog.get_logger("lictor.hooks")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
"""Seconds between attempts to listen again when the connection is lost."""
_PATIENCE = 5.0
"""Seconds that deliveries under way have when the process is to end."""


class DeliverHooks(Middleware):
    """Begins with the worker and ends before it. Must stand after AsyncIO and CloseDatabase."""

    def __init__(self) -> None:
        self._deliverer: Deliverer | None = None
        self._running: Future[None] | None = None

    def after_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Called by Dramatiq when the event loop runs."""
        loop_thread = get_event_loop_thread()
        assert loop_thread is not None
        self._running = asyncio.run_coroutine_threadsafe(self._run(get_settings()), loop_thread.loop)

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Called by Dramatiq when the process is to end."""
        loop_thread = get_event_loop_thread()
        if self._running is None or loop_thread is None:
            return
        loop_thread.loop.call_soon_threadsafe(self._stop)
        try:
            self._running.result(2 * _PATIENCE + 1)
        except Exception as error:
            _log.warning("deliveries_cut_off", error=f"{type(error).__name__}: {error}")

    def wake(self) -> None:
        """Look now whether something is due; from the event loop."""
        if self._deliverer is not None:
            self._deliverer.wake()

    def _stop(self) -> None:
        if self._deliverer is not None:
            self._deliverer.stop()

    async def _run(self, settings: Settings) -> None:
        async with Outgoing(parse_networks(settings.hook_networks)) as outgoing:
            attempts = Attempts(settings, outgoing, Mailer(settings))
            kinds = all_kinds(_keyring(settings), settings.automation_run_limit)
            self._deliverer = Deliverer(settings, database, attempts, kinds)
            listening = asyncio.create_task(listen(settings, self._deliverer))
            try:
                await self._deliverer.run(_PATIENCE)
            except Exception:
                _log.exception("deliveries_ended")
                raise
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)


def _keyring(settings: Settings) -> Keyring | None:
    """The keys for secrets. Without them everything else is delivered all the same."""
    try:
        return keyring_of(settings)
    except SealError as error:
        _log.error("no_key_for_secrets", error=str(error))
        return None


async def listen(settings: Settings, deliverer: Deliverer) -> None:
    """Wake the deliverer whenever something is owed, and when we may have missed it; until cancelled."""
    pause = _FIRST_PAUSE
    while True:
        try:
            connection = await asyncpg.connect(**connection_options(settings, "lictor hooks"))
        except DATABASE_ERRORS:
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            continue
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _, lost=lost: lost.set())
            await connection.add_listener(CHANNEL, lambda *_: deliverer.wake())
            deliverer.wake()
            pause = _FIRST_PAUSE
            await lost.wait()
        except DATABASE_ERRORS:
            await asyncio.sleep(pause)
        finally:
            with contextlib.suppress(Exception):
                connection.terminate()


service = DeliverHooks()
