"""The gateway as a process: `python -m lictor.actions.gateway.serve`, with `--fd N` on a socket somebody else bound.

In: the settings. Out: a server that runs until SIGTERM or SIGINT and then ends without losing a request: it stops
accepting, answers what is under way and what still comes in on open connections (telling each to close), and closes
the others. Exit status 0.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType

import structlog
import uvicorn

from lictor import logs, tracing
from lictor.actions.gateway.app import create_app
from lictor.exposure import ExposedError, check_exposure
from lictor.settings import Settings, get_settings

_log = structlog.get_logger("lictor.gateway")
LINGER_SECONDS = 1.0
"""For how long an open connection without a request is kept: its client may just be sending one."""
KEEP_ALIVE_SECONDS = 75
"""After how long an idle connection is closed: later than proxies do (nginx: 60 s), so that they never meet the end."""


class Server(uvicorn.Server):
    """Uvicorn, ending more gently. `on_drain` is called when it is told to end."""

    def __init__(self, config: uvicorn.Config, on_drain: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_drain = on_drain

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal: end. Uvicorn would end by the same signal again, which looks like a death."""
        super().handle_exit(sig, frame)
        self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, then what uvicorn does: close idle connections, WebSockets with code 1012, wait, cancel."""
        self._on_drain()
        _log.info("draining", connections=len(self.server_state.connections))
        for server in self.servers:
            server.close()
        deadline = time.monotonic() + min(LINGER_SECONDS, self.config.timeout_graceful_shutdown or 0)
        # Uvicorn has no event for it.
        while self.server_state.connections and time.monotonic() < deadline and not self.force_exit:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        await super().shutdown(sockets)
        _log.info("drained")


def config_of(settings: Settings, fd: int | None = None) -> tuple[uvicorn.Config, Callable[[], None]]:
    """Uvicorn's configuration for a gateway, and what makes that gateway drain."""
    gateway = create_app(settings)
    config = uvicorn.Config(
        gateway,
        fd=fd,
        host=settings.host,
        port=settings.port,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        backlog=2048,
        ws_max_size=settings.body_limit,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=round(settings.drain_seconds),
    )
    return config, gateway.drain


def _address_of(fd: int) -> str:
    """Where the listening socket `fd` listens; a socket that is a file is this machine's own."""
    with socket.socket(fileno=os.dup(fd)) as listener:
        if listener.family not in (socket.AF_INET, socket.AF_INET6):
            return "127.0.0.1"
        return listener.getsockname()[0]


def main() -> None:
    """Serve until a signal."""
    parser = argparse.ArgumentParser(prog="python -m lictor.actions.gateway.serve")
    parser.add_argument(
        "--fd", type=int, help="serve on this listening socket instead of LICTOR_HOST and LICTOR_PORT"
    )
    arguments = parser.parse_args()
    settings = get_settings()
    logs.configure(settings)
    try:
        tracing.configure(settings, "lictor-gateway")
    except tracing.TracingError as error:
        sys.exit(f"ERROR: {error}")
    try:
        check_exposure(settings, settings.host if arguments.fd is None else _address_of(arguments.fd))
    except ExposedError as error:
        sys.exit(f"ERROR: {error}")
    config, drain = config_of(settings, arguments.fd)
    Server(config, drain).run()
    tracing.shutdown()


if __name__ == "__main__":
    main()
