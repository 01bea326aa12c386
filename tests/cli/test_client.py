"""The demo's Prefect client: pinned, complete, and kept away from the user's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lictor.cli.demo import client


def test_lock_pins_every_package_with_hashes_and_names_no_host() -> None:
    text = client.LOCK.read_text()
    assert "://" not in text
    packages = re.split(r"\n(?=\S)", text.strip())
    assert len(packages) > 30
    for package in packages:
        assert re.match(r"[\w.-]+==[\w.]+", package), package
        assert "--hash=sha256:" in package
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))
    assert pins["prefect"] == "1.4.1"
    assert pins["marshmallow"].startswith("3.")


def test_environment_takes_nothing_of_the_users_prefect(
    monkeypatch: pytest.MonkeyPatch, directory: Path
) -> None:
    monkeypatch.setenv("PREFECT__CLOUD__API_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("LICTOR_DATABASE_URL", "postgresql://secret@localhost/x")
    monkeypatch.setenv("NO_PROXY", "example.com")
    environment = client.client_environment(directory / "home", "http://127.0.0.1:1")
    assert {name for name in environment if name.startswith(("PREFECT__", "LICTOR_", "PYTHONPATH"))} == {
        "PREFECT__HOME_DIR",
        "PREFECT__USER_CONFIG_PATH",
        "PREFECT__BACKEND",
        "PREFECT__SERVER__ENDPOINT",
    }
    assert environment["HOME"] == str(directory / "home")
    assert environment["NO_PROXY"] == "example.com,127.0.0.1,localhost"


def test_place_can_be_chosen_and_else_depends_on_the_lock(
    monkeypatch: pytest.MonkeyPatch, directory: Path
) -> None:
    monkeypatch.setenv("LICTOR_CLIENT_VENV", str(directory / "venv"))
    assert client.environment_dir() == directory / "venv"
    monkeypatch.delenv("LICTOR_CLIENT_VENV")
    before = client.environment_dir()
    changed = directory / "lock"
    changed.write_text(client.LOCK.read_text() + "\n")
    monkeypatch.setattr(client, "LOCK", changed)
    assert client.environment_dir() != before


def test_what_an_interrupted_installation_left_is_not_taken_for_complete(
    monkeypatch: pytest.MonkeyPatch, directory: Path
) -> None:
    monkeypatch.setenv("LICTOR_CLIENT_VENV", str(directory / "venv"))
    (directory / "venv" / "bin").mkdir(parents=True)
    (directory / "venv" / "bin" / "prefect").touch()
    assert not client.is_installed()
    # Complete, but by another lock.
    (directory / "venv" / ".complete").write_text("0" * 64)
    assert not client.is_installed()
