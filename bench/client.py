"""A real, unmodified Prefect 1.4.1 in a long-lived process of its own, and the instant server beside Lictor.

In: the URL of a server and commands (bench/programs/client.py). Out: their answers. Both processes end with their
context; the client's files are in a temporary directory.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from lictor.cli.demo import client

PROGRAM = Path(__file__).parent / "programs" / "client.py"


class RealClient:
    """A client process that does what `ask` says, one command after the other."""

    def __init__(self, process: subprocess.Popen[str], answers: IO[str]) -> None:
        self.process = process
        self.answers = answers

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Answer to a command. Raises RuntimeError when the process has ended (its errors are on standard error)."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self.process.stdin.flush()
        line = self.answers.readline()
        if not line:
            raise RuntimeError(f"the client ended with {self.process.wait(timeout=10)} while asked to {do}")
        return json.loads(line)


@contextlib.contextmanager
def real_client(url: str) -> Iterator[RealClient]:
    """A client of the server at `url`; the environment is installed first if it is not there."""
    programs = client.install()
    with tempfile.TemporaryDirectory(prefix="lictor-bench-client-") as home:
        reading, writing = os.pipe()
        with os.fdopen(reading) as answers:
            process = subprocess.Popen(
                [str(programs / "python"), str(PROGRAM), str(writing)],
                env=client.client_environment(Path(home) / "home", url),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=[writing],
                text=True,
            )
            os.close(writing)
            try:
                yield RealClient(process, answers)
            finally:
                process.kill()
                process.communicate()


class Instant:
    """The instant server of bench/instant.py."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def calls(self) -> dict[str, int]:
        """Calls by root field since this was asked last."""
        with urllib.request.urlopen(f"{self.url}/calls", timeout=10) as answer:
            return json.load(answer)


@contextlib.contextmanager
def instant_server() -> Iterator[Instant]:
    """A running instant server."""
    process = subprocess.Popen([sys.executable, "-m", "bench.instant"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Instant(int(process.stdout.readline()))
    finally:
        process.terminate()
        process.communicate(timeout=10)
