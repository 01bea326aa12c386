"""Without authentication nothing listens beyond loopback, unless somebody says so."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lictor.exposure import ExposedError, check_exposure, is_loopback
from lictor.settings import Settings
from tests.cli.lictor_process import clean_environment, run_lictor

SERVE = [sys.executable, "-m", "lictor.actions.gateway.serve"]
WAY_OUT = ("LICTOR_AUTH=key", "LICTOR_HOST=127.0.0.1", "LICTOR_AUTH_OFF_ANYWHERE=1")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)
    check_exposure(Settings(), host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "", "10.1.2.3", "169.254.1.1", "fe80::1%eth0", "no-such.invalid"]
)
def test_elsewhere(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(ExposedError) as told:
        check_exposure(Settings(), host)
    assert all(way in str(told.value) for way in WAY_OUT)


@pytest.mark.parametrize("settings", [{"auth": "key"}, {"auth_off_anywhere": True}])
def test_with_keys_or_on_purpose_anywhere_will_do(settings: dict[str, Any]) -> None:
    check_exposure(Settings(**settings), "0.0.0.0")


def test_a_gateway_refuses_to_start() -> None:
    done = subprocess.run(
        SERVE,
        env=clean_environment(LICTOR_HOST="0.0.0.0", LICTOR_PORT="0"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert all(way in done.stderr for way in WAY_OUT), done.stderr


def test_a_gateway_looks_at_the_socket_that_it_is_given() -> None:
    """The settings say loopback; what was bound is what counts."""
    with socket.create_server(("0.0.0.0", 0)) as listener:
        done = subprocess.run(
            [*SERVE, "--fd", str(listener.fileno())], env=clean_environment(LICTOR_HOST="127.0.0.1"),
            capture_output=True, text=True, timeout=60, pass_fds=[listener.fileno()],
        )  # fmt: skip
    assert done.returncode == 1
    assert "0.0.0.0 is not loopback" in done.stderr, done.stderr


def test_lictor_up_refuses_before_it_makes_anything(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    done = run_lictor("up", LICTOR_HOST="0.0.0.0", LICTOR_PORT="0", LICTOR_DATA_DIR=str(directory))
    assert done.returncode == 1
    assert all(way in done.stdout + done.stderr for way in WAY_OUT), done.stdout + done.stderr
    assert not (directory / "postgres").exists()


def test_the_containers_ask_for_keys() -> None:
    """Their gateways listen on every address of their network."""
    compose = (Path(__file__).parent.parent / "docker-compose.yml").read_text()
    assert "LICTOR_AUTH: ${LICTOR_AUTH:-key}" in compose
    assert "LICTOR_AUTH_OFF_ANYWHERE:\n" in compose
