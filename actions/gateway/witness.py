"""What a gateway process sees of life, and notes in the database every few seconds (docs/decisions/0015-recovery.md).

In: operations that were answered, and whose they were. Out: rows about this API being up and about flow runs that were
read by their runners. A read costs a look at the document's text; the database is told of all of them at once. Never
fails a request, and never ends on its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog

from lictor.actions.gateway.headers import CORE_VERSION, Sender
from lictor.orchestration import witness
from lictor.orchestration.witness import Reads
from lictor.settings import Settings

# Client.get_flow_run_info of every release (contract client.md 3.2 Q12, 8): nobody else asks for this.
_RUNNERS_QUERY = re.compile(
    r'\s*query\s*\{\s*flow_run_by_pk\(\s*id:\s*"(?P<id>[0-9a-fA-F-]{36})"\s*\)\s*\{\s*id\s+name\s+flow_id\s+parameters\s+'
    r"context\s+version\s+scheduled_start_time\s+serialized_state\s+"
    r"task_runs\(\s*where:\s*\{\s*map_index:\s*\{\s*_eq:\s*-1\s*\}\s*\}\s*\)\s*\{"
)
# The oldest release whose source was seen to read its run regularly while it is Running.
_REGULAR_SINCE = (0, 13, 19)
_VERSION = re.compile(rb"(\d+)\.(\d+)\.(\d+)")
_MOST_RUNS = 100_000
"""Runs remembered while the database is away; more are not counted."""

_log = structlog.get_logger("lictor.gateway")


def run_read_by(query: str) -> UUID | None:
    """The flow run whose runner sends this document; None for every other document."""
    found = _RUNNERS_QUERY.match(query)
    if found is None:
        return None
    with contextlib.suppress(ValueError):
        return UUID(found["id"])
    return None


def reads_regularly(core_version: bytes | None) -> bool:
    """Whether runners of this release of Prefect are known to read their runs every 15 s."""
    found = _VERSION.match(core_version or b"")
    return found is not None and tuple(map(int, found.groups())) >= _REGULAR_SINCE


class Witness:
    """Remembers what is seen and writes it down; runs between `start` and `stop`."""

    def __init__(self, pool: asyncpg.Pool, settings: Settings) -> None:
        self._pool = pool
        self._interval = settings.sign_of_life_interval
        self._reads: dict[UUID, Reads] = {}
        self._task: asyncio.Task[None] | None = None
        self._failing = False

    def see(self, query: str, sender: Sender) -> None:
        """A query has been answered; if a runner has read its run, remember that."""
        run_id = run_read_by(query)
        if run_id is None:
            return
        seen = self._reads.get(run_id)
        regular = reads_regularly(sender.headers.get(CORE_VERSION))
        if seen is not None:
            seen.count += 1
            seen.regular = seen.regular or regular
        elif len(self._reads) < _MOST_RUNS:
            self._reads[run_id] = Reads(1, regular)

    def start(self) -> None:
        """Begin to write down."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Write down what is left, and end."""
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None
        with contextlib.suppress(Exception):
            async with asyncio.timeout(2):
                await self._note()

    async def _run(self) -> None:
        while True:
            try:
                await self._note()
                self._failing = False
            except Exception as error:
                if not self._failing:
                    _log.warning(
                        "signs of life cannot be written down", reason=str(error) or type(error).__name__
                    )
                self._failing = True
            await asyncio.sleep(self._interval)

    async def _note(self) -> None:
        # The API first: what ends an outage must be known when a gap between two reads is measured.
        await witness.note_life(self._pool, timedelta(seconds=3 * self._interval))
        reads, self._reads = self._reads, {}
        try:
            await witness.note_reads(self._pool, reads)
        except BaseException:
            for run_id, seen in self._reads.items():
                if run_id in reads:
                    reads[run_id].count += seen.count
                    reads[run_id].regular |= seen.regular
                else:
                    reads[run_id] = seen
            self._reads = reads
            raise
