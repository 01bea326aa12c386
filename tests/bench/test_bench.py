"""Every section of the bench runs at tiny sizes and gives all its numbers. Times are never judged here."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

import lictor as lictor_package
from bench import __main__ as bench
from bench import (
    drive,
    mapped,
    operation_list,
    operations,
    pages,
    pages_browser,
    registration,
    report,
    stack,
    transitions,
    ui,
    work_queue,
)
from bench.client import Instant, instant_server
from tests.tools import unavailable

ROOT = Path(__file__).parents[2]
PARTIES = {"gateway", "postgres", "load"}


@pytest.fixture(scope="module")
def lictor() -> Iterator[stack.Stack]:
    with stack.running() as running:
        yield running


@pytest.fixture(scope="module")
def counting() -> Iterator[stack.Stack]:
    with stack.running(settings=stack.COUNTING) as running:
        yield running


@pytest.fixture(scope="module")
def instant() -> Iterator[Instant]:
    with instant_server() as running:
        yield running


@pytest.fixture
def console(capsys: pytest.CaptureFixture[str]) -> report.Console:
    return report.console()


def test_operations(counting: stack.Stack, console, capsys):
    results = asyncio.run(operations.measure(counting, 0.05, most=16))
    assert [result["name"] for result in results] == [one.name for one in operation_list.OPERATIONS]
    for result in results:
        assert result["statements"] >= 1
        for clients in operations.CLIENTS:
            got = result[str(clients)]
            assert got["errors"] == 0, (result["name"], got["first_error"])
            assert got["calls"] > 0
            assert 0 < got["p50"] <= got["p95"] <= got["p99"]
            assert set(got["cpu_us"]) == PARTIES
    operations.show(console, results, 1)
    shown = capsys.readouterr().out
    assert "create_flow_run (10 tasks)" in shown
    assert shown.isascii() or "µ" in shown


def test_statements_are_those_the_gateway_sent(counting: stack.Stack):
    async def counted() -> dict[str, float]:
        connection = await asyncpg.connect(counting.postgres.dsn("lictor", user="postgres"))
        try:
            await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            document = drive.body("query { a: tenant(limit: 1) { id } b: flow(limit: 1) { id } }")
            return await operations.counted(connection, counting, [document] * 6, {})
        finally:
            await connection.close()

    assert asyncio.run(counted()) == {"statements": 1, "frames": 0}


def test_what_may_be_sent_once_is_sent_once(lictor: stack.Stack):
    bodies = [[drive.body("query { hello }")] * 3, [drive.body("query { hello }")] * 2]
    assert drive.drive(lictor, bodies, 5, once=True)["calls"] == 5


def test_registration(lictor: stack.Stack, instant: Instant, console, capsys):
    registrations = registration.register(lictor, instant, sizes=(3,), times=1)
    assert [got["tasks"] for got in registrations] == [3]
    registration.show(console, registrations)
    assert "flow.register()" in capsys.readouterr().out


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
    assert [(got["waiting"], got["limited"]) for got in results["polls"]] == [
        (10, False), (10, True), (40, False), (40, True), (40, False),
    ]  # fmt: skip
    # One in ten is for this agent; five of its 20 slots are taken.
    assert [got["handed_out"] for got in results["polls"]] == [1, 1, 4, 4, 4]
    assert (
        results["p95_growth"]["free"]
        == results["polls"][2]["poll"]["p95"] / results["polls"][0]["poll"]["p95"]
    )
    assert (
        results["p95_growth"]["limited"]
        == results["polls"][3]["poll"]["p95"] / results["polls"][1]["poll"]["p95"]
    )
    for read in results["reads"]:
        assert read["errors"] == 0, read["first_error"]
    work_queue.show(console, results)
    shown = capsys.readouterr().out
    assert "ix_flow_run_queue" in shown or "Seq Scan" in shown
    assert "recent runs" in shown


def test_ui(console, capsys):
    with stack.running(settings=stack.COUNTING) as lictor:
        results = asyncio.run(ui.measure(lictor, replace(ui.SMALL, runs=120, detailed=30), 0.05))
    assert [got["name"] for got in results["pages"]] == list(ui.PAGES)
    for got in results["pages"]:
        # An operation is one statement; some are answered without any, and each mapped_children is one of its own.
        assert 0 < got["statements"] <= got["operations"] + 1
        assert got["postgres_ms"] > 0
    ui.show(console, results)
    assert "StateCounts" in capsys.readouterr().out


@pytest.mark.timeout(300)
def test_pages(console, capsys):
    web = Path(lictor_package.__file__).parent / "web" / "index.html"
    if not web.exists() or pages_browser.program() is None:
        unavailable("the UI is not built (`make ui`), or there is no chromium")
    some = ("dashboard", "schematic")
    with stack.running() as lictor:
        # Two dashboards for longer than the 5 s in which each asks for its counts: CPU is told in hundredths of a second.
        results = asyncio.run(
            pages.measure(
                lictor, pages.SMALL, 1, 2, 8.0, lambda visit: any(word in visit.name for word in some)
            )
        )
        # A second time the same rows are there.
        asyncio.run(pages.ensure_filled(lictor, pages.SMALL))

        async def counted() -> tuple[int, ...]:
            connection = await asyncpg.connect(lictor.dsn)
            try:
                return tuple(
                    await connection.fetchrow(
                        "SELECT (SELECT count(*) FROM task_run_artifact), (SELECT count(*) FROM log)"
                    )
                )
            finally:
                await connection.close()

        world = pages.SMALL
        assert asyncio.run(counted()) == (world.artifacts, world.lines * world.runs + world.long_log)
    assert [got["name"] for got in results["pages"]] == [
        "dashboard",
        "schematic of 60 tasks",
    ]
    for got in results["pages"]:
        assert 0 < got["best"] <= got["median"]
        assert got["server_cpu"]["gateway"] > 0
    assert 50_000 < results["pages"][0]["files"] < pages.FIRST_LOAD
    assert results["dashboards"]["watched"]["gateway"] > 0
    pages.show(console, results)
    assert "open dashboards cost" in capsys.readouterr().out


def test_transitions(monkeypatch: pytest.MonkeyPatch, console, capsys):
    monkeypatch.setattr(transitions, "CLIENTS", (2,))
    monkeypatch.setattr(transitions, "RUNS", 200)
    results = transitions.run(console, seconds=0.2)
    assert set(results) == {"1/2", "50/2"}
    for got in results.values():
        assert got["errors"] == 0, got["first_error"]
        assert got["limit"] > 0
        assert set(got["cpu_us"]) == PARTIES


@pytest.mark.parametrize(("section", "arguments"), [("engine", ["0.01"]), ("hooks", ["12"])])
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
        (["--finished", "0"], "at least 100"),
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
