"""Questions about processes that we did not start ourselves: alive, where, who is left of a dead server.

In: pids, directories, environment markers. Out: pids. Never signals anything but what the caller names.
Uses /proc where there is one (Linux); elsewhere (macOS) asks `ps`, which knows less.
"""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
_POLL = 0.02
_SERVER_PORTS = range(20_000, 32_768)
"""Below what Linux and macOS use for outgoing connections."""


def is_alive(pid: int) -> bool:
    """Whether `pid` is a process that still runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if sys.platform != "linux":
        return True
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def pids_working_in(directory: Path, program: str) -> list[int]:
    """Processes of `program` whose working directory is `directory`, as it is that of a postmaster and its children."""
    wanted = str(directory.resolve())
    if not PROC.is_dir():
        return _pids_by_command_line(program, wanted)
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # An executable that an upgrade has replaced is called "postgres (deleted)".
                name = (entry / "exe").readlink().name.removesuffix(" (deleted)")
                if name == program and str((entry / "cwd").readlink()) == wanted:
                    found.append(int(entry.name))
    return [pid for pid in found if is_alive(pid)]


def pids_with_environment(name: str, value: str) -> list[int]:
    """Processes started with `name=value` in their environment, without the caller itself."""
    wanted = f"{name}={value}".encode()
    found = []
    for entry in PROC.iterdir() if PROC.is_dir() else ():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return [pid for pid in found if is_alive(pid)]


def _pids_by_command_line(program: str, argument: str) -> list[int]:
    listing = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True, check=True)
    rows = (line.strip().partition(" ") for line in listing.stdout.splitlines())
    return [int(pid) for pid, _, command in rows if f"/{program} " in command and argument in command]


def send(pid: int, signum: signal.Signals) -> bool:
    """Send a signal; False if the process is gone."""
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return False
    return True


def wait_gone(pids: Iterable[int], timeout: float) -> list[int]:
    """Wait up to `timeout` seconds until all `pids` are gone; returns those that are not."""
    deadline = time.monotonic() + timeout
    left = [pid for pid in pids if is_alive(pid)]
    while left and time.monotonic() < deadline:
        time.sleep(_POLL)
        left = [pid for pid in left if is_alive(pid)]
    return left


def terminate(pids: Iterable[int], timeout: float = 3.0) -> None:
    """SIGTERM to all `pids`, SIGKILL to whatever is left after `timeout` seconds."""
    pids = list(pids)
    for pid in pids:
        send(pid, signal.SIGTERM)
    for pid in wait_gone(pids, timeout):
        send(pid, signal.SIGKILL)
    wait_gone(pids, timeout)


def free_port(preferred: int | None = None, host: str = "127.0.0.1") -> int:
    """`preferred` if nothing uses it now, else a free port that no outgoing connection will ever take.

    The ports the system hands out for port 0 serve outgoing connections, too: a server that restarts on one of them
    may find it taken by a client.
    """
    some = random.sample(_SERVER_PORTS, 100)
    for port in [*([preferred] if preferred else []), *some, 0]:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # As the servers do: a port with only TIME_WAIT connections is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((host, port))
                return probe.getsockname()[1]
    raise OSError(f"no free TCP port on {host}")


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a text file, or an empty string if there is none."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - 16384))
            return "\n".join(stream.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
