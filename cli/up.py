"""`lictor up`: brings all services up on one data directory and keeps them up until told to stop.

In: settings and a data directory nobody else runs on. Out: an API at a URL, one log, a state file. Data stay in the
directory; processes do not outlive this one.
"""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from lictor.cli.embedded import processes
from lictor.cli.embedded.errors import EmbeddedServerError
from lictor.cli.instance import MARKER, AlreadyRunningError, Instance
from lictor.cli.output import Progress, ServiceLines, close_log, log, open_log
from lictor.cli.stack import Stack
from lictor.cli.supervisor import StartError, Supervisor
from lictor.cli.supervisor.service import Unit
from lictor.exposure import ExposedError, check_exposure
from lictor.settings import Settings

_BACKLOG = 2048
DEFAULT_PORT = 4200


class PortTakenError(RuntimeError):
    """The API's port cannot be had; the text names it and LICTOR_PORT."""


FAILURES = (AlreadyRunningError, EmbeddedServerError, ExposedError, PortTakenError, StartError, OSError)
"""What can go wrong with a start and is told without a traceback."""


@dataclass(frozen=True)
class Running:
    """A Lictor that is up, for whoever runs something on it."""

    url: str
    instance: Instance
    supervisor: Supervisor
    start_seconds: float


def listen(host: str, port: int) -> socket.socket:
    """The API's listening socket. Bound here once, so that clients can connect while the API restarts.

    Raises PortTakenError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTakenError(
            f"Cannot listen on {host}, port {port}: {error.strerror}. Another program may use the port "
            f"(`lsof -i :{port}` names it). Choose another one:\n  LICTOR_PORT={port + 1 if port else 4201} lictor up"
        ) from error
    return listener


@contextlib.asynccontextmanager
async def running(
    settings: Settings, instance: Instance, console: Console, verbosity: str
) -> AsyncIterator[Running]:
    """All services, ready; stopped on leaving. Raises one of FAILURES. The caller owns `instance`."""
    began = time.monotonic()
    check_exposure(settings, settings.host)
    processes.terminate(processes.pids_with_environment(MARKER, instance.marker))
    with contextlib.closing(listen(settings.host, settings.port)) as listener:
        if "database_url" not in settings.model_fields_set and not (instance.data_dir / "postgres").exists():
            console.print(f"Making a new database in {instance.data_dir}", highlight=False, soft_wrap=True)
        stack = Stack(settings, instance, listener)
        names = [service.name for service in stack.services]
        open_log(instance.log_path, console, verbosity, names)
        progress = Progress(console, enabled=verbosity != "quiet")
        writer = StateWriter(stack)

        def changed(unit: Unit) -> None:
            progress(unit)
            writer(supervisor)
            log.debug("%s is %s (pid %s)", unit.service.name, unit.state, unit.pid)

        supervisor = Supervisor(stack.services, ServiceLines(stack.services), changed)
        log.info("starting in %s, process %d", instance.data_dir, os.getpid())
        try:
            with progress:
                await supervisor.start()
            seconds = time.monotonic() - began
            log.info("up at %s after %.1f s", stack.url, seconds)
            yield Running(stack.url, instance, supervisor, seconds)
        finally:
            await stop_all(supervisor)
            close_log()


async def stop_all(supervisor: Supervisor) -> None:
    """Stop all services; a second Ctrl-C kills them, but leaves none behind either."""
    log.info("stopping")
    stopping = asyncio.ensure_future(supervisor.stop())
    while not stopping.done():
        try:
            await asyncio.shield(stopping)
        except asyncio.CancelledError:
            log.warning("killing what has not ended yet")
            supervisor.kill()
    stopping.result()
    log.info("stopped")


class StateWriter:
    """Keeps the state file up to date."""

    def __init__(self, stack: Stack) -> None:
        self._instance = stack.instance
        self._fixed: dict[str, Any] = {
            "pid": os.getpid(),
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "url": stack.url,
            "database_url": stack.database_url,
            "redis_url": stack.redis_url,
            "data_dir": str(stack.instance.data_dir),
            "log": str(stack.instance.log_path),
        }

    def __call__(self, supervisor: Supervisor) -> None:
        """Write what the supervisor's units are now."""
        services = {
            name: {"state": str(unit.state), "pid": unit.pid, "restarts": unit.restarts}
            for name, unit in supervisor.units.items()
        }
        self._instance.write({**self._fixed, "services": services})


def run_until_stopped(main: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run `main` and return its status; SIGINT, SIGTERM and SIGHUP cancel it, which gives 0."""

    async def guarded() -> int:
        task = asyncio.ensure_future(main())
        loop = asyncio.get_running_loop()
        stopped = False

        def stop() -> None:
            nonlocal stopped
            stopped = True
            task.cancel()

        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup a closed terminal is of no concern.
            if signum != signal.SIGHUP or signal.getsignal(signum) != signal.SIG_IGN:
                loop.add_signal_handler(signum, stop)
        try:
            return await task
        except asyncio.CancelledError:
            if not stopped:
                raise
            return 0

    return asyncio.run(guarded())


def print_where(console: Console, up: Running) -> None:
    """Tell where things are and how a Prefect client finds them."""
    rows = [("Prefect", "prefect backend server")]
    if up.url != f"http://127.0.0.1:{DEFAULT_PORT}":
        rows.append(("", f"export PREFECT__SERVER__ENDPOINT={up.url}"))
    rows += [
        ("GraphQL", f"{up.url}/graphql"),
        ("data", str(up.instance.data_dir)),
        ("log", str(up.instance.log_path)),
        ("stop", "Ctrl-C"),
    ]
    console.print(f"\n[bold green]Lictor is up[/] at [bold]{up.url}[/] after {up.start_seconds:.1f} s\n")
    for name, text in rows:
        console.print(f"  {name:<9} {text}", highlight=False, soft_wrap=True, markup=False)
    console.print()


def up(settings: Settings, console: Console, verbosity: str) -> int:
    """Run until SIGINT or SIGTERM. Returns the exit status."""
    instance = Instance(settings.data_dir)

    async def main() -> int:
        async with running(settings, instance, console, verbosity) as lictor:
            print_where(console, lictor)
            await lictor.supervisor.wait_failed()
        return 0

    try:
        instance.acquire()
        try:
            return run_until_stopped(main)
        finally:
            instance.release()
    except FAILURES as error:
        console.print(f"[red]Lictor did not start:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        return 1
