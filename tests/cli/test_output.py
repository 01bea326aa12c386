"""The one log: levels are found, the file has everything, the terminal what is asked for and nothing dangerous."""

from __future__ import annotations

import io
import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from lictor.cli.output import ServiceLines, close_log, line_level, log, open_log
from lictor.cli.supervisor import Service


@pytest.fixture
def terminal() -> Iterator[io.StringIO]:
    yield io.StringIO()
    close_log()


def open_for(path: Path, terminal: io.StringIO, verbosity: str) -> None:
    open_log(path, Console(file=terminal, width=200), verbosity, ["api", "postgres"])


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("INFO:     Application startup complete.", logging.INFO),
        ("LOG:  database system is ready", logging.INFO),
        ("FATAL:  the database system is starting up", logging.ERROR),
        ("PANIC:  could not write", logging.CRITICAL),
        ("[2026-11-22 13:19:39] [PID 8] [MainThread] [dramatiq.MainProcess] [WARNING] slow", logging.WARNING),
        ('{"level": "error", "event": "x"}', logging.ERROR),
        ('{"event": "x"}', logging.INFO),
        ("Traceback (most recent call last):", logging.ERROR),
        ('  File "x.py", line 3', logging.DEBUG),
        ("2026-11-22T13:47:57Z [warning  ] database_lost   error='x'", logging.WARNING),
        ("no error so far, for your info", logging.DEBUG),
        ("{not json", logging.DEBUG),
        ("information about warnings", logging.DEBUG),
    ],
)
def test_level_of_a_line(line: str, level: int) -> None:
    assert line_level(line, previous=logging.DEBUG) == level


@pytest.mark.parametrize(
    ("verbosity", "shown"),
    [
        ("quiet", ["broken", "own error"]),
        ("normal", ["careful", "broken", "own word", "own error"]),
        ("verbose", ["usual", "careful", "broken", "tiresome", "own word", "own error"]),
    ],
)
def test_file_has_all_and_terminal_what_is_asked_for(
    directory: Path, terminal: io.StringIO, verbosity: str, shown: list[str]
) -> None:
    open_for(directory / "log", terminal, verbosity)
    lines = ServiceLines([Service("api", list, noise="^WARNING: tiresome")])
    for line in ("INFO: usual", "WARNING: careful", "ERROR: broken", "WARNING: tiresome"):
        lines("api", line)
    log.info("own word")
    log.error("own error")
    written = (directory / "log").read_text().splitlines()
    assert [line.partition(" | ")[2] for line in written] == [
        "INFO: usual",
        "WARNING: careful",
        "ERROR: broken",
        "WARNING: tiresome",
        "own word",
        "own error",
    ]
    assert written[0].split()[1] == "api"
    assert stat.S_IMODE((directory / "log").stat().st_mode) == 0o600
    assert len(terminal.getvalue().splitlines()) == len(shown)
    assert all(word in terminal.getvalue() for word in shown)


def test_log_line_cannot_control_the_terminal(directory: Path, terminal: io.StringIO) -> None:
    open_for(directory / "log", terminal, "verbose")
    ServiceLines()("api", "\x1b[2J\x1b]0;title\x07[red]plain[/red]")
    assert "\x1b" not in terminal.getvalue()
    assert "\x07" not in terminal.getvalue()
    assert "[red]plain[/red]" in terminal.getvalue()
