"""The running Lictor of a data directory: its lock, its state file, and how to find it.

In: a data directory. Out: exclusive ownership of it for one `up`; for everybody else the state it wrote. The kernel
lets go of the lock when its process ends in whatever way, so a stale one cannot exist. Never starts anything.
"""

import fcntl
import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from lictor.cli.embedded import processes

MARKER = "LICTOR_INSTANCE"
"""Environment variable that marks the processes of one data directory, to find them if their supervisor was killed."""


class AlreadyRunningError(RuntimeError):
    """Another `lictor up` owns the data directory; the text names it."""


class Instance:
    """One data directory as `lictor up` uses it."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.expanduser().absolute()
        self._lock: int | None = None

    @property
    def log_path(self) -> Path:
        """The log of all services."""
        return self.data_dir / "lictor.log"

    @property
    def state_path(self) -> Path:
        """The state file (JSON, 0600: it holds DSNs with passwords)."""
        return self.data_dir / "state.json"

    @property
    def secret_key_path(self) -> Path:
        """The file with the keys that seal secrets (0600)."""
        return self.data_dir / "secret.key"

    @property
    def marker(self) -> str:
        """The value of MARKER for this directory."""
        return hashlib.sha256(os.fsencode(self.data_dir.resolve())).hexdigest()[:20]

    def acquire(self) -> None:
        """Own the data directory until `release` or the end of the process. Raises AlreadyRunningError, OSError."""
        # Root's Postgres runs under another account, which must be able to pass through.
        self.data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(descriptor):
            pid = os.read(descriptor, 32).decode().strip() or "?"
            os.close(descriptor)
            raise AlreadyRunningError(self._already_running(pid))
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._lock = descriptor
        # One that was killed cannot take its state away.
        self.state_path.unlink(missing_ok=True)

    def _already_running(self, pid: str) -> str:
        url = (self._read() or {}).get("url")
        where = f" and serves {url}" if url else ""
        return (
            f"Lictor already runs on {self.data_dir} (process {pid}){where}.\n"
            f"Use that one, or stop it with Ctrl-C or `kill {pid}`. For a second one beside it, choose another directory "
            "and port:\n  LICTOR_DATA_DIR=/some/other/directory LICTOR_PORT=4201 lictor up"
        )

    def release(self) -> None:
        """Let the data directory go."""
        if self._lock is not None:
            self.state_path.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def write(self, state: dict[str, Any]) -> None:
        """Replace the state file at once."""
        partial = self.state_path.with_suffix(".new")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            json.dump(state, stream, indent=2)
        partial.replace(self.state_path)

    def _read(self) -> dict[str, Any] | None:
        try:
            return json.loads(self.state_path.read_text())
        except (OSError, ValueError):
            return None

    def state(self) -> dict[str, Any] | None:
        """What the running `up` wrote, or None if none runs on this directory or it has written nothing yet."""
        try:
            descriptor = os.open(self.data_dir / "lock", os.O_RDONLY)
        except OSError:
            return None
        try:
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return None
            state = self._read()
            # Whoever has just taken the lock has not yet taken away what one that was killed left.
            return state if state and processes.is_alive(state["pid"]) else None
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock for ourselves; tried for a moment, because those who only ask hold the lock while they look."""
    deadline = time.monotonic() + 0.3
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        else:
            return True
