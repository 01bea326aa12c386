"""The schedule of a flow: shown, previewed, changed and taken away."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
from playwright.async_api import Page, expect

from tests.ui.conftest import Ask
from tests.ui.flow_rows import HOURLY, Flow, register

RULE = {
    "type": "RRuleClock",
    "rrule_obj": {
        "type": "rrule",
        "rr": "FREQ=DAILY",
        "_dtstart": "2026-01-01T00:00:00+00:00",
        "_until": None,
    },
    "start_date": None,
    "end_date": None,
}


async def stored(db: asyncpg.Connection, flow: Flow) -> Any:
    text = await db.fetchval("SELECT schedule FROM flow_group WHERE id = $1", flow.group)
    return text and json.loads(text)


async def test_a_schedule_is_made(page: Page, ask: Ask, db: asyncpg.Connection, axe, shoot):
    flow = await register(ask, db)
    await page.goto(f"/flow/{flow.group}?tab=schedule")
    await expect(page.get_by_text("It has no schedule")).to_be_visible()
    await page.get_by_role("button", name="Make a schedule").click()
    await page.get_by_role("button", name="Cron").click()
    clock = page.get_by_role("group", name="Clock 1: Cron")
    times = page.get_by_role("list", name="The next times").get_by_role("listitem")
    await clock.get_by_label("Zone").fill("Asia/Kolkata")
    await clock.get_by_label("Start").fill("2035-01-01T00:00")
    await clock.get_by_label("Cron").fill("30 6 * * *")
    await expect(times).to_have_count(10)
    # 6:30 in Kolkata is 1:00 in UTC, the reader's zone.
    await expect(times.first).to_contain_text("Jan 1, 2035, 01:00:00 UTC")
    await expect(times.first).to_contain_text("06:30:00")
    await expect(times.first).to_contain_text("in Asia/Kolkata")

    await clock.get_by_label("Cron").fill("never")
    await expect(page.get_by_text("clocks[0].cron: invalid cron expression 'never'")).to_be_visible()
    await clock.get_by_label("Cron").fill("30 6 * * *")
    await clock.get_by_label("Parameter defaults").fill('{"x": 1}')
    await clock.get_by_label("Labels").fill("night, slow")
    await page.get_by_role("button", name="Dates").click()
    dates = page.get_by_role("group", name="Clock 2: Dates")
    await dates.get_by_label("Dates").fill("2034-12-24T18:00")
    await expect(times.first).to_contain_text("Dec 24, 2034")
    await axe(page)
    await shoot(page, "flow-schedule-editor")

    await page.get_by_role("button", name="Save the schedule").click()
    await expect(page.get_by_text("The schedule is saved")).to_be_visible()
    assert await stored(db, flow) == {
        "type": "Schedule",
        "clocks": [
            {
                "type": "CronClock",
                "cron": "30 6 * * *",
                "start_date": {"dt": "2035-01-01T00:00:00", "tz": "Asia/Kolkata"},
                "parameter_defaults": {"x": 1},
                "labels": ["night", "slow"],
            },
            {"type": "DatesClock", "dates": [{"dt": "2034-12-24T18:00:00", "tz": "UTC"}]},
        ],
    }
    await expect(page.get_by_role("heading", name="Set here")).to_be_visible()
    await axe(page)
    await shoot(page, "flow-schedule")


async def test_a_registered_schedule_is_changed_and_comes_back(page: Page, ask: Ask, db: asyncpg.Connection):
    flow = await register(ask, db, schedule=HOURLY)
    await page.goto(f"/flow/{flow.group}?tab=schedule")
    await expect(page.get_by_text("every hour")).to_be_visible()
    await page.get_by_role("button", name="Edit").click()
    clock = page.get_by_role("group", name="Clock 1: Interval")
    await clock.get_by_label("Every").fill("0")
    await expect(page.get_by_text("At least a minute.")).to_be_visible()
    await expect(page.get_by_role("button", name="Save the schedule")).to_be_disabled()
    await clock.get_by_label("Every").fill("30")
    await clock.get_by_label("Unit").select_option("minutes")
    await clock.get_by_label("End").fill("2036-01-01T00:00")
    await page.get_by_role("button", name="Save the schedule").click()
    await expect(page.get_by_text("every 30 minutes")).to_be_visible()
    changed = HOURLY["clocks"][0] | {
        "interval": 1800 * 10**6,
        "end_date": {"dt": "2036-01-01T00:00:00", "tz": "Europe/Berlin"},
    }
    assert await stored(db, flow) == {"type": "Schedule", "clocks": [changed]}

    await page.get_by_role("button", name="Take it away").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Take it away").click()
    await expect(page.get_by_text("every hour")).to_be_visible()
    assert await stored(db, flow) is None


async def test_a_recurrence_rule_is_shown_and_kept(page: Page, ask: Ask, db: asyncpg.Connection):
    flow = await register(ask, db, schedule={"type": "Schedule", "clocks": [RULE]})
    await page.goto(f"/flow/{flow.group}?tab=schedule")
    await expect(page.get_by_text("a recurrence rule")).to_be_visible()
    await page.get_by_role("button", name="Edit").click()
    await expect(page.get_by_text("This clock is changed where the flow is registered.")).to_be_visible()
    await page.get_by_role("button", name="Interval").click()
    await page.get_by_role("button", name="Save the schedule").click()
    await expect(page.get_by_text("The schedule is saved")).to_be_visible()
    kept, added = (await stored(db, flow))["clocks"]
    assert kept == RULE
    assert added["type"] == "IntervalClock"
