"""`lictor settings`, and the two pages of the documentation that speak of settings and limits."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lictor.cli.settings_command import Row, rows_of, settings
from lictor.settings import Settings
from tests.cli.lictor_process import run_lictor

DOCS = Path(__file__).parent.parent.parent / "docs"


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Row]:
    """The settings of a process that sets none."""
    monkeypatch.setenv("LICTOR_SECRETS_DIR", str(tmp_path))
    return {row.name: row for row in rows_of(Settings())}  # pyright: ignore[reportCallIssue]


def test_what_is_set_is_told_and_where_and_no_secret(tmp_path: Path) -> None:
    (tmp_path / "lictor_actions_secret").write_text("very secret")
    done = run_lictor(
        "settings", "--changed", "--json",
        LICTOR_SECRETS_DIR=str(tmp_path),
        LICTOR_PORT="4211",
        LICTOR_DATABASE_URL="postgresql://me:hidden-word@db.example/lictor",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    found = {row["name"]: (row["value"], row["source"]) for row in json.loads(done.stdout)}
    assert found == {
        "LICTOR_PORT": (4211, "environment"),
        "LICTOR_DATABASE_URL": ("postgresql://me:(hidden)@db.example/lictor", "environment"),
        "LICTOR_ACTIONS_SECRET": ("(hidden)", "file"),
    }
    shown = run_lictor("settings", "heartbeat")
    assert "LICTOR_HEARTBEAT_CUTOFF" in shown.stdout
    assert "LICTOR_PORT" not in shown.stdout
    assert run_lictor("settings", "no such word").stdout == "No setting is like that.\n"


def test_the_page_of_settings_is_of_this_release(capsys: pytest.CaptureFixture[str]) -> None:
    settings(markdown=True)
    assert (DOCS / "settings.md").read_text() == capsys.readouterr().out, "lictor settings --markdown"


def test_the_page_of_limits_says_the_defaults(rows: dict[str, Row]) -> None:
    told = dict(
        reversed(pair)
        for pair in re.findall(r"^\|[^|]*\| (\d[\d.]*)[^|]*\| (LICTOR_\w+) \|", (DOCS / "limits.md").read_text(), re.M)
    )  # fmt: skip
    assert len(told) > 30
    assert {name: float(value) for name, value in told.items()} == {name: rows[name].default for name in told}
    limits = {name for name in rows if re.search("LIMIT|RETENTION_.*_DAYS|CUTOFF|POOL_SIZE", name)}
    assert limits <= told.keys()
