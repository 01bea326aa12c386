"""`make test-upgrade` itself; what it judges takes minutes and an older release."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lictor.revision import needed_revision
from tests.upgrade.__main__ import ROOT, bring_revisions


def test_an_older_release_gets_the_revisions_its_processes_may_meet(tmp_path: Path) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0001_schema.py").write_text("")
    (versions / "0002_other.py").write_text("")
    assert bring_revisions(tmp_path) == f"0002 → {needed_revision()}"
    assert not (versions / "0002_other.py").exists()
    brought = sorted(path.name for path in versions.glob("[0-9]*.py"))
    assert brought[-1].startswith(needed_revision())
    assert (versions / brought[-1]).read_text() == (ROOT / "migrations/versions" / brought[-1]).read_text()
    assert (versions / "0001_schema").is_dir()


def test_a_release_that_is_not_there_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.upgrade", "--from", "v99.0"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "v99.0 is no commit or tag here." in done.stderr
