"""What `lictor up` declares: in which order, with what of the user's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lictor.cli.instance import Instance
from lictor.cli.stack import Stack
from lictor.cli.up import PortTakenError, listen
from lictor.settings import Settings


@pytest.fixture
def stack(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in [name for name in os.environ if name.startswith("LICTOR_")]:
        monkeypatch.delenv(name)
    listeners = []

    def make(**settings: Any) -> Stack:
        listeners.append(listen("127.0.0.1", 0))
        instance = Instance(directory / "data")
        instance.data_dir.mkdir(mode=0o711, exist_ok=True)
        return Stack(Settings(**settings), instance, listeners[-1])

    yield make
    for listener in listeners:
        listener.close()


def test_everything_is_embedded_by_default(stack: Any) -> None:
    made = stack()
    after = {service.name: list(service.after) for service in made.services}
    assert after == {
        "postgres": [],
        "valkey": [],
        "migrate": ["postgres"],
        "api": ["migrate", "valkey"],
        "worker": ["migrate", "valkey"],
        "clock": ["migrate", "valkey"],
    }
    # Lictor's own processes take the way that costs least.
    assert "host=" in made.environment["LICTOR_DATABASE_URL"]
    assert made.environment["LICTOR_REDIS_URL"].startswith("redis://:")
    assert made.environment["LICTOR_PORT"] == made.url.rpartition(":")[2]


def test_servers_of_the_user_are_used_as_they_are(stack: Any, directory: Path) -> None:
    made = stack(database_url="postgresql://db/x", redis_url="redis://cache/1", api_processes=3)
    assert [service.name for service in made.services] == [
        "migrate",
        "api-1",
        "api-2",
        "api-3",
        "worker",
        "clock",
    ]
    assert made.environment["LICTOR_DATABASE_URL"] == "postgresql://db/x"
    assert made.environment["LICTOR_REDIS_URL"] == "redis://cache/1"
    assert list((directory / "data").iterdir()) == []


def test_no_secret_is_on_a_command_line(stack: Any) -> None:
    made = stack()
    secrets = [made.environment["LICTOR_DATABASE_URL"], made.environment["LICTOR_REDIS_URL"]]
    passwords = [url.partition("@")[0].rpartition(":")[2] for url in secrets]
    for service in made.services:
        assert not any(password in " ".join(service.command()) for password in passwords), service.name


def test_port_is_taken() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(
            PortTakenError, match=f"port {port}: Address already in use(.|\n)*LICTOR_PORT={port + 1}"
        ):
            listen("127.0.0.1", port)
