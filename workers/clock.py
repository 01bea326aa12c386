"""The clock: one process of all that run this module leads, and sends due duties to the workers.

    python -m lictor.workers.clock

In: the settings. Out: Dramatiq messages, and rows of utility.leader and utility.duty. It does no duty itself. Any
number of clocks may run and any of them may be killed, stopped for a while or cut off from Postgres or Redis: when a
duty is due stands in Postgres, and sending it is recorded there in the statement that checks the term (lease.py).
"""

import asyncio
import contextlib
import random
import signal
from datetime import timedelta

import asyncpg
import structlog

from lictor import logs
from lictor.orchestration.outages import DATABASE_ERRORS
from lictor.settings import Settings, get_settings
from lictor.workers.broker import make_broker
from lictor.workers.database import connection_options
from lictor.workers.duties import DUTIES, TIME_LIMIT
from lictor.workers.lease import CHANNEL, Lease
from lictor.workers.outbox import Outbox
from lictor.workers.statements import clock as _sql
from lictor.workers.waiting import wait

_log = structlog.get_logger("lictor.clock")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
"""Seconds before the first and between later attempts to reach Postgres."""
_DUTIES = {duty.name: duty for duty in DUTIES}


class Clock:
    """One clock process: stands for election, and while it leads, sends orders through `outbox`."""

    def __init__(self, settings: Settings, outbox: Outbox) -> None:
        self._settings = settings
        self._outbox = outbox
        self.lease = Lease("clock", timedelta(seconds=settings.clock_lease))
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._declared_in: int | None = None
        self._database_lost = False
        self._pause = _FIRST_PAUSE

    def stop(self) -> None:
        """Give up the lease and return from `run`."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Until `stop`: work on a connection to Postgres, and get another one when it is lost."""
        while not self._stopping.is_set():
            try:
                async with self._connect() as connection:
                    await self._serve(connection)
            # PostgresError too: the server may be starting, or not migrated yet.
            except DATABASE_ERRORS as error:
                if not self._database_lost:
                    _log.warning("database_lost", error=f"{type(error).__name__}: {error}")
                self._database_lost = True
                await wait(self._stopping, self._pause * random.uniform(0.5, 1))
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    @contextlib.asynccontextmanager
    async def _connect(self):
        connection = await asyncpg.connect(
            **connection_options(self._settings, "lictor clock"),
            # Whoever waits longer has no lease any more.
            command_timeout=self._settings.clock_lease / 2,
        )
        try:
            await connection.add_listener(CHANNEL, lambda *_: self._wake.set())
            connection.add_termination_listener(lambda _: self._wake.set())
            yield connection
        finally:
            connection.terminate()

    async def _serve(self, connection: asyncpg.Connection) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            leads = await self._stand(connection)
            self._database_answers()
            if leads:
                pause = await self._lead(connection)
            else:
                pause = await self.lease.seconds_until_vacant(connection) + random.uniform(0, 0.1)
            if not connection.is_closed():
                await wait(self._wake, pause)
        await self.lease.resign(connection)

    async def _stand(self, connection: asyncpg.Connection) -> bool:
        """Keep or win the lease if possible; says so if that has changed anything."""
        before = self.lease.term
        leads = await self.lease.keep(connection)
        if leads and self.lease.term != before:
            _log.info("leading", term=self.lease.term)
        elif not leads and before is not None:
            _log.warning("no_longer_leading", term=before)
        return leads

    def _database_answers(self) -> None:
        if self._database_lost:
            _log.info("database_found")
        self._database_lost, self._pause = False, _FIRST_PAUSE

    async def _lead(self, connection: asyncpg.Connection) -> float:
        """Send what is due; returns in how many seconds to look again."""
        names = list(_DUTIES)
        leader = {"lease": self.lease.name, "leader_id": self.lease.leader_id, "term": self.lease.term}
        if self._declared_in != self.lease.term:
            intervals = [duty.interval(self._settings) for duty in _DUTIES.values()]
            await _sql.declare_duties.execute(connection, names=names, intervals=intervals, **leader)
            self._declared_in = self.lease.term
        patience = timedelta(seconds=self._settings.clock_patience)
        orders = await _sql.dispatch_due.fetch(
            connection, names=names, patience=patience, time_limit=TIME_LIMIT, **leader
        )
        for order in orders:
            self._outbox.put(_DUTIES[order["name"]], order["dispatch"])
            _log.debug("duty_sent", duty=order["name"], dispatch=order["dispatch"], term=self.lease.term)
        due = await _sql.seconds_until_due.fetchval(connection, names=names)
        if not orders and (due is None or due <= 0):
            # Due, but not ours to send: the database knows that our term is over. Ask it before long.
            due = _LONGEST_PAUSE / 10
        return min(self.lease.seconds_until_renewal, max(0.0, due))


async def main(settings: Settings) -> None:
    """Run a clock until SIGTERM or SIGINT."""
    outbox = Outbox(make_broker(settings))
    clock = Clock(settings, outbox)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, clock.stop)
    sending = asyncio.create_task(outbox.send_forever())
    try:
        await clock.run()
    finally:
        sending.cancel()
    _log.info("stopped")


if __name__ == "__main__":
    logs.configure(get_settings())
    asyncio.run(main(get_settings()))
