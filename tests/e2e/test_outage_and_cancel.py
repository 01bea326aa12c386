"""Real Prefect 1.4.1 runs while the server is away for longer than it waits for heartbeats, and cancelled in each state."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from uuid import uuid4

import pytest

from lictor.cli.embedded import processes
from tests.cli.lictor_process import LictorProcess, until
from tests.e2e.test_recovery import CUTOFF, World, heartbeat_processes, lictor, world

__all__ = ["lictor", "world"]

pytestmark = pytest.mark.timeout(900)
CANCEL = "mutation($id: UUID!) { cancel_flow_run(input: {flow_run_id: $id}) { state } }"


def note_of(world: World, run_id: str) -> Path:
    """Where the flow "waits" notes its process while it waits."""
    return Path(world.client.environment["HOME"]) / run_id


def at_work(world: World, run_id: str) -> int:
    """The process of a run of "waits", once its task is at work."""
    until(note_of(world, run_id).exists, 240, "the task is at work")
    return int(note_of(world, run_id).read_text())


def make(world: World, labels: dict[str, str], **more: dict[str, str]) -> dict[str, str]:
    return world.client.program("recovered", {"project": uuid4().hex, "labels": labels, **more})


def apis(lictor: LictorProcess) -> list[int]:
    return [lictor.pid(name) for name in lictor.state["services"] if name.partition("-")[0] == "api"]


def test_a_server_that_was_away_blames_nobody(world: World, lictor: LictorProcess):
    """No API answers for longer than the cutoff, while the services that look for silent runs go on."""
    run = make(world, {"waits": "outlasts"})["waits"]
    with world.agent("agent", "outlasts"):
        at_work(world, run)
        pids = apis(lictor)
        for pid in pids:
            processes.send(pid, signal.SIGSTOP)
        # An outage of this length is what is tested: there is nothing to wait for but the time.
        time.sleep(CUTOFF + 3)
        for pid in pids:
            processes.send(pid, signal.SIGCONT)
        beat = world.rows("SELECT heartbeat FROM flow_run WHERE id = %s", run)[0]["heartbeat"]
        later = "SELECT FROM flow_run WHERE id = %s AND heartbeat > %s"
        until(lambda: world.rows(later, run, beat) != [], 240, "the heartbeats are back")
        note_of(world, run).with_suffix(".go").touch()
        until(lambda: world.state(run) == "Success", 240, "the run ends well")
    assert world.states(run) == ["Scheduled", "Submitted", "Running", "Success"]
    assert world.states(run, "wait_for_word-1") == ["Pending", "Running", "Success"]
    for service in ("ZombieKiller.TaskRun", "Lazarus.FlowRun"):
        assert world.logs(run, f"prefect-server.{service}") == []


def test_runs_are_cancelled_in_each_state(world: World, graphql):
    """Waiting, submitted to nobody, running, running without a process, waiting for a retry, and at their end."""
    waiting = make(world, {"waits": "nobody"}, at={"waits": "2035-01-01T00:00:00Z"})["waits"]
    running, killed = (make(world, {"waits": "cancelled"})["waits"] for _ in range(2))
    made = make(world, {"quick": "dies", "retries later": "cancelled"})
    submitted, retrying = made["quick"], made["retries later"]
    ended = make(world, {"quick": "cancelled"})["quick"]
    with (
        contextlib.ExitStack() as ending,
        world.agent("dying-agent", "dies") as dying,
        world.agent("agent", "cancelled"),
    ):
        ending.callback(kill_heartbeats, running, killed)
        at_work(world, running)
        os.kill(at_work(world, killed), signal.SIGKILL)
        until(lambda: dying.poll() == -signal.SIGKILL, 240, "the agent has died")
        until(lambda: "Retrying" in world.states(retrying, "fails-1"), 240, "the task waits for its retry")
        until(lambda: world.state(ended) == "Success", 240, "the quick run has ended")
        before = [world.state(run) for run in (waiting, running, killed, retrying, ended)]
        assert before == ["Scheduled", "Running", "Running", "Running", "Success"]
        cancelled = (waiting, submitted, running, killed, retrying)
        for run in (*cancelled, ended):
            graphql(CANCEL, id=run)
        # A run whose process is gone cannot say that it has stopped: the zombie killer does (contract server.md 4.1).
        ends = ["Cancelled", "Cancelled", "Cancelled", "Failed", "Failed"]
        with contextlib.suppress(AssertionError):
            until(lambda: [*map(world.state, cancelled)] == ends, 240, "all have ended")
        assert [*map(world.state, cancelled)] == ends
        for run in (killed, retrying):
            [line] = world.logs(run, "prefect-server.ZombieKiller.FlowRun")
            assert line.startswith("No heartbeat detected from the flow run")
    assert world.state(ended) == "Success"
    left = "SELECT state FROM task_run WHERE flow_run_id = ANY(%s::uuid[]) AND state IN ('Pending', 'Running', 'Retrying')"
    assert world.rows(left, list(cancelled)) == []


def kill_heartbeats(*runs: str) -> None:
    for run in runs:
        for pid in heartbeat_processes(run):
            os.kill(pid, signal.SIGKILL)
