"""The log of a run: paging in both directions, live, filtered, as a file."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Page, expect

from tests.ui.worlds import World, make_world

LINES = 5000
"""More than the page keeps."""
KEPT = 3000


@pytest.fixture
async def world(db: asyncpg.Connection, tenant: UUID) -> World:
    """A run with LINES lines, four of each microsecond; each thousandth is an error of `list`."""
    world = await make_world(db, tenant)
    await db.execute(
        "INSERT INTO log (tenant_id, flow_run_id, task_run_id, timestamp, name, level, message)"
        " SELECT $1, $2, CASE WHEN n % 1000 = 0 THEN $3::uuid END,"
        "        date_trunc('hour', now()) - interval '1 hour' + make_interval(secs => n / 4 * 0.000001),"
        "        'prefect.test', CASE WHEN n % 1000 = 0 THEN 'ERROR' ELSE 'INFO' END, 'line ' || n || '.'"
        " FROM generate_series(1, $4::int) n ORDER BY n",
        tenant, world.run, world.task_runs["list", -1], LINES,
    )  # fmt: skip
    return world


async def add(db: asyncpg.Connection, tenant: UUID, world: World, text: str, count: int = 1) -> None:
    await db.execute(
        "INSERT INTO log (tenant_id, flow_run_id, timestamp, name, level, message)"
        " SELECT $1, $2, clock_timestamp() + make_interval(secs => n * 0.0001), 'prefect.test', 'INFO', $3 || n"
        " FROM generate_series(1, $4::int) n",
        tenant, world.run, text, count,
    )  # fmt: skip


def _numbers(text: str) -> list[int]:
    return [int(line.split("line ")[1].rstrip(".")) for line in text.splitlines() if line.startswith("line ")]


async def test_it_opens_at_the_end_and_pages_to_the_start(page: Page, world: World, axe, shoot):
    await page.goto(f"/flow-run/{world.run}?tab=logs")
    lines = page.get_by_test_id("log-lines")
    await expect(lines.get_by_text(f"line {LINES}.", exact=True)).to_be_visible()
    await expect(page.get_by_test_id("log-live")).to_have_text("live")
    await axe(page)
    await shoot(page, "logs")
    seen: set[int] = set()
    # Lines of one microsecond stand in the order of their ids, all of them and none twice.
    for _ in range(400):
        numbers = _numbers(await lines.inner_text())
        seen.update(numbers)
        if 1 in numbers:
            break
        await lines.evaluate("box => { box.scrollTop -= 350 }")
        await page.wait_for_timeout(20)
    assert len(seen) == LINES
    await expect(page.get_by_test_id("log-live")).to_have_text("older lines")
    rows = await lines.evaluate("box => Math.round(box.firstChild.offsetHeight / 20)")
    assert rows <= KEPT * 1.05, "the page keeps a window and not the whole log"
    await page.get_by_role("button", name="To the newest line").click()
    await expect(lines.get_by_text(f"line {LINES}.", exact=True)).to_be_visible()


async def test_it_lives_through_a_burst(page: Page, db: asyncpg.Connection, tenant: UUID, world: World):
    await page.goto(f"/flow-run/{world.run}?tab=logs")
    lines = page.get_by_test_id("log-lines")
    await expect(lines.get_by_text(f"line {LINES}.", exact=True)).to_be_visible()
    await add(db, tenant, world, "one ")
    await expect(lines.get_by_text("one 1", exact=True)).to_be_visible()
    # More than the subscription brings, at once.
    await add(db, tenant, world, "burst ", 700)
    await expect(lines.get_by_text("burst 700", exact=True)).to_be_visible()
    for _ in range(60):
        if await lines.get_by_text("burst 1", exact=True).is_visible():
            break
        await lines.evaluate("box => { box.scrollTop -= 300 }")
        await page.wait_for_timeout(20)
    await expect(lines.get_by_text("one 1", exact=True)).to_be_visible()


async def test_search_level_and_time(page: Page, world: World):
    await page.goto(f"/flow-run/{world.run}?tab=logs")
    lines = page.get_by_test_id("log-lines")
    await page.get_by_label("Level").select_option("ERROR")
    await expect(lines.locator("[data-index]")).to_have_count(5)
    await page.get_by_label("Search the log").fill("LINE 3000.")
    await expect(lines.locator("[data-index]")).to_have_count(1)
    await expect(lines.locator("mark")).to_have_text("line 3000.")
    await page.get_by_label("Search the log").fill("100%")
    await expect(page.get_by_text("No line is like that")).to_be_visible()
    await page.get_by_label("Search the log").fill("")
    await page.get_by_label("Level").select_option("")
    await expect(lines.get_by_text(f"line {LINES}.", exact=True)).to_be_visible()
    first = await page.evaluate(
        "new Date(Math.floor((Date.now() - 3600e3) / 3600e3) * 3600e3).toISOString().slice(0, 19)"
    )
    await page.get_by_label("Time to go to, in UTC").fill(first)
    await page.get_by_role("button", name="Go to this time").click()
    await expect(lines.get_by_text("line 1.", exact=True)).to_be_visible()


async def test_a_line_has_an_address(page: Page, db: asyncpg.Connection, world: World):
    line = await db.fetchval(
        "SELECT id FROM log WHERE flow_run_id = $1 AND message = 'line 2500.'", world.run
    )
    await page.goto(f"/flow-run/{world.run}?tab=logs&log={line}")
    lines = page.get_by_test_id("log-lines")
    await expect(lines.get_by_text("line 2500.", exact=True)).to_be_in_viewport()
    await expect(page.get_by_test_id("log-live")).to_have_text("older lines")
    await (
        lines.locator("[data-index]").filter(has_text="line 2501.").get_by_title("Link to this line").click()
    )
    other = await db.fetchval(
        "SELECT id FROM log WHERE flow_run_id = $1 AND message = 'line 2501.'", world.run
    )
    await page.wait_for_url(f"**log={other}**")


@pytest.mark.parametrize("label", ["Text", "JSON", "CSV"])
async def test_the_whole_log_as_a_file(page: Page, world: World, label: str, tmp_path: Path):
    await page.goto(f"/flow-run/{world.run}?tab=logs")
    await expect(page.get_by_test_id("log-lines")).to_be_visible()
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Download").click()
        await page.get_by_role("menuitem", name=label).click()
    download = await waiting.value
    await download.save_as(tmp_path / "log")
    text = (tmp_path / "log").read_text()
    if label == "JSON":
        messages = [line["message"] for line in json.loads(text)]
    elif label == "CSV":
        messages = [row["message"] for row in csv.DictReader(io.StringIO(text))]
    else:
        messages = [line.split(" | ")[1] for line in text.splitlines()]
    assert len(messages) == LINES
    assert len(set(messages)) == LINES
