"""The embedded Redis-protocol server: with a password, on loopback, nothing on disk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from lictor.cli.embedded.errors import EmbeddedServerError
from lictor.cli.embedded.valkey import ValkeyServer, find_valkey


def test_serves_those_who_know_the_url(directory: Path) -> None:
    with ValkeyServer(directory / "valkey") as server:
        with redis.Redis.from_url(server.url) as client:
            client.set("key", "value")
            assert client.get("key") == b"value"
            assert client.config_get("save") == {"save": ""}
            assert client.config_get("appendonly") == {"appendonly": "no"}
        once = Retry(NoBackoff(), 0)
        with redis.Redis(port=server.port, retry=once) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        assert stat.S_IMODE((directory / "valkey" / "valkey.conf").stat().st_mode) == 0o600
        assert server.password not in " ".join(server.command())
    assert not server.is_ready()


def test_taken_port_is_an_error_that_names_it(directory: Path) -> None:
    with ValkeyServer(directory / "one") as server:
        second = ValkeyServer(directory / "two", port=server.port)
        with pytest.raises(EmbeddedServerError, match=f"ended with status(.|\n)*{server.port}"):
            second.start()


def test_setting_that_names_no_program(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    monkeypatch.setenv("LICTOR_REDIS_BIN", str(directory))
    with pytest.raises(EmbeddedServerError, match="LICTOR_REDIS_BIN"):
        find_valkey()
