"""The projects page."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
from playwright.async_api import Page, expect

from tests.ui.conftest import Ask
from tests.ui.flow_rows import register


async def test_a_project_is_made_changed_and_deleted(
    page: Page, ask: Ask, db: asyncpg.Connection, axe, shoot
):
    name = f"made-{uuid4().hex[:8]}"
    await page.goto("/projects")
    await page.get_by_role("button", name="New project").click()
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Description").fill("What is tested")
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_text(f"The project {name} is made.")).to_be_visible()
    row = await db.fetchrow("SELECT id, description FROM project WHERE name = $1", name)
    assert row is not None
    assert row["description"] == "What is tested"

    await page.get_by_role("searchbox").fill(name)
    await page.get_by_role("button", name=f"Edit {name}").click()
    await page.get_by_label("Name", exact=True).fill(f"{name}-changed")
    await page.get_by_label("Description").fill("")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("link", name=f"{name}-changed")).to_be_visible()
    changed = await db.fetchrow("SELECT name, description FROM project WHERE id = $1", row["id"])
    assert changed is not None
    assert tuple(changed) == (f"{name}-changed", "")

    flow = await register(ask, db, project=row["id"])
    await register(ask, db, project=row["id"], name=flow.name)
    await page.reload()
    row_of_it = page.get_by_role("row").filter(has_text=f"{name}-changed")
    await expect(row_of_it.get_by_role("cell", name="1", exact=True)).to_have_count(2)
    await axe(page)
    await shoot(page, "projects")
    await page.get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("1 flows and 1 archived versions are in it")).to_be_visible()
    await page.get_by_role("button", name="Delete the project").click()
    await expect(page.get_by_text("No project is called that")).to_be_visible()
    assert await db.fetchval("SELECT count(*) FROM project WHERE id = $1", row["id"]) == 0
    assert await db.fetchval("SELECT count(*) FROM flow WHERE id = $1", flow.id) == 0


async def test_a_name_that_is_taken_is_told(page: Page, ask: Ask, db: asyncpg.Connection):
    flow = await register(ask, db)
    await page.goto("/projects")
    await page.get_by_role("button", name="New project").click()
    await page.get_by_label("Name", exact=True).fill(flow.project_name)
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await db.fetchval("SELECT count(*) FROM project WHERE name = $1", flow.project_name) == 1
