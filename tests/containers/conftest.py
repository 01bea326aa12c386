"""One stack for all tests of this room, and what they measure of it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.containers.compose import Compose


@pytest.fixture(scope="session")
def report() -> Iterator[dict[str, Any]]:
    """What is measured; written to the file that LICTOR_COMPOSE_REPORT names."""
    found: dict[str, Any] = {}
    yield found
    if place := os.environ.get("LICTOR_COMPOSE_REPORT"):
        Path(place).write_text(json.dumps(found, indent=2) + "\n")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, report: dict[str, Any]) -> Iterator[Compose]:
    """The stack of docker-compose.yml, up and well."""
    compose = Compose(tmp_path_factory.mktemp("compose"))
    try:
        compose.up()
        report["up"] = round(time.monotonic() - compose.began, 1)
        yield compose
    except AssertionError:
        print(compose.logs())
        raise
    finally:
        compose.down()
