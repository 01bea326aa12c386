"""Fixtures of the chaos tests: one Lictor that is broken again and again, and the table of what was seen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos import report
from tests.chaos.house import House

HOLD = float(os.environ.get("LICTOR_CHAOS_HOLD", "2"))
"""Seconds for which a fault lasts; before a release 30."""
REPORT = os.environ.get("LICTOR_CHAOS_REPORT")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A running Lictor."""
    house = House()
    try:
        house.start()
        yield house
    finally:
        house.end()


@pytest.fixture(scope="module")
def cells() -> Iterator[dict[tuple[str, str], report.Cell]]:
    """What was seen, by fault; printed at the end, and written to the file LICTOR_CHAOS_REPORT."""
    seen: dict[tuple[str, str], report.Cell] = {}
    yield seen
    print("\n" + report.table(seen, HOLD))
    if REPORT:
        report.write(Path(REPORT), seen, HOLD)
