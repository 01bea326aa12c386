"""A minute of the soak (tests/chaos/soak.py), the same each time; `make soak` draws new ones."""

from __future__ import annotations

import pytest

from tests.chaos.soak import soak

SEED = 26_897_652


@pytest.mark.timeout(400)
async def test_a_minute_of_faults_at_random(tmp_path):
    done = await soak(1, SEED, tmp_path / "history.jsonl")
    print(done.report())
    assert done.wrong == [], done.report()
    assert done.faults.total() >= 5
    assert done.runs >= 50
