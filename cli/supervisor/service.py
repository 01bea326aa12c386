"""One service: what is declared of it, and its process while it runs.

In: a Service declaration. Out: a Unit which can be launched, watched and stopped, and hands its lines of output on.
Never decides to restart: that is the supervisor's.
"""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

_SPAWN = Path(__file__).with_name("spawn.py")
_POLL = 0.03
_LINE_LIMIT = 64 * 1024


class StartError(RuntimeError):
    """A service could not be started; the text says which and why."""


class State(StrEnum):
    """Where a service is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    DONE = "done"
    RESTARTING = "restarting"
    STOPPED = "stopped"
    FAILED = "failed"


def _no_kwargs() -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Service:
    """The declaration of a service.

    `prepare` runs in a thread before every start and may block; `healthy` is asked (in a thread) until it says yes, at
    most `start_timeout` seconds; `ready_line` is a pattern to wait for in the output. Lines that match `noise` go to the
    log file but are no concern of anybody's. A `oneshot` is done when it has
    ended with status 0. `death_signal` is what the kernel sends if the supervisor is killed.
    """

    name: str
    command: Callable[[], Sequence[str]]
    after: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    popen_kwargs: Callable[[], dict[str, Any]] = _no_kwargs
    pass_fds: Sequence[int] = ()
    prepare: Callable[[], None] | None = None
    healthy: Callable[[], bool] | None = None
    ready_line: str | None = None
    noise: str | None = None
    oneshot: bool = False
    start_timeout: float = 30.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout: float = 10.0
    death_signal: signal.Signals = signal.SIGTERM


class Unit:
    """A Service and its process, if any."""

    def __init__(self, service: Service, on_line: Callable[[str, str], None]) -> None:
        self.service = service
        self.state = State.WAITING
        self.process: asyncio.subprocess.Process | None = None
        self.restarts = 0
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()
        self.seconds_to_ready = 0.0
        self._on_line = on_line
        self._ready_line = re.compile(service.ready_line) if service.ready_line else None
        self._line_seen = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while the process runs."""
        return self.process.pid if self.process and self.process.returncode is None else None

    async def launch(self) -> None:
        """Start the process and wait until the service is ready. Raises StartError; the process may then still run."""
        began = time.monotonic()
        self._line_seen.clear()
        if self.service.prepare:
            await asyncio.to_thread(self.service.prepare)
        read_end, write_end = os.pipe()
        try:
            self.process = await self._spawn(write_end)
        except OSError as error:
            os.close(read_end)
            raise StartError(f"{self.service.name}: {error}") from error
        finally:
            os.close(write_end)
        self._reader = asyncio.create_task(self._read(read_end))
        deadline = began + self.service.start_timeout
        while not await self._is_ready():
            if self.process.returncode is not None:
                raise StartError(
                    f"{self.service.name} ended with {describe(self.process.returncode)} while starting"
                )
            if time.monotonic() > deadline:
                raise StartError(f"{self.service.name} was not ready within {self.service.start_timeout:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), _POLL)
        self.seconds_to_ready = time.monotonic() - began

    async def _is_ready(self) -> bool:
        assert self.process is not None
        if self.service.oneshot:
            return self.process.returncode == 0
        if self.process.returncode is not None or (self._ready_line and not self._line_seen.is_set()):
            return False
        return self.service.healthy is None or await asyncio.to_thread(self.service.healthy)

    async def _spawn(self, output: int) -> asyncio.subprocess.Process:
        service = self.service
        kwargs: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
            **service.popen_kwargs(),
        }
        kwargs["env"] = {**kwargs.pop("env", os.environ), "PYTHONUNBUFFERED": "1", **service.environment}
        command = list(service.command())
        if sys.platform == "linux":
            uid, gid = kwargs.pop("user", None), kwargs.pop("group", None)
            kwargs.pop("extra_groups", None)
            account = "-" if uid is None else f"{uid}:{gid}"
            binding = [str(os.getpid()), str(int(service.death_signal)), account]
            command = [sys.executable, "-I", "-S", str(_SPAWN), *binding, *command]
        return await asyncio.create_subprocess_exec(
            *command, stdout=output, stderr=output, pass_fds=service.pass_fds, **kwargs
        )

    async def _read(self, descriptor: int) -> None:
        """Hand every line on. A pipe of our own: grandchildren may hold it open after the process has ended."""
        reader = asyncio.StreamReader(limit=_LINE_LIMIT)
        pipe = os.fdopen(descriptor, "rb", 0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        rest = b""
        try:
            while chunk := await reader.read(_LINE_LIMIT):
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > _LINE_LIMIT:
                    lines, rest = [*lines, rest], b""
                for line in lines:
                    self._take(line)
            if rest:
                self._take(rest)
        finally:
            transport.close()

    def _take(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        if self._ready_line and self._ready_line.search(text):
            self._line_seen.set()
        if text:
            self._on_line(self.service.name, text)

    async def wait(self) -> int:
        """Wait until the process has ended; kill what it left of its process group; return its status."""
        assert self.process is not None
        status = await self.process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        if self._reader:
            # All is dead by now, so the end of the output is near, unless a stranger holds the pipe.
            await asyncio.wait([self._reader], timeout=1)
            self._reader.cancel()
        return status

    async def stop(self) -> bool:
        """Ask the process to end, kill it after the declared seconds; True if it ended by itself."""
        clean = True
        if self.process and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.service.stop_signal)
            try:
                await asyncio.wait_for(self.process.wait(), self.service.stop_timeout)
            except TimeoutError:
                clean = False
                self.kill()
            await self.wait()
        return clean

    def kill(self) -> None:
        """SIGKILL to the whole process group."""
        if self.process and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


def describe(status: int) -> str:
    """An exit status in words: `status 3` or `signal SIGKILL`."""
    if status >= 0:
        return f"status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"
