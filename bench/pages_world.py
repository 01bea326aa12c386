"""A very large database for the pages of the web UI, and the ids of what is in it.

In: a connection of a superuser to a migrated, empty database, and sizes. Out: `World`, which knows the ids that pages are
opened with. The rows are made by pages_world.sql, statement by statement for all rows at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from bench.report import progress
from lictor.orchestration import queries

sql = queries.load(str(Path(__file__).with_suffix("")))
_TENANT, _FLOW_GROUP, _TASK, _FLOW_RUN = 1, 3, 5, 6
_LIVE = 1_000_000_000
_SPREAD = 20_000
"""Runs whose log lines one statement makes."""


@dataclass(frozen=True, slots=True)
class World:
    """Sizes of a filled database. Task runs: four for each run, `children` more for each of `special` runs of the mapped
    flow, `nodes` for each of as many runs of the wide one. Log lines: `lines` for each run, and `long_log` for one."""

    groups: int = 120
    runs: int = 200_000
    nodes: int = 2_000
    children: int = 5_000
    special: int = 29
    lines: int = 20
    long_log: int = 1_000_000
    live: int = 40
    messages: int = 500
    artifacts: int = 20_000

    @staticmethod
    def _id(kind: int, number: int) -> str:
        return f"{kind:08x}-0000-7000-8000-{number:012x}"

    @property
    def tenant(self) -> str:
        """The only tenant."""
        return self._id(_TENANT, 1)

    @property
    def flow_group(self) -> str:
        """A flow with one run in a hundred."""
        return self._id(_FLOW_GROUP, 2)

    @property
    def wide_flow_group(self) -> str:
        """The flow with `nodes` tasks."""
        return self._id(_FLOW_GROUP, self.groups - 2)

    @property
    def wide_run(self) -> str:
        """A run of the wide flow that is under way."""
        return self._id(_FLOW_RUN, _LIVE + 1)

    @property
    def mapped_run(self) -> str:
        """A finished run with `children` mapped task runs."""
        every = self.runs // self.special
        return self._id(_FLOW_RUN, self.runs - (self.runs - 11) % every)

    @property
    def long_run_number(self) -> int:
        """Which run has the long log: a plain one, about the middle of all."""
        return self.runs // 2 + 1

    @property
    def long_run(self) -> str:
        """The run with `long_log` lines."""
        return self._id(_FLOW_RUN, self.long_run_number)


async def fill(connection: asyncpg.Connection, world: World) -> None:
    """Make all rows of `world`. The connection must be a superuser's; it is good for nothing else afterwards."""
    await connection.execute("SET session_replication_role = replica")
    await sql.make_id.execute(connection)
    await sql.make_number.execute(connection)
    given: dict[str, Any] = {name: getattr(world, name) for name in World.__slots__}
    for name in (
        "flows",
        "tasks",
        "runs",
        "live_runs",
        "task_runs",
        "flow_run_states",
        "task_run_states",
        "notes",
    ):
        progress(f"pages: making {name.replace('_', ' ')}")
        statement: queries.Statement = getattr(sql, name)
        await statement.execute(connection, **{key: given[key] for key in statement.parameters})
    # What has been made is not known yet, and the lines look for task runs.
    await connection.execute("ANALYZE task_run, flow_run")
    for first in range(1, world.runs + 1, _SPREAD):
        progress(f"pages: making logs from run {first:,} on")
        last = min(first + _SPREAD - 1, world.runs)
        await sql.logs.execute(connection, lines=world.lines, first=first, last=last)
    number = world.long_run_number
    progress("pages: making the long log")
    await sql.logs.execute(connection, lines=world.long_log, first=number, last=number)
    progress("pages: vacuum")
    await connection.execute("VACUUM ANALYZE")
