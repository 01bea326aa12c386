"""What real Prefect 1.4.1 processes leave when they are killed, and that their runs end well all the same."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.cli.lictor_process import LictorProcess, until
from tests.e2e.conftest import PROGRAMS, Client

pytestmark = pytest.mark.timeout(900)

CUTOFF = 40.0
"""LICTOR_HEARTBEAT_CUTOFF of this Lictor, in seconds: more than a process takes to start on a busy machine."""


@pytest.fixture(scope="module")
def lictor() -> Iterator[LictorProcess]:
    """A Lictor that loses patience within less than a minute."""
    directory = Path(tempfile.mkdtemp(prefix="lictor-e2e-"))
    directory.chmod(0o711)
    process = LictorProcess(
        directory / "data",
        LICTOR_API_PROCESSES="2",
        LICTOR_HEARTBEAT_CUTOFF=str(CUTOFF),
        LICTOR_RUNNER_CUTOFF="20",
        LICTOR_LAZARUS_INTERVAL="0.5",
        LICTOR_ZOMBIE_KILLER_INTERVAL="0.5",
        LICTOR_SIGN_OF_LIFE_INTERVAL="0.5",
    )
    try:
        process.ensure_up()
        yield process
    finally:
        process.kill()
        shutil.rmtree(directory, ignore_errors=True)


class World:
    """The runs that were made, and what the database holds of them."""

    def __init__(self, client: Client, lictor: LictorProcess) -> None:
        self.client = client
        self.database = psycopg.connect(lictor.database_url, autocommit=True, row_factory=dict_row)

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        return self.database.execute(sql, values).fetchall()

    def state(self, run_id: str) -> str:
        return self.rows("SELECT state FROM flow_run WHERE id = %s", run_id)[0]["state"]

    def states(self, run_id: str, slug: str | None = None) -> list[str]:
        if slug is None:
            rows = self.rows(
                "SELECT state FROM flow_run_state WHERE flow_run_id = %s ORDER BY version", run_id
            )
        else:
            rows = self.rows(
                "SELECT state FROM task_run_state WHERE task_run_id ="
                " (SELECT task_run.id FROM task_run JOIN task ON task.id = task_id WHERE flow_run_id = %s AND slug = %s)"
                " ORDER BY version", run_id, slug,
            )  # fmt: skip
        return [row["state"] for row in rows]

    def logs(self, run_id: str, name: str) -> list[str]:
        sql = 'SELECT message FROM log WHERE flow_run_id = %s AND name = %s ORDER BY "timestamp"'
        return [row["message"] for row in self.rows(sql, run_id, name)]

    @contextlib.contextmanager
    def agent(self, kind: str, label: str) -> Iterator[subprocess.Popen[str]]:
        process = self.client.start("python", str(PROGRAMS / "recovered.py"), kind, label)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=30)
            finally:
                process.kill()


@pytest.fixture
def world(prefect_client: Client, lictor: LictorProcess) -> Iterator[World]:
    world = World(prefect_client, lictor)
    yield world
    world.database.close()


def heartbeat_processes(run_id: str) -> list[int]:
    """Processes that beat for a flow run: `prefect heartbeat flow-run -i <id>`."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (directory / "cmdline").read_bytes().split(b"\0")
            if b"heartbeat" in command and run_id.encode() in command:
                found.append(int(directory.name))
    return found


def test_runs_of_killed_processes_end_well(world: World):
    """One whose process is killed while its heartbeats go on, one whose agent dies after it has submitted it."""
    labels = {"dies once": "killed", "quick": "orphaned"}
    made = world.client.program("recovered", {"project": "recovered", "labels": labels})
    killed, orphaned = made["dies once"], made["quick"]
    with world.agent("dying-agent", "orphaned") as dying, world.agent("agent", "killed"):
        try:
            heartbeats = kill_while_it_works(world, killed)
            until(lambda: dying.poll() == -signal.SIGKILL, 240, "the agent has died")
            with world.agent("agent", "orphaned"):
                until(
                    lambda: world.state(orphaned) == "Success",
                    240,
                    "the run is submitted again and ends well",
                )
            until(lambda: world.state(killed) == "Success", 240, "the run is recovered and ends well")
            assert heartbeats in heartbeat_processes(killed), "the whole time"
        finally:
            for pid in heartbeat_processes(killed):
                os.kill(pid, signal.SIGKILL)
    check_killed(world, killed)
    check_orphaned(world, orphaned)


def kill_while_it_works(world: World, run_id: str) -> int:
    """kill -9 the run's process; its heartbeat process, which goes on."""
    note = Path(world.client.environment["HOME"]) / run_id
    until(note.exists, 240, "the task is at work")
    seen = "SELECT FROM utility.runner_read WHERE flow_run_id = %s AND reads >= 3"
    until(lambda: world.rows(seen, run_id) != [], 60, "its process was seen reading")
    os.kill(int(note.read_text()), signal.SIGKILL)
    [heartbeats] = heartbeat_processes(run_id)
    beat = "SELECT heartbeat FROM flow_run WHERE id = %s"
    last = world.rows(beat, run_id)[0]["heartbeat"]
    until(lambda: world.rows(beat, run_id)[0]["heartbeat"] > last, 60, "the heartbeats go on")
    return heartbeats


def check_killed(world: World, run_id: str) -> None:
    # First what Lazarus says: if it was he, why.
    assert world.logs(run_id, "prefect-server.Lazarus.FlowRun") == []
    assert world.states(run_id) == ["Scheduled", "Submitted", "Running", "Success"]
    assert world.states(run_id, "dies_once-1") == [
        "Pending", "Running", "Retrying", "Submitted", "Running", "Success",
    ]  # fmt: skip
    assert world.states(run_id, "before-1") == ["Pending", "Running", "Success"]
    [line] = world.logs(run_id, "prefect-server.ZombieKiller.TaskRun")
    assert line.startswith(
        "No heartbeat detected from the remote task; retrying the run. This will be retry 1 of 1."
    )
    assert "Heartbeats still come, but its process" in line


def check_orphaned(world: World, run_id: str) -> None:
    assert world.states(run_id) == ["Scheduled", "Submitted", "Scheduled", "Submitted", "Running", "Success"]
    [line] = world.logs(run_id, "prefect-server.Lazarus.FlowRun")
    assert line.startswith(
        "Rescheduled by a Lazarus process. This is attempt 1. No process has taken it up since it was submitted"
    )
    [row] = world.rows("SELECT times_resurrected FROM flow_run WHERE id = %s", run_id)
    assert row["times_resurrected"] == 1
