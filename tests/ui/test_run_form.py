"""The form that makes a run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Page, expect

from tests.ui.conftest import Ask
from tests.ui.flow_rows import Flow, register

PARAMETERS = [
    {"name": "city", "slug": "city", "required": False, "default": "Oslo"},
    {"name": "count", "slug": "count", "required": True, "default": None},
    {"name": "dry", "slug": "dry", "required": False, "default": False},
    {"name": "limits", "slug": "limits", "required": False, "default": [1, 2]},
]
RUNS = "SELECT * FROM flow_run WHERE flow_id = $1 ORDER BY created"


@pytest.fixture
async def flow(ask: Ask, db: asyncpg.Connection) -> Flow:
    return await register(ask, db, parameters=PARAMETERS)


async def test_what_is_wrong_is_told_by_its_field(page: Page, db: asyncpg.Connection, flow: Flow, axe, shoot):
    await page.goto(f"/flow/{flow.group}?run=1")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Run now").click()
    await expect(dialog.get_by_text("count needs a value.")).to_be_visible()
    await expect(dialog.get_by_label("count (required)")).to_be_focused()
    await dialog.get_by_label("Kind of count").select_option("number")
    await dialog.get_by_label("count (required)").fill("many")
    await dialog.get_by_label("limits", exact=True).fill("[1,")
    await expect(dialog.get_by_text("count: a number is needed.")).to_be_visible()
    await expect(dialog.get_by_text("limits: This is not JSON")).to_be_visible()
    await dialog.get_by_role("button", name="Run now").click()
    await axe(page)
    await shoot(page, "run-form")
    assert await db.fetch(RUNS, flow.id) == []


async def test_a_run_is_made_as_it_was_wished(page: Page, db: asyncpg.Connection, flow: Flow):
    await page.goto(f"/flow/{flow.group}")
    await page.get_by_role("button", name="Run", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Kind of count").select_option("number")
    await dialog.get_by_label("count (required)").fill("3")
    await dialog.get_by_label("dry", exact=True).select_option("yes")
    await dialog.get_by_label("When").select_option("At a time")
    await dialog.get_by_label("Start").fill("2035-06-01T09:30")
    await dialog.get_by_label("Name of the run").fill("by hand")
    await dialog.get_by_label("Labels").fill("b, a, b")
    await dialog.get_by_text("Context and run config").click()
    await dialog.get_by_role("textbox", name="Context as JSON").fill('{"day": 1}')
    await dialog.get_by_role("textbox", name="Run config as JSON").fill('{"type": "LocalRun"}')
    await dialog.get_by_role("button", name="Schedule the run").click()
    await page.wait_for_url("**/flow-run/*")
    [row] = await db.fetch(RUNS, flow.id)
    assert page.url.endswith(str(row["id"]))
    assert json.loads(row["parameters"]) == {"city": "Oslo", "count": 3, "dry": True, "limits": [1, 2]}
    assert json.loads(row["labels"]) == ["a", "b"]
    assert json.loads(row["context"]) == {"day": 1}
    assert json.loads(row["run_config"])["type"] == "LocalRun"
    assert row["name"] == "by hand"
    assert row["scheduled_start_time"] == datetime(2035, 6, 1, 9, 30, tzinfo=UTC)


async def test_a_double_click_makes_one_run(page: Page, ask: Ask, db: asyncpg.Connection):
    flow = await register(ask, db)
    await page.goto(f"/flow/{flow.group}?run=1")
    # Both clicks before the page can react to the first.
    await page.get_by_role("button", name="Run now").evaluate("one => { one.click(); one.click() }")
    await page.wait_for_url("**/flow-run/*")
    [row] = await db.fetch(RUNS, flow.id)
    assert row["state"] == "Scheduled"
    assert row["id"] == UUID(page.url.rsplit("/", 1)[1])
