"""The page of a flow: its tabs and what can be done there."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from playwright.async_api import Page, expect

from tests.ui.conftest import Ask
from tests.ui.flow_rows import HOURLY, Flow, register, run


@pytest.fixture
async def flow(ask: Ask, db: asyncpg.Connection) -> Flow:
    return await register(
        ask, db, schedule=HOURLY, parameters=[{"name": "x", "slug": "x", "required": False, "default": 1}]
    )


async def group(db: asyncpg.Connection, flow: Flow, column: str) -> Any:
    value = await db.fetchval(f"SELECT {column} FROM flow_group WHERE id = $1", flow.group)
    return json.loads(value) if isinstance(value, str) and column != "description" else value


async def test_the_overview_says_what_happened(
    page: Page, ask: Ask, db: asyncpg.Connection, flow: Flow, axe, shoot
):
    await run(ask, flow, "Submitted", "Running", "Success")
    failed = await run(ask, flow, "Submitted", "Running", "Failed")
    await db.execute(
        "UPDATE task_run SET state = 'Failed', state_message = 'no such file', end_time = now() WHERE id ="
        " (SELECT id FROM task_run WHERE flow_run_id = $1 ORDER BY id LIMIT 1)",
        failed,
    )
    await page.goto(f"/flow/{flow.group}")
    await expect(page.get_by_role("heading", name=flow.name, level=1)).to_be_visible()
    await expect(page.get_by_test_id("total")).to_have_text("2")
    errors = page.locator("section").filter(has=page.get_by_role("heading", name="Recent errors"))
    await expect(errors.get_by_text("no such file")).to_be_visible()
    await expect(errors.get_by_text("Failed by the test")).to_be_visible()
    await expect(page.get_by_text(str(flow.id))).to_be_visible()
    await axe(page)
    await shoot(page, "flow-overview")


async def test_a_flow_id_leads_to_its_group(page: Page, ask: Ask, db: asyncpg.Connection, flow: Flow):
    await register(ask, db, project=flow.project, name=flow.name, tasks=2)
    await page.goto(f"/flow/{flow.id}")
    await page.wait_for_url(f"**/flow/{flow.group}?version=1")
    await expect(page.get_by_label("Version", exact=True)).to_have_value("1")
    await expect(page.get_by_text("archived", exact=True)).to_be_visible()
    await page.goto(f"/flow/{uuid4()}")
    await expect(page.get_by_text("There is no such flow")).to_be_visible()
    await page.goto("/flow/nonsense")
    await expect(page.get_by_text("There is no such flow")).to_be_visible()


async def test_runs_are_filtered_sorted_and_lead_on(
    page: Page, ask: Ask, db: asyncpg.Connection, flow: Flow, axe, shoot
):
    done = await run(ask, flow, "Submitted", "Running", "Success", name="alpha")
    await run(ask, flow, "Submitted", "Running", "Failed", name="beta")
    await page.goto(f"/flow/{flow.group}?tab=runs")
    names = page.locator("tbody tr td:first-child a")
    await expect(names).to_have_count(12)
    await page.get_by_role("button", name="Succeeded").click()
    await page.get_by_role("button", name="Failed", exact=True).click()
    await expect(names).to_have_count(2)
    await page.get_by_role("button", name="Run", exact=True).nth(1).click()
    await expect(names).to_have_text(["alpha", "beta"])
    await axe(page)
    await shoot(page, "flow-runs")
    await page.get_by_role("searchbox").fill("alp")
    await expect(names).to_have_text(["alpha"])
    await expect(names.first).to_have_attribute("href", re.compile(str(done)))


async def test_tasks_are_listed_and_searched(page: Page, flow: Flow, axe, shoot):
    await page.goto(f"/flow/{flow.group}?tab=tasks")
    await expect(page.locator("tbody tr")).to_have_count(3)
    await axe(page)
    await shoot(page, "flow-tasks")
    await page.get_by_role("searchbox").fill("task-1")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.get_by_role("link", name="task 1")).to_be_visible()


async def test_the_schematic_shows_what_needs_what(page: Page, flow: Flow, axe, shoot):
    await page.goto(f"/flow/{flow.group}?tab=schematic")
    nodes = page.locator(".react-flow__node")
    await expect(nodes).to_have_count(3)
    await expect(page.locator(".react-flow__edge")).to_have_count(2)
    await nodes.filter(has_text="task 1").click()
    detail = page.locator("section").filter(has=page.get_by_role("heading", name="task 1"))
    await expect(detail.get_by_role("button", name="task 0")).to_be_visible()
    await expect(detail.get_by_role("button", name="task 2")).to_be_visible()
    await axe(page)
    await shoot(page, "flow-schematic")
    await page.get_by_role("searchbox").fill("task 2")
    await expect(page.get_by_text("1 found")).to_be_visible()


async def test_2000_tasks_are_drawn_while_the_page_answers(page: Page, ask: Ask, db: asyncpg.Connection):
    """The main thread goes on meanwhile; how long it takes is measured by `python -m bench pages`."""
    wide = 40
    edges = [
        (n - wide + shift, n)
        for n in range(wide, 2000)
        for shift in (0, 1)
        if n - wide + shift < n // wide * wide
    ]
    flow = await register(ask, db, tasks=2000, edges=edges)
    await page.add_init_script(
        """window.longest = 0; let last = performance.now();
        setInterval(() => { const now = performance.now(); window.longest = Math.max(window.longest, now - last); last = now; }, 20);"""
    )
    await page.goto("/flows")
    await expect(page.get_by_role("heading", name="Flows", level=1)).to_be_visible()
    await page.evaluate("window.longest = 0")
    started = time.monotonic()
    await page.goto(f"/flow/{flow.group}?tab=schematic")
    await page.locator("[data-placed='2000']").wait_for(timeout=60_000)
    await expect(page.locator(".react-flow__node").first).to_be_visible()
    took, longest = time.monotonic() - started, await page.evaluate("window.longest")
    assert longest / 1000 < took * 0.8
    # What is not in view is not drawn.
    assert await page.locator(".react-flow__node").count() < 400


async def test_the_readme_is_written_and_harmless(page: Page, db: asyncpg.Connection, flow: Flow, axe, shoot):
    await page.goto(f"/flow/{flow.group}?tab=readme")
    await page.get_by_role("button", name="Write it").click()
    text = (
        "# What it does\n\nSee [the docs](https://example.org).\n\n"
        "<script>window.evil = 1</script><img src='data:,' onerror='window.evil = 1'>"
        "<a href='javascript:window.evil = 1'>bad</a><iframe src='about:blank'></iframe><form><input></form>"
    )
    await page.get_by_label("README in Markdown").fill(text)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The README is saved.")).to_be_visible()
    assert await group(db, flow, "description") == text
    shown = page.locator(".markdown")
    await expect(shown.get_by_role("heading", name="What it does")).to_be_visible()
    await expect(shown.get_by_role("link", name="the docs")).to_have_attribute("rel", "noopener noreferrer")
    html = await shown.inner_html()
    assert not re.search("script|onerror|iframe|<form|<input", html)
    assert await page.evaluate("window.evil") is None
    await axe(page)
    await shoot(page, "flow-readme")


async def test_versions_are_listed_chosen_and_deleted(
    page: Page, ask: Ask, db: asyncpg.Connection, flow: Flow, axe, shoot
):
    second = await register(ask, db, project=flow.project, name=flow.name)
    await page.goto(f"/flow/{flow.group}?tab=versions")
    await expect(page.locator("tbody tr")).to_have_count(2)
    await axe(page)
    await shoot(page, "flow-versions")
    await page.get_by_role("button", name="Look at version 1").click()
    await expect(page.get_by_label("Version", exact=True)).to_have_value("1")
    await page.get_by_role("button", name="Delete version").click()
    await page.get_by_role("button", name="Delete the version").click()
    await expect(page.get_by_text("The version is deleted.")).to_be_visible()
    left = await db.fetch("SELECT id FROM flow WHERE flow_group_id = $1", flow.group)
    assert [row["id"] for row in left] == [second.id]
    await expect(page.get_by_label("Version", exact=True)).to_have_value("0")


async def test_a_flow_is_deleted(page: Page, db: asyncpg.Connection, flow: Flow):
    await page.goto(f"/flow/{flow.group}")
    await page.get_by_role("button", name="Delete flow").click()
    await page.get_by_role("button", name="Keep").click()
    assert await db.fetchval("SELECT count(*) FROM flow WHERE id = $1", flow.id) == 1
    await page.get_by_role("button", name="Delete flow").click()
    await page.get_by_role("button", name="Delete the flow").click()
    await page.wait_for_url("**/flows")
    assert await db.fetchval("SELECT count(*) FROM flow_group WHERE id = $1", flow.group) == 0


async def test_settings_are_changed(page: Page, ask: Ask, db: asyncpg.Connection, flow: Flow, axe, shoot):
    other = await register(ask, db)
    await page.goto(f"/flow/{flow.group}?tab=settings")
    for label, name, before in (
        ("Heartbeat", "heartbeat_enabled", True),
        ("Lazarus", "lazarus_enabled", True),
        ("Version lock", "version_locking_enabled", False),
    ):
        switch = page.get_by_role("switch", name=label)
        await expect(switch).to_be_checked(checked=before)
        await switch.click()
        await expect(page.get_by_text(f"{label} is {'off' if before else 'on'}.")).to_be_visible()
        await expect(switch).to_be_checked(checked=not before)
        assert (await group(db, flow, "settings"))[name] is not before

    parameters = page.get_by_role("textbox", name="Default parameters")
    await parameters.fill('{"y": 1}')
    await expect(page.get_by_text("The flow has no parameter y; it has x.")).to_be_visible()
    await expect(page.get_by_role("button", name="Save default parameters")).to_be_disabled()
    await parameters.fill('{"x": 7}')
    await page.get_by_role("button", name="Save default parameters").click()
    await expect(page.get_by_text("Default parameters: saved.")).to_be_visible()
    assert await group(db, flow, "default_parameters") == {"x": 7}

    await page.get_by_role("textbox", name="Run config").fill('{"type": "LocalRun"}')
    await page.get_by_role("button", name="Save run config").click()
    await expect(page.get_by_text("Run config: saved.")).to_be_visible()
    assert await group(db, flow, "run_config") == {"type": "LocalRun"}

    await page.get_by_role("switch", name="As they were registered").click()
    await page.get_by_label("Labels of new runs").fill("b, a")
    await page.get_by_role("button", name="Save the labels").click()
    await expect(page.get_by_text("The labels are saved")).to_be_visible()
    assert await group(db, flow, "labels") == ["a", "b"]

    await page.get_by_label("Project", exact=True).select_option(other.project_name)
    await page.get_by_role("button", name="Move").click()
    await expect(page.get_by_text("Version 1 is in the other project now.")).to_be_visible()
    assert await db.fetchval("SELECT project_id FROM flow WHERE id = $1", flow.id) == UUID(str(other.project))
    await axe(page)
    await shoot(page, "flow-settings")
