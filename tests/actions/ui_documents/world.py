"""A filled database for the documents of the original UI, and the ids of what is in it.

In: a connection of a superuser to a migrated, empty database, and sizes. Out: `World`, which knows every id without
asking. The rows are made by world.sql; bench/ui.py makes the same world in a larger size.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from lictor.orchestration import queries

KINDS = (
    "tenant", "project", "flow_group", "flow", "task", "flow_run", "task_run", "agent", "message", "cloud_hook",
    "task_run_artifact", "agent_config",
)  # fmt: skip
STATES = (
    "Cancelled", "Cancelling", "ClientFailed", "Failed", "Finished", "Looped", "Paused", "Pending", "Queued", "Resume",
    "Retrying", "Running", "Scheduled", "Submitted", "Success", "TimedOut", "Cached",
)  # fmt: skip
"""The last runs of flow group 1 are in these states, the newest in the last one."""

FAR_FLOW_RUN = 10_000_000
"""Numbers of upcoming runs begin here: FAR_FLOW_RUN + group * 1000 + hours from now; 0 and -1 are late."""

_ORDER = (
    "tenants", "flows", "tasks", "edges", "agents", "runs", "upcoming", "task_runs", "flow_run_states", "task_run_states",
    "logs", "users", "notes",
)  # fmt: skip
_sql = queries.load(str(Path(__file__).with_name("world")))


@dataclass(frozen=True, slots=True)
class World:
    """Sizes of a filled database, and its ids."""

    groups: int = 6
    runs: int = 120
    detailed: int = 40
    ahead: int = 4
    children: int = 5
    lines: int = 250

    def id(self, kind: str, number: int) -> str:
        """The id of the `number`-th row of `kind`."""
        return f"{KINDS.index(kind) + 1:08x}-0000-7000-8000-{number:012x}"

    def flow(self, group: int = 1, version: int = 3) -> str:
        """A version of a flow; 3 is the one that is not archived."""
        return self.id("flow", group * 10 + version)

    def task(self, number: int, group: int = 1, version: int = 3) -> str:
        """A task of a flow: 1 n, 2 gen, 3 work (mapped), 4 dep, 5 flaky, 6 dep (mapped)."""
        return self.id("task", group * 100 + version * 10 + number)

    def run_number(self, state: str) -> int:
        """The number of the run of flow group 1 that is in `state`."""
        return self.runs - len(STATES) + 1 + STATES.index(state)

    def run(self, state: str) -> str:
        """The run of flow group 1 that is in `state`. The main run is the Failed one."""
        return self.id("flow_run", self.run_number(state))

    def upcoming(self, group: int, hours: int) -> str:
        """The run of the live flow of `group` that is due in so many hours; 0 and -1 are late."""
        return self.id("flow_run", FAR_FLOW_RUN + group * 1000 + hours)

    def task_run(self, state: str, task: int, map_index: int = -1) -> str:
        """A task run of `run(state)`."""
        return self.id("task_run", self.run_number(state) * 100_000 + task * 10_000 + map_index + 1)


async def fill(connection: asyncpg.Connection, world: World) -> None:
    """Make all rows of `world`. The connection must be a superuser's; it is good for nothing else afterwards."""
    await connection.execute("SET session_replication_role = replica")
    await _sql.make_id.execute(connection)
    given: dict[str, Any] = {
        **{
            name: getattr(world, name)
            for name in ("groups", "runs", "detailed", "ahead", "children", "lines")
        },
        "states": list(STATES),
        "main_run": world.run_number("Failed"),
    }
    for name in _ORDER:
        statement: queries.Statement = getattr(_sql, name)
        await statement.execute(connection, **{key: given[key] for key in statement.parameters})
    await connection.execute("ANALYZE")
