"""The one log of `lictor up`: every line of every service, in a file that rotates and on the terminal.

In: lines of services and records of the supervisor. Out: `2026-11-22T13:00:00.123Z api-1  | text` lines. The file has
everything; the terminal shows what the chosen verbosity asks for. Never changes or drops a line of the file.
"""

import contextlib
import json
import logging
import logging.handlers
import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from lictor.cli.supervisor.service import Service, State, Unit

log = logging.getLogger("lictor.up")

_ROTATE_BYTES, _ROTATE_FILES = 10 * 1024 * 1024, 5
_LEVEL = re.compile(
    r"\b(DEBUG|INFO|LOG|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL|PANIC)\b"
    r"|\[(debug|info|warning|error|critical) *\]"
    r"|^(Traceback) "
)
_LEVELS = {
    "WARN": "WARNING",
    "LOG": "INFO",
    "NOTICE": "INFO",
    "TRACEBACK": "ERROR",
    "FATAL": "ERROR",
    "PANIC": "CRITICAL",
}
_STYLES = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "bold red"}

VERBOSITIES = {
    "quiet": (logging.ERROR, logging.ERROR),
    "normal": (logging.INFO, logging.WARNING),
    "verbose": (0, 0),
}
"""Name: (lowest level shown of the supervisor, of the services)."""


class ServiceLines:
    """Takes the lines of services, finds their level and passes them to the log."""

    def __init__(self, services: Iterable[Service] = ()) -> None:
        self._last: dict[str, int] = {}
        self._noise = {service.name: re.compile(service.noise) for service in services if service.noise}

    def __call__(self, service: str, line: str) -> None:
        if service in self._noise and self._noise[service].search(line):
            log.debug("%s", line, extra={"service": service})
            return
        level = self._last[service] = line_level(line, self._last.get(service, logging.INFO))
        log.log(level, "%s", line, extra={"service": service})


def line_level(line: str, previous: int) -> int:
    """The level that a line names near its start; lines that name none continue the one before."""
    if line.startswith("{"):
        with contextlib.suppress(ValueError, AttributeError):
            name = str(json.loads(line).get("level", "INFO")).upper()
            return logging.getLevelNamesMapping().get(name, logging.INFO)
    if found := _LEVEL.search(line[:80]):
        name = found[found.lastindex or 0].upper()
        return logging.getLevelNamesMapping()[_LEVELS.get(name, name)]
    return previous


class _LineFormatter(logging.Formatter):
    def __init__(self, width: int) -> None:
        super().__init__()
        self._width = width

    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"
        return f"{stamp} {getattr(record, 'service', 'lictor'):<{self._width}} | {record.getMessage()}"


class _ConsoleHandler(logging.Handler):
    def __init__(self, console: Console, verbosity: str) -> None:
        super().__init__()
        self._console = console
        self._own, self._services = VERBOSITIES[verbosity]

    def emit(self, record: logging.LogRecord) -> None:
        service = getattr(record, "service", None)
        if record.levelno < (self._services if service else self._own):
            return
        stamp = time.strftime("%H:%M:%S", time.localtime(record.created))
        line = Text.assemble((stamp, "dim"), " ", (f"{service or 'lictor':<9}", "cyan"), " ")
        line.append(record.getMessage(), style=_STYLES.get(record.levelno, ""))
        # Terminal control characters of a log line must not reach the terminal.
        line.plain = "".join(c if c.isprintable() else " " for c in line.plain)
        # Whoever read our output may be gone; the services and the log file go on.
        with contextlib.suppress(OSError, ValueError):
            self._console.print(line, soft_wrap=True)


def open_log(path: Path, console: Console, verbosity: str, names: Sequence[str]) -> None:
    """Send the log to a rotating file and to the console from now on."""
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=_ROTATE_BYTES, backupCount=_ROTATE_FILES, encoding="utf-8"
    )
    handler.setFormatter(_LineFormatter(max(map(len, [*names, "lictor"]))))
    path.chmod(0o600)
    log.handlers = [handler, _ConsoleHandler(console, verbosity)]
    log.setLevel(logging.DEBUG)
    log.propagate = False


def close_log() -> None:
    """Flush and close the file."""
    for handler in log.handlers:
        handler.close()
    log.handlers = []


class Progress:
    """Shows services becoming ready: a live table on a terminal, one line each otherwise."""

    def __init__(self, console: Console, enabled: bool) -> None:
        self._console = console
        self._enabled = enabled
        self._units: dict[str, Unit] = {}
        self._live = Live(console=console, transient=True, refresh_per_second=12, get_renderable=self._table)

    def __enter__(self) -> "Progress":
        if self._enabled and self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        self._enabled = False

    def __call__(self, unit: Unit) -> None:
        """Take note of a unit's new state."""
        name = unit.service.name
        self._units[name] = unit
        if self._enabled and unit.state in {State.RUNNING, State.DONE} and not unit.restarts:
            self._console.print(f"  [green]✓[/] {name:<10} {unit.state:<8} {unit.seconds_to_ready:6.2f} s")

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for name, unit in self._units.items():
            if unit.state in {State.STARTING, State.RESTARTING}:
                table.add_row(Spinner("dots"), name, str(unit.state))
        return table
