"""What a move shows of itself: a bar on a terminal, one line for each phase elsewhere; always on standard error."""

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

Advance = Callable[[int], None]


class Progress:
    """Phases, one after the other. `quiet` shows nothing."""

    def __init__(self, quiet: bool = False) -> None:
        self._console = Console(stderr=True, quiet=quiet, highlight=False)

    @contextlib.contextmanager
    def phase(self, name: str, rows: int | None = None) -> Iterator[Advance]:
        """A phase that will move so many `rows` (None: nobody knows); call what it gives with how many were moved."""
        began, done = time.monotonic(), 0
        bars = Bars(
            TextColumn("  {task.description:<22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=self._console, transient=True, disable=not self._console.is_terminal,
        )  # fmt: skip
        with bars:
            bar = bars.add_task(name, total=rows)

            def advance(count: int) -> None:
                nonlocal done
                done += count
                bars.advance(bar, count)

            yield advance
        moved = f"{done:>14,} rows" if done or rows is not None else " " * 19
        self._console.print(f"  {name:<22}{moved}  {time.monotonic() - began:7.1f} s", soft_wrap=True)
