"""What every section of the bench shares: the machine, tables, and numbers as people read them.

In: numbers. Out: rich tables on a terminal, plain ASCII of full width elsewhere. Measures nothing itself.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

PLAIN_WIDTH = 190
"""Columns of the tables where no terminal says how wide it is."""
QUIET_LOAD = 0.5
"""A load average above this, before anything has begun, means that somebody else is using the machine."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a run measures: `seconds` per line, gateway `processes`, `quick` for small sizes, `explain` for plans, number of
    `finished` runs beside which the queue is measured (a twentieth with `quick`), for how many seconds schedulers are killed
    (`restarts`), in which directory the section pages keeps its database (`kept`)."""

    seconds: float = 5.0
    processes: int = 1
    quick: bool = False
    explain: bool = False
    finished: int = 1_000_000
    restarts: float = 300.0
    kept: Path | None = None


class _PlainConsole(Console):
    """Draws tables with ASCII, for logs and files."""

    @property
    def encoding(self) -> str:
        return "ascii"


def console() -> Console:
    """A console for standard output."""
    if sys.stdout.isatty():
        return Console()
    return _PlainConsole(width=PLAIN_WIDTH, highlight=False)


def progress(text: str) -> None:
    """Say on standard error what is being measured."""
    print(f"… {text}", file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """What it is measured on, and how busy that was before."""
    load = os.getloadavg()
    return {
        "cores": os.cpu_count(),
        "usable_cores": len(psutil.Process().cpu_affinity()) if hasattr(os, "sched_getaffinity") else None,
        "memory": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "load": load[0],
        "quiet": load[0] <= QUIET_LOAD,
    }


def show_machine(console: Console, found: dict[str, Any]) -> None:
    """Print `machine()`, with a warning when it is not quiet."""
    console.print(
        f"{found['cores']} cores, {found['memory'] / 2**30:.0f} GiB, {found['system']}, "
        f"Python {found['python']}; load at the start {found['load']:.2f}"
    )
    if not found["quiet"]:
        console.print(
            f"WARNING: the load was {found['load']:.2f} before anything began (quiet: at most {QUIET_LOAD}). "
            "Rates and latencies below are too bad by an unknown factor; trust CPU per call and ratios.",
            style="bold yellow",
        )


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> Table:
    """A table whose first `left` columns are text and the others numbers."""
    made = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        made.add_column(column, justify="left" if number < left else "right")
    for row in rows:
        made.add_row(*row)
    return made


def cpu_cells(cpu_us: dict[str, float]) -> list[str]:
    """Gateway, Postgres, load generator: µs of CPU per call."""
    return [f"{cpu_us[name]:,.0f}" for name in ("gateway", "postgres", "load")]


CPU_COLUMNS = ("CPU µs per call: gateway", "Postgres", "load generator")
