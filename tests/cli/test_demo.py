"""`lictor demo`: real flows of a real client, on a Lictor that runs already; failures told as such."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from lictor.cli.demo import client, demo
from lictor.cli.embedded import processes
from lictor.cli.instance import MARKER
from lictor.settings import Settings
from tests.cli.lictor_process import LictorProcess, run_lictor

BROKEN = """
from prefect import Flow, task

@task
def fail():
    raise ValueError("this cannot work")

with Flow("broken") as flow:
    fail()
"""


def test_every_flow_runs_to_success_beside_a_running_lictor(lictor: LictorProcess, directory: Path) -> None:
    before = set(processes.pids_with_environment(MARKER, lictor.instance.marker))
    variables = {
        "LICTOR_DATA_DIR": str(lictor.instance.data_dir),
        "LICTOR_CLIENT_VENV": str(client.environment_dir()),
        "HOME": str(directory),
        "COLUMNS": "150",
    }
    done = run_lictor("demo", "--exit", timeout=110, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Lictor runs already at {lictor.url}" in done.stdout
    for flow in ("squares", "third-time-lucky", "heartbeat"):
        assert re.search(rf"│ {flow} .*│ Success ", done.stdout)
    assert "1 Mapped, 23 Success" in done.stdout
    assert re.search(r"\d+\.\d s from the command to the first Success", done.stdout)
    # The user's Prefect was not touched, the agent is gone, Lictor stays.
    assert not (directory / ".prefect").exists()
    assert set(processes.pids_with_environment(MARKER, lictor.instance.marker)) == before
    assert lictor.is_up()


def test_failed_run_is_status_1_with_its_log(
    lictor: LictorProcess, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (directory / "broken.py").write_text(BROKEN)
    monkeypatch.setattr(client, "FLOWS", directory)
    shown = io.StringIO()
    settings = Settings(data_dir=lictor.instance.data_dir)  # pyright: ignore[reportCallIssue]
    assert demo(settings, Console(file=shown, width=200), "normal", stay=False) == 1
    assert re.search(r"│ broken .*│ Failed ", shown.getvalue())
    assert "ValueError: this cannot work" in shown.getvalue()


def test_flow_that_cannot_be_registered_is_told(
    lictor: LictorProcess, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (directory / "nonsense.py").write_text("raise RuntimeError('no flow in here')")
    monkeypatch.setattr(client, "FLOWS", directory)
    shown = io.StringIO()
    settings = Settings(data_dir=lictor.instance.data_dir)  # pyright: ignore[reportCallIssue]
    assert demo(settings, Console(file=shown, width=200), "normal", stay=False) == 1
    assert "The flows could not be registered" in shown.getvalue()
    assert "no flow in here" in shown.getvalue()
