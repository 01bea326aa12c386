"""The pages of the web UI on a very large database, opened in a real Chromium; and what open dashboards cost the server.

In: a stack that serves the built UI, filled by bench/pages_world.py (once for all runs with --kept). Out: for each page
seconds until it is usable, the longest task of its main thread, CPU of server and browser; bytes of the first load;
CPU per second of gateway and Postgres under open dashboards.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import asyncpg
from playwright.async_api import Browser
from rich.console import Console

import lictor
from bench import stack
from bench.pages_browser import chromium, context, open_once, wait_usable
from bench.pages_world import World, fill, sql
from bench.report import Options, progress, table

LARGE = World()
SMALL = World(
    groups=8, runs=120, nodes=60, children=20, special=2, lines=3, long_log=1_000, live=10, messages=20, artifacts=20
)  # fmt: skip
DASHBOARDS = 20
WATCHED = 60.0
"""Seconds for which open dashboards are watched."""
TIMES = 5
CHANGES_PER_SECOND = 4
FIRST_LOAD = 300_000
STALE = "interval '12 hours'"
"""A kept database that is older is filled anew: its last hours would be empty."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A page to open: its name, address, what is on it when it is usable (selectors), the aim in seconds, and how many
    seconds it is watched after that."""

    name: str
    path: str
    wanted: tuple[str, ...]
    aim: float | None = None
    settle: float = 0


_TRACK = '[data-testid="track"] a'
_LINE = '[data-testid="log-lines"] [data-index]'
_PLACED = (".react-flow__node", ".react-flow__edge")
_ROW = "tbody td"
_TASK_RUN = 'a[href*="/task-run/"]'
# Single runs, or how many there are.
_HOUR = "tbody td :is(a, button)"


def visits(world: World, task_run: str, task: str) -> list[Visit]:
    """All pages that are measured."""
    long, wide, mapped = (f"/flow-run/{id}" for id in (world.long_run, world.wide_run, world.mapped_run))
    return [
        Visit("dashboard", "/", ('[data-testid="total"]', _ROW), 1.5),
        Visit("runs", "/runs", (_ROW,)),
        Visit("runs of a flow that seldom runs", "/runs?flow=seldom", (_ROW,)),
        Visit("flows", "/flows", (_ROW,)),
        Visit("flow", f"/flow/{world.flow_group}", ('[data-testid="total"]',)),
        Visit("flow run", long, (_TRACK,), 1.5),
        Visit(f"flow run, {world.children:,} children", mapped, (_TRACK,), 1.5),
        Visit(f"flow run, {world.nodes:,} tasks, running", wide, (_TRACK,), 1.5, 3),
        Visit("its task runs", f"{mapped}?tab=tasks", (_ROW,)),
        Visit(f"log of {world.long_log:,} lines", f"{long}?tab=logs", (_LINE,), 1.0),
        Visit("… ERROR and above", f"{long}?tab=logs&level=ERROR", (_LINE,), 1.0),
        Visit("… a rare word", f"{long}?tab=logs&q=%22Line%20{world.long_log // 2}:%22", (_LINE,)),
        Visit("task run", f"/task-run/{task_run}", ("dl",)),
        Visit("task", f"/task/{task}", (_ROW,)),
        Visit("artifacts", "/artifacts", (_TASK_RUN,)),
        Visit("calendar", "/calendar", (_HOUR,)),
        Visit(
            f"schematic of {world.nodes:,} tasks",
            f"/flow/{world.wide_flow_group}?tab=schematic",
            _PLACED,
            6.0,
            2,
        ),
        Visit("… of a run that goes on", f"{wide}?tab=schematic", _PLACED, 6.0, 4),
    ]


async def _connect(lictor: stack.Stack) -> asyncpg.Connection:
    return await asyncpg.connect(
        lictor.postgres.dsn("lictor", user="postgres"), server_settings={"timezone": "UTC", "jit": "off"}
    )


async def ensure_filled(lictor: stack.Stack, world: World) -> None:
    """Fill the database, unless it holds this world already and not for long."""
    connection = await _connect(lictor)
    try:
        made = await connection.fetchval(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        )
        fresh = await connection.fetchval(f"SELECT max(created) > now() - {STALE} FROM message")
        if made == str(world) and fresh:
            return
        await connection.execute(
            "TRUNCATE tenant, edge, task, task_run, log, flow_run_state, task_run_state CASCADE"
        )
        await fill(connection, world)
        await connection.execute(f"COMMENT ON DATABASE lictor IS '{world}'")
    finally:
        await connection.close()


async def open_all(
    browser: Browser, lictor: stack.Stack, pages: list[Visit], times: int
) -> list[dict[str, Any]]:
    """Each page `times` times, after one time that warms the server's plans and caches."""
    results: list[dict[str, Any]] = []
    for visit in pages:
        progress(f"pages: {visit.name}")
        opened = [await open_once(browser, lictor.url, visit.path, visit.wanted)]
        before = lictor.cpu()
        opened += [
            await open_once(browser, lictor.url, visit.path, visit.wanted, visit.settle) for _ in range(times)
        ]
        used = {name: (value - before[name]) / times for name, value in lictor.cpu().items()}
        first, rest = opened[0], opened[1:]
        results.append(
            {
                "name": visit.name,
                "aim": visit.aim,
                "first": first.usable,
                "best": min(one.usable for one in rest),
                "median": statistics.median(one.usable for one in rest),
                "longest_task": statistics.median(one.longest_task for one in rest),
                "browser_cpu": statistics.median(one.cpu for one in rest),
                "server_cpu": used,
                "files": first.files,
                "answers": first.answers,
            }
        )
    return results


@contextlib.asynccontextmanager
async def _changes(lictor: stack.Stack) -> AsyncIterator[None]:
    """Runs that end and begin, a few times a second."""
    connection = await _connect(lictor)

    async def go_on() -> None:
        while True:
            await sql.beside.execute(connection)
            await asyncio.sleep(1 / CHANGES_PER_SECOND)

    going = asyncio.create_task(go_on())
    try:
        yield
        if going.done():
            going.result()
    finally:
        going.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await going
        await connection.close()


async def _cpu_of(lictor: stack.Stack, seconds: float) -> dict[str, float]:
    """CPU seconds per second that each part of the server uses during `seconds`."""
    before, began = lictor.cpu(), time.perf_counter()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - began
    return {name: (value - before[name]) / took for name, value in lictor.cpu().items()}


async def watch_dashboards(
    browser: Browser, lictor: stack.Stack, number: int, seconds: float
) -> dict[str, Any]:
    """What `number` open dashboards cost the server while runs change, beside what the changes alone cost."""
    async with _changes(lictor):
        progress("pages: changes alone")
        alone = await _cpu_of(lictor, seconds / 2)
        here = await context(browser, lictor.url)
        try:
            for count in range(number):
                progress(f"pages: opening dashboard {count + 1} of {number}")
                page = await here.new_page()
                await page.goto("/", wait_until="commit")
                await wait_usable(page, ('[data-testid="total"]',))
            progress(f"pages: watching {number} dashboards")
            watched = await _cpu_of(lictor, seconds)
        finally:
            await here.close()
    return {
        "dashboards": number,
        "alone": alone,
        "watched": watched,
        "share_of_core": sum(watched.values()) - sum(alone.values()),
    }


async def measure(
    lictor: stack.Stack,
    world: World,
    times: int,
    dashboards: int,
    seconds: float,
    only: Callable[[Visit], bool] = lambda visit: True,
) -> dict[str, Any]:
    """All numbers, on a stack that may have been filled before; of the pages those that `only` takes."""
    await ensure_filled(lictor, world)
    connection = await _connect(lictor)
    try:
        found = await connection.fetchrow(
            "SELECT id, task_id FROM task_run WHERE flow_run_id = $1 ORDER BY id LIMIT 1", world.long_run
        )
        assert found is not None
        task_run, task = found
    finally:
        await connection.close()
    async with chromium() as browser:
        chosen = [visit for visit in visits(world, str(task_run), str(task)) if only(visit)]
        pages = await open_all(browser, lictor, chosen, times)
        watched = await watch_dashboards(browser, lictor, dashboards, seconds)
    return {"world": asdict(world), "pages": pages, "dashboards": watched}


def show(console: Console, results: dict[str, Any]) -> None:
    """Print the tables."""
    rows = [
        (
            got["name"], f"{got['best']:.2f}", f"{got['median']:.2f}", f"{got['first']:.2f}", f"{got['aim']:g}" if got["aim"] else "",
            f"{got['longest_task'] * 1000:.0f}", f"{got['server_cpu']['gateway'] * 1000:.0f}", f"{got['server_cpu']['postgres'] * 1000:.0f}",
            f"{got['browser_cpu']:.2f}", f"{got['files'] / 1000:.0f}", f"{got['answers'] / 1000:.0f}",
        )
        for got in results["pages"]
    ]  # fmt: skip
    columns = (
        "page", "usable after s: best", "median", "very first", "aim", "longest task ms", "CPU ms: gateway", "Postgres",
        "browser's CPU s", "files kB", "answers kB",
    )  # fmt: skip
    title = f"Pages in Chromium, nothing cached in the browser; {results['world']['runs']:,} flow runs"
    console.print(table(title, columns, rows))
    got = results["dashboards"]
    console.print(
        f"{got['dashboards']} open dashboards cost {got['share_of_core'] * 100:.1f} % of a core more than the changes alone (aim 5 %): "
        + ", ".join(f"{name} {got['watched'][name] * 100:.1f} % (alone {got['alone'][name] * 100:.1f} %)" for name in got["watched"])
    )  # fmt: skip
    console.print(
        f"First load of the dashboard: {results['pages'][0]['files']:,} bytes (aim below {FIRST_LOAD:,})"
    )


def run(console: Console, options: Options) -> dict[str, Any]:
    """Measure and print; returns the numbers."""
    if not (Path(lictor.__file__).parent / "web" / "index.html").exists():
        raise RuntimeError("the UI is not built: `make ui`")
    with stack.running(options.processes, kept=options.kept) as running:
        if options.quick:
            results = asyncio.run(measure(running, SMALL, 1, 2, 4.0))
        else:
            results = asyncio.run(measure(running, LARGE, TIMES, DASHBOARDS, WATCHED))
    show(console, results)
    return results
