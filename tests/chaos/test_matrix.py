"""The crash matrix: whatever is done to whatever process while clients work, no promise is broken.

`make test` tries one kind of fault on each process, two seconds each; `make chaos` tries all (CONTRIBUTING.md).
"""

from __future__ import annotations

import os
import random

import pytest

from tests.chaos.conftest import HOLD
from tests.chaos.experiment import experiment
from tests.chaos.faults import FAULTS

FEW = (
    ("api", "SIGKILL"),
    ("worker", "SIGKILL"),
    ("clock", "SIGSTOP"),
    ("valkey", "FLUSHALL"),
    ("postgres", "restart -m immediate"),
)
CELLS = list(FAULTS) if os.environ.get("LICTOR_CHAOS") == "all" else FEW


@pytest.mark.timeout(180 + 4 * HOLD)
@pytest.mark.parametrize("fault", CELLS, ids=" ".join)
async def test_nothing_is_broken(house, cells, fault):
    seed = random.randrange(2**32)
    cell = cells[fault] = await experiment(house, fault, HOLD, seed)
    print(f"seed {seed}: {cell}")
    assert cell.wrong == [], f"seed {seed}"
    # An experiment in which nothing was done proves nothing.
    assert cell.runs >= 5
    assert cell.calls > 100
