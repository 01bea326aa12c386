"""kill -9 of every process of Lictor in the middle of 200 runs of the real client.

All runs finish, and no row that the client was told of is missing.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections import Counter

import pytest

from tests.cli.lictor_process import LictorProcess, until
from tests.e2e.conftest import PROGRAMS

RUNS = 200
RUNNERS = 2


@pytest.mark.timeout(600)
def test_nothing_acknowledged_is_lost(lictor: LictorProcess, prefect_client, graphql):
    flow = prefect_client.program("register", {"project": "killed"})["chain"]
    runs = [
        graphql(
            "mutation($input: create_flow_run_input!) { create_flow_run(input: $input) { id } }",
            input={"flow_id": flow},
        )["create_flow_run"]["id"]
        for _ in range(RUNS)
    ]
    shares = [runs[number::RUNNERS] for number in range(RUNNERS)]
    runners = [prefect_client.start("python", str(PROGRAMS / "execute.py")) for _ in shares]
    for runner, share in zip(runners, shares, strict=True):
        assert runner.stdin is not None
        runner.stdin.write(json.dumps({"flow": "chain", "runs": share}))
        runner.stdin.close()
        runner.stdin = None
    watcher = Watcher(runners)
    for number, service in enumerate(lictor.state["services"]):
        if service == "migrate":
            continue
        # Spread the kills over the runs: the next one when a further part of them has been executed.
        until(
            lambda part=number: watcher.done >= RUNS * (part + 0.5) / 8 or watcher.ended,
            240,
            f"runs before the kill of {service}",
        )
        assert not watcher.ended, f"all runs ended before the kill of {service}"
        os.kill(lictor.pid(service), signal.SIGKILL)
    until(lambda: watcher.ended, 300, "the runners have ended")
    until(lictor.is_up, 30, "everything runs again")
    assert [runner.returncode for runner in runners] == [0] * RUNNERS, watcher.tail()

    states = graphql("query($ids: [uuid!]!) { flow_run(where: {id: {_in: $ids}}) { state } }", ids=runs)[
        "flow_run"
    ]
    assert Counter(row["state"] for row in states) == {"Success": RUNS}, watcher.tail()
    check_acknowledged(graphql, watcher.acknowledged(), runs)


def check_acknowledged(graphql, acknowledged, runs) -> None:
    """Every state and log line that the client was told is written, is there; versions have no gaps."""
    rows = graphql(
        """query($ids: [uuid!]!) { flow_run(where: {id: {_in: $ids}}) { id
             states(order_by: {version: asc}) { state version } logs { message }
             task_runs { id states(order_by: {version: asc}) { state version } } } }""",
        ids=runs,
    )["flow_run"]
    owners = [("flow", row) for row in rows] + [("task", task) for row in rows for task in row["task_runs"]]
    present = Counter(
        (kind, owner["id"], state["state"]) for kind, owner in owners for state in owner["states"]
    )
    promised = Counter(tuple(item) for item in acknowledged["states"])
    assert sum(promised.values()) > RUNS * 8
    assert promised - present == Counter()
    logged = Counter((row["id"], log["message"]) for row in rows for log in row["logs"])
    assert acknowledged["logs"]
    assert Counter(tuple(item) for item in acknowledged["logs"]) - logged == Counter()
    for _, owner in owners:
        assert [state["version"] for state in owner["states"]] == list(range(1, len(owner["states"]) + 1))


class Watcher:
    """Reads what the runners print."""

    def __init__(self, runners: list[subprocess.Popen[str]]) -> None:
        self.runners = runners
        self.lines: list[list[str]] = [[] for _ in runners]
        self.threads = [
            threading.Thread(target=self._read, args=(number,), daemon=True) for number in range(len(runners))
        ]
        for thread in self.threads:
            thread.start()

    def _read(self, number: int) -> None:
        stream = self.runners[number].stdout
        assert stream is not None
        with stream:
            for line in stream:
                self.lines[number].append(line)
        self.runners[number].wait()

    @property
    def done(self) -> int:
        return sum(line.startswith("ran ") for lines in self.lines for line in lines)

    @property
    def ended(self) -> bool:
        return not any(thread.is_alive() for thread in self.threads)

    def tail(self) -> str:
        return "\n---\n".join("".join(lines[-40:]) for lines in self.lines)

    def acknowledged(self) -> dict[str, list]:
        answers = [json.loads(lines[-1]) for lines in self.lines]
        return {key: [item for answer in answers for item in answer[key]] for key in ("states", "logs")}
