"""Who owns a data directory, and what others are told of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lictor.cli.instance import AlreadyRunningError, Instance


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path / "data")
    instance.acquire()
    yield instance
    instance.release()


def test_others_read_what_the_owner_wrote(owner: Instance) -> None:
    other = Instance(owner.data_dir)
    assert other.state() is None
    owner.write({"pid": os.getpid(), "url": "http://127.0.0.1:4200"})
    state = other.state()
    assert state is not None
    assert state["url"] == "http://127.0.0.1:4200"
    owner.release()
    assert other.state() is None


def test_one_owner_at_a_time(owner: Instance) -> None:
    owner.write({"pid": os.getpid(), "url": "http://127.0.0.1:4200"})
    with pytest.raises(
        AlreadyRunningError, match=f"process {os.getpid()}\\) and serves http://127.0.0.1:4200"
    ):
        Instance(owner.data_dir).acquire()


def test_what_a_killed_owner_left_is_nobodys_state(owner: Instance) -> None:
    """Its follower has the lock already, and has not yet taken the file away."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    owner.write({"pid": gone.pid, "url": "http://127.0.0.1:4200"})
    assert Instance(owner.data_dir).state() is None
