"""Every section of the bench runs at tiny sizes and gives all its numbers. Times are never judged here."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import calls, mapped, report, stack, transitions, ui, work_queue
from bench.client import Instant, instant_server

ROOT = Path(__file__).parents[2]
PARTIES = {"gateway", "postgres", "load"}


@pytest.fixture(scope="module")
def lictor() -> Iterator[stack.Stack]:
    with stack.running() as running:
        yield running


@pytest.fixture(scope="module")
def instant() -> Iterator[Instant]:
    with instant_server() as running:
        yield running


@pytest.fixture
def console(capsys: pytest.CaptureFixture[str]) -> report.Console:
    return report.console()


def test_calls(lictor: stack.Stack, instant: Instant, console, capsys):
    results = calls.measure(lictor, 0.1)
    assert [got["name"] for got in results] == [line.name for line in calls.TABLE]
    for got in results:
        assert got["errors"] == 0, got["first_error"]
        assert got["calls"] > 0
        assert not (got["repeated"] and got["first_error"])
        assert set(got["cpu_us"]) == PARTIES
    registrations = calls.register(lictor, instant, sizes=(3,), times=1)
    assert [got["tasks"] for got in registrations] == [3]
    calls.show(console, results, registrations, 1)
    shown = capsys.readouterr().out
    assert "create_flow_run (10 tasks)" in shown
    assert shown.isascii() or "µ" in shown


def test_mapped(lictor: stack.Stack, instant: Instant, console, capsys):
    results = mapped.measure(lictor, instant, sizes=(2,), times=1)
    assert [got["executor"] for got in results] == list(mapped.EXECUTORS)
    for got in results:
        # Of 6 task runs (Parameter, numbers, double and its 2 children, total) the mapped parent sets one state,
        # the others two (contract client.md 6).
        assert got["calls_by_kind"]["get_or_create_task_run_info"] == 6
        assert got["calls_by_kind"]["set_task_run_states"] == 2 * 6 - 1
        assert got["calls"] == sum(got["calls_by_kind"].values())
        assert got["beyond"] == pytest.approx(got["lictor"] - got["instant"])
    mapped.show(console, results, 1)
    assert "A real client maps" in capsys.readouterr().out


def test_queue(lictor: stack.Stack, console, capsys):
    results = asyncio.run(
        work_queue.measure(lictor, waiting=(10, 40), finished=200, seconds=0.05, with_plan=True)
    )
    # Under the limit one in ten of 40 is under way, and no more wait for this agent.
    assert [got["waiting"] for got in results["polls"]] == [10, 40, 36, 40]
    # One in ten is for this agent.
    assert [got["handed_out"] for got in results["polls"]] == [1, 4, 0, 4]
    for read in results["reads"]:
        assert read["errors"] == 0, read["first_error"]
    work_queue.show(console, results)
    shown = capsys.readouterr().out
    assert "ix_flow_run_queue" in shown or "Seq Scan" in shown
    assert "recent runs" in shown


def test_ui(console, capsys):
    with stack.running(settings=ui.LIBRARY) as lictor:
        results = asyncio.run(ui.measure(lictor, replace(ui.SMALL, runs=120, detailed=30), 0.05))
    assert [got["name"] for got in results["pages"]] == list(ui.PAGES)
    for got in results["pages"]:
        # An operation is one statement; some are answered without any, and each mapped_children is one of its own.
        assert 0 < got["statements"] <= got["operations"] + 1
        assert got["postgres_ms"] > 0
    ui.show(console, results)
    assert "StateCounts" in capsys.readouterr().out


def test_transitions(monkeypatch: pytest.MonkeyPatch, console, capsys):
    monkeypatch.setattr(transitions, "CLIENTS", (2,))
    monkeypatch.setattr(transitions, "RUNS", 200)
    results = transitions.run(console, seconds=0.2)
    assert set(results) == {"1/2", "50/2"}
    for got in results.values():
        assert got["errors"] == 0, got["first_error"]
        assert got["limit"] > 0
        assert set(got["cpu_us"]) == PARTIES


@pytest.mark.parametrize(("section", "arguments"), [("engine", ["0.01"]), ("scheduler", ["3"])])
def test_programs(section: str, arguments: list[str]):
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{section}", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_command_line_runs_what_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys):
    ran = []

    def section(console, options):
        ran.append(options)
        return {"seen": options.seconds}

    monkeypatch.setitem(bench.SECTIONS, "queue", ("", section))
    bench.main(["queue", "--seconds", "2", "--processes", "3", "--json", str(tmp_path / "numbers.json")])
    assert ran == [report.Options(seconds=2.0, processes=3)]
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert numbers["queue"] == {"seen": 2.0}
    assert numbers["machine"]["cores"] >= 1
    assert "load at the start" in capsys.readouterr().out


def test_warns_of_a_busy_machine(console, capsys):
    found = report.machine()
    report.show_machine(console, {**found, "load": 3.21, "quiet": False})
    assert "WARNING: the load was 3.21" in capsys.readouterr().out
    report.show_machine(console, {**found, "load": 0.1, "quiet": True})
    assert "WARNING" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nonsense"], "no such section: nonsense"),
        (["--processes", "0"], "at least 1"),
        (["--seconds", "-1"], "must be above 0"),
        (["--json", "/no/such/directory/x.json"], "there is no directory"),
    ],
)
def test_bad_arguments_say_what_is_wrong(arguments: list[str], text: str, capsys):
    with pytest.raises(SystemExit) as ended:
        bench.main(arguments)
    assert ended.value.code == 2
    assert text in capsys.readouterr().err


def test_help_teaches(capsys):
    with pytest.raises(SystemExit):
        bench.main(["--help"])
    shown = capsys.readouterr().out
    assert all(name in shown for name in bench.SECTIONS)
    assert "bench/README.md" in shown
