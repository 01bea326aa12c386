"""Directories that every account can reach, and `lictor up` as the process that users run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.lictor_process import LictorProcess


@pytest.fixture(scope="session")
def make_directory() -> Iterator[Callable[[], Path]]:
    """Makes directories that are gone after the session; root's Postgres can enter them under its own account."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="lictor-test-")))
        made[-1].chmod(0o711)
        return made[-1]

    yield make
    for directory in made:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def directory(make_directory: Callable[[], Path]) -> Path:
    """One directory for one test."""
    return make_directory()


@pytest.fixture(scope="session")
def shared_lictor(make_directory: Callable[[], Path]) -> Iterator[LictorProcess]:
    process = LictorProcess(make_directory() / "data")
    yield process
    process.kill()


@pytest.fixture
def lictor(shared_lictor: LictorProcess) -> LictorProcess:
    """A `lictor up` that is up. Tests share it; one that ends it leaves the next to start it again."""
    shared_lictor.ensure_up()
    return shared_lictor
