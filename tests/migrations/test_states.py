"""A new state reaches its run (contract server.md 1.4 B), for flow runs and task runs alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.migrations.builders import World

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ENDS = ["Success", "Failed", "Cached", "TimedOut", "Looped", "Cancelled"]
DO_NOT_END = [
    "TriggerFailed",
    "ValidationFailed",
    "Skipped",
    "Mapped",
    "Finished",
    "Pending",
    "Scheduled",
    "Running",
]


@dataclass
class Run:
    world: World
    kind: str
    id: UUID

    def set(self, state: str, version: int | None, **values: Any) -> None:
        self.world.set_state(self.kind, self.id, state, version, **values)

    def set_many(self, *states: tuple[str, int, datetime]) -> None:
        """Several states in one statement."""
        rows = [
            self.world.state(self.kind, self.id, state, version, timestamp=moment)
            for state, version, moment in states
        ]
        self.world.insert_many(f"{self.kind}_state", rows)

    @property
    def row(self) -> Any:
        return self.world.row(self.kind, self.id)


@pytest.fixture(params=["flow_run", "task_run"])
def run(request, world):
    """A run at version 1."""
    flow_run = world.flow_run(world.flow(tasks=1))
    if request.param == "task_run":
        return Run(world, "task_run", world.task_runs(flow_run)[0])
    one = Run(world, "flow_run", flow_run)
    one.set("Pending", 1)
    return one


def test_a_state_that_wins_is_copied_whole(run):
    run.set(
        "Scheduled",
        2,
        message="later",
        result={"a": [1]},
        timestamp=NOON,
        start_time=NOON + MINUTE,
        serialized_state={"type": "Scheduled", "x": 1},
    )
    row = run.row
    assert (row.version, row.state, row.state_message, row.state_result) == (
        2,
        "Scheduled",
        "later",
        {"a": [1]},
    )
    assert (row.state_timestamp, row.state_start_time) == (NOON, NOON + MINUTE)
    assert row.serialized_state == {"type": "Scheduled", "x": 1}
    assert (row.start_time, row.end_time) == (None, None)


def test_what_the_new_state_lacks_is_cleared(run):
    run.set("Scheduled", 2, message="later", result={}, start_time=NOON)
    run.set("Running", 3)
    row = run.row
    assert (row.state_message, row.state_result, row.state_start_time) == (None, None, None)


def test_the_version_of_a_state_is_1_unless_given(run):
    state = run.world.state(run.kind, run.id, "Failed", 1)
    del state["version"]
    run.world.insert(f"{run.kind}_state", **state)
    assert (run.row.version, run.row.state) == (1, "Failed")


def test_an_equal_version_wins_even_with_an_older_timestamp(run):
    run.set("Running", 5, timestamp=NOON)
    run.set("Failed", 5, timestamp=NOON - MINUTE)
    assert (run.row.version, run.row.state, run.row.state_timestamp) == (5, "Failed", NOON - MINUTE)


def test_an_equal_version_wins_with_the_same_state_at_the_same_moment(run):
    run.set("Running", 5, timestamp=NOON, message="first")
    run.set("Running", 5, timestamp=NOON, message="second", serialized_state={"type": "Running", "n": 2})
    assert (run.row.state_message, run.row.serialized_state) == ("second", {"type": "Running", "n": 2})


@pytest.mark.parametrize("version", [4, 0, -1, None])
def test_a_lower_or_no_version_never_wins(run, version):
    run.set("Running", 5, timestamp=NOON, message="kept")
    before = run.row
    run.set("Success", version, timestamp=NOON + MINUTE)
    assert run.row._replace(updated=None) == before._replace(updated=None)
    # … but the history has it.
    assert run.world.value(f"SELECT count(*) FROM {run.kind}_state WHERE state = 'Success'") == 1


def test_versions_may_jump(run):
    run.set("Running", 40)
    assert run.row.version == 40


@pytest.mark.parametrize("state", ENDS)
def test_states_that_set_the_end_time(run, state):
    run.set(state, 2, timestamp=NOON)
    assert run.row.end_time == NOON


@pytest.mark.parametrize("state", DO_NOT_END)
def test_states_that_do_not_set_the_end_time(run, state):
    run.set(state, 2, timestamp=NOON)
    assert run.row.end_time is None


def test_end_time_is_the_latest_and_running_again_keeps_it(run):
    run.set("Failed", 2, timestamp=NOON)
    run.set("Running", 3, timestamp=NOON + MINUTE)
    assert run.row.end_time == NOON
    run.set("Success", 4, timestamp=NOON - MINUTE)
    assert run.row.end_time == NOON
    run.set("Success", 5, timestamp=NOON + 2 * MINUTE)
    assert run.row.end_time == NOON + 2 * MINUTE


def test_start_time_is_the_earliest_running(run):
    run.set("Running", 2, timestamp=NOON)
    assert run.row.start_time == NOON
    run.set("Running", 3, timestamp=NOON + MINUTE)
    assert run.row.start_time == NOON
    run.set("Running", 4, timestamp=NOON - MINUTE)
    assert run.row.start_time == NOON - MINUTE


@pytest.mark.parametrize("state", [*ENDS, "Submitted", "Retrying", "Scheduled", "Cancelling"])
def test_only_running_sets_the_start_time(run, state):
    run.set(state, 2, timestamp=NOON)
    assert run.row.start_time is None


def test_a_statement_of_several_states_ends_at_the_highest_version(run):
    run.set_many(("Success", 4, NOON + MINUTE), ("Submitted", 2, NOON), ("Running", 3, NOON + MINUTE / 2))
    row = run.row
    assert (row.version, row.state, row.state_timestamp) == (4, "Success", NOON + MINUTE)
    # All of them count for the times.
    assert (row.start_time, row.end_time) == (NOON + MINUTE / 2, NOON + MINUTE)


def test_states_of_a_statement_that_are_too_old_do_not_count(run):
    run.set("Submitted", 5, timestamp=NOON)
    run.set_many(("Running", 3, NOON - MINUTE), ("Success", 4, NOON - MINUTE), ("Scheduled", 6, NOON))
    row = run.row
    assert (row.version, row.state, row.start_time, row.end_time) == (6, "Scheduled", None, None)


def test_updated_moves_and_created_stays(run):
    before = run.row
    run.set("Running", 2)
    assert run.row.updated > before.updated
    assert run.row.created == before.created


def test_a_running_state_is_a_sign_of_life(run):
    assert run.row.heartbeat is None
    run.set("Running", 2)
    assert run.row.heartbeat == run.row.updated
    beat = run.row.heartbeat
    run.set("Success", 3)
    assert run.row.heartbeat == beat


def test_a_statement_of_a_thousand_rows_reaches_a_thousand_runs(world):
    task_runs = world.task_runs(world.flow_run(world.flow(tasks=1000)))
    rows = [world.state("task_run", run, "Running", 2, timestamp=NOON) for run in task_runs]
    # Ten of them do not win.
    rows = [row | {"version": 0} if n % 100 == 0 else row for n, row in enumerate(rows)]
    world.insert_many("task_run_state", rows)
    assert world.rows(
        "SELECT state, version, start_time, count(*) FROM task_run GROUP BY 1, 2, 3 ORDER BY 4 DESC"
    ) == [("Running", 2, NOON, 990), ("Pending", 1, None, 10)]


def test_runs_that_no_state_names_are_not_touched(world):
    flow = world.flow(tasks=1)
    named, other = world.flow_run(flow), world.flow_run(flow)
    before = world.row("flow_run", other)
    world.set_state("flow_run", named, "Running", 1)
    assert world.row("flow_run", other) == before


def test_concurrent_writers_end_at_the_highest_version(connect, world):
    """Whatever the order in which two transactions commit."""
    run = world.flow_run(world.flow())
    first, second = World.__new__(World), connect()
    first.db, first.tenant = connect(), world.tenant
    with first.db.transaction():
        first.set_state("flow_run", run, "Success", 7)
        # The second waits for the row's lock, then sees version 7.
        pending = second.pgconn
        pending.send_query_params(
            b"INSERT INTO flow_run_state (tenant_id, flow_run_id, state, version, serialized_state) "
            b"VALUES ($1, $2, 'Running', 6, '{}')",
            [str(world.tenant).encode(), str(run).encode()],
        )
        pending.flush()
        _until_waiting(world, second)
    result = pending.get_result()
    assert result is not None
    assert result.error_message == b""
    assert pending.get_result() is None
    assert (world.row("flow_run", run).version, world.row("flow_run", run).state) == (7, "Success")


def _until_waiting(world: World, connection: Any) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while datetime.now(UTC) < deadline:
        waits = world.value(
            "SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", connection.info.backend_pid
        )
        if waits == "Lock":
            return
    raise AssertionError("the second writer never waited")
