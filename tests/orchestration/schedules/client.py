"""A real Prefect 1.4.1 that answers for schedules: oracle.py, running in the client's own environment."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from lictor.cli.demo import client

PROGRAM = Path(__file__).with_name("oracle.py")


class Oracle:
    """One long-lived process, asked a line at a time. Raises ClientError if the client cannot be installed."""

    def __init__(self, home: Path) -> None:
        self._process = subprocess.Popen(
            [str(client.install() / "python"), str(PROGRAM)],
            env=client.client_environment(home, "http://127.0.0.1:9"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, schedule: dict[str, Any], after: str, count: int) -> dict[str, Any]:
        """`expected` and `settled`, each as [start, parameter_defaults, labels]; or `error`."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"schedule": schedule, "after": after, "count": count}) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        with self._process as process:
            process.kill()
