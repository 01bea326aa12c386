"""Nothing is installed that was not chosen: every package is pinned, with the digest of its files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z0-9,_-]+\])?==[0-9][^\s;]*( *;[^\\]*)?")
_DIGEST = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def requirements(text: str) -> list[str]:
    """The lines of a lock file, those that go on joined, without comments."""
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n?", "", text))
    return [line.strip() for line in joined.splitlines() if line.strip()]


def test_all_locks_are_looked_at() -> None:
    assert {path.name for path in LOCKS} >= {"runtime.lock", "dev.lock", "uv.lock", "node.lock"}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_python(path: Path) -> None:
    found = requirements(path.read_text())
    assert found
    for line in found:
        name, *rest = re.split(r"\s+(?=--hash)", line)
        assert _PINNED.fullmatch(name), line[:100]
        assert rest, f"{name} has no digest"
        assert all(_DIGEST.fullmatch(part.strip()) for part in rest), line[:200]


def test_what_runs_is_what_was_tested() -> None:
    """A package that both locks name has one version."""
    runtime, dev = (
        {re.split(r"==|\s", line)[0]: re.split(r"\s", line)[0] for line in requirements((ROOT / "requirements" / name).read_text())}
        for name in ("runtime.lock", "dev.lock")
    )  # fmt: skip
    assert {name: dev[name] for name in runtime.keys() & dev.keys()} == {
        name: runtime[name] for name in runtime.keys() & dev.keys()
    }


def test_the_ui() -> None:
    packages = json.loads((ROOT / "ui" / "package-lock.json").read_text())["packages"]
    others = {name: package for name, package in packages.items() if name and not package.get("link")}
    assert others
    for name, package in others.items():
        if package.get("inBundle"):
            continue  # comes in the file of another, whose digest it shares
        assert re.match(r"sha(256|384|512)-", package.get("integrity", "")), name
        # A place is named only where it is not the registry that npm is told to use.
        assert "resolved" not in package, (name, package["resolved"])
        assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+\S*", package["version"]), name
