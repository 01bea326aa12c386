"""The clients' environments: their locks pin everything, and each has a directory of its own."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from lictor.cli.demo.client import LOCK, environment_dir, pinned
from tests.e2e.clients import pythons
from tests.e2e.clients.conftest import RELEASES, Release


@pytest.mark.parametrize("release", RELEASES.values(), ids=lambda release: release.version)
def test_a_lock_pins_every_package_with_hashes_and_names_no_host(release: Release) -> None:
    text = release.lock.read_text()
    assert "://" not in text
    packages = re.split(r"\n(?=\S)", text.strip())
    assert len(packages) > 30
    for package in packages:
        assert re.match(r"[\w.-]+==[\w.]+", package), package
        assert "--hash=sha256:" in package
    assert f"\nprefect=={release.version} \\\n" in text


def test_the_demos_client_is_the_one_of_this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LICTOR_CLIENT_VENV", raising=False)
    assert pinned(LOCK, sys.executable).directory == environment_dir()
    assert len({pinned(release.lock, sys.executable).directory for release in RELEASES.values()}) == len(
        RELEASES
    )


def test_a_python_is_found_by_what_it_says_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = "{}.{}".format(*sys.version_info[:2])
    assert pythons.find(("2.1", mine)) == sys.executable
    shim = tmp_path / "python2.1"
    shim.write_text("#!/bin/sh\necho 'pyenv: python2.1: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pythons.find(("2.1",)) is None
    shim.write_text("#!/bin/sh\necho 2.1\n")
    assert pythons.find(("2.1", mine)) == str(shim)
