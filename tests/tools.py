"""Programs of others that tests drive: Node, browsers, old Pythons."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def unavailable(reason: str) -> NoReturn:
    """Skip the test; with LICTOR_REQUIRE_TOOLS, as in CI, fail it."""
    if os.environ.get("LICTOR_REQUIRE_TOOLS"):
        pytest.fail(reason)
    pytest.skip(reason)
