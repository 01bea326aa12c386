"""The calendar."""

from __future__ import annotations

import asyncpg
from playwright.async_api import Page, expect

from tests.ui.conftest import Ask
from tests.ui.flow_rows import register, run


async def test_a_week_and_a_day_of_it(page: Page, ask: Ask, db: asyncpg.Connection, axe, shoot):
    flow = await register(ask, db)
    other = await register(ask, db, project=flow.project)
    await run(ask, flow, at="2035-06-06T09:15:00Z", name="alone")
    for minute in range(0, 60, 4):
        await run(ask, flow, at=f"2035-06-07T10:{minute:02}:00Z", name=f"one-{minute}")
    await run(ask, other, at="2035-06-07T10:30:00Z", name="other")
    await run(ask, flow, at="2035-06-11T00:00:00Z", name="next week")
    await page.goto(f"/calendar?project={flow.project}&day=2035-06-06")
    await expect(page.get_by_role("link", name=f"09:15 {flow.name}, alone: Scheduled")).to_be_visible()
    busy = page.get_by_role("button", name="16 runs: 16 waiting")
    await expect(busy).to_be_visible()
    await axe(page)
    await shoot(page, "calendar-week")

    await busy.click()
    await expect(page.get_by_role("heading", name="Jun 7, 2035")).to_be_visible()
    day = page.get_by_role("list", name="Day")
    await expect(day.get_by_role("link", name="one-0")).to_be_visible()
    await day.get_by_role("button", name="4 more in this hour").click()
    await expect(day.get_by_role("link", name="one-56")).to_be_visible()
    await axe(page)
    await shoot(page, "calendar-day")
    await page.get_by_label("Flow", exact=True).select_option(other.name)
    await expect(day.get_by_role("link", name="one-0")).to_have_count(0)
    await expect(day.get_by_role("link", name="other")).to_be_visible()
    await page.get_by_role("button", name="Previous day").click()
    await expect(page.get_by_text("No run on this day")).to_be_visible()


async def test_the_next_week(page: Page, ask: Ask, db: asyncpg.Connection):
    flow = await register(ask, db)
    await run(ask, flow, at="2035-06-11T00:00:00Z", name="monday")
    await page.goto(f"/calendar?project={flow.project}&day=2035-06-06")
    chip = page.get_by_role("link", name=f"00:00 {flow.name}, monday: Scheduled")
    await expect(page.get_by_role("region", name="Week")).to_be_visible()
    await expect(chip).to_have_count(0)
    await page.get_by_role("button", name="Next week").click()
    await expect(chip).to_be_visible()
