"""The crash matrix as a table in Markdown: each cell with what was seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.faults import FAULTS


@dataclass
class Cell:
    """What was seen under one fault; `wrong` is empty when nothing has been broken."""

    happened: str
    calls: int
    unknown: int
    refused: int
    silence: float
    recovered: float
    runs: int
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        seen = (
            f"{self.happened}; {self.calls:,} calls, {self.unknown} unanswered and sent again, {self.refused} refused; "
            f"longest silence {self.silence:.1f} s; all well again after {self.recovered:.1f} s; {self.runs} runs, all ended"
        )
        return f"**{len(self.wrong)} wrong**: {'; '.join(self.wrong[:3])}" if self.wrong else f"holds: {seen}"


def table(cells: dict[tuple[str, str], Cell], hold: float) -> str:
    """Markdown; cells that were not played are said to be so."""
    lines = [
        f"Crash matrix: each fault for {hold:g} s while clients worked; then every promise was checked.",
        "",
        "| what | fault | seen |",
        "|---|---|---|",
    ]
    lines += [f"| {key[0]} | {key[1]} | {cells.get(key, 'not played')} |" for key in FAULTS]
    return "\n".join(lines) + "\n"


def write(path: Path, cells: dict[tuple[str, str], Cell], hold: float) -> None:
    """Write the table to a file."""
    path.write_text(table(cells, hold), encoding="utf-8")
