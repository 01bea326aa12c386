"""The list of runs and the list of artifacts: what they show is what the database holds."""

from __future__ import annotations

import json
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Page, expect

from tests.ui.worlds import World, make_world

HURTFUL = """# Well done

| head |
| - |
| cell |

[harmless](https://example.org) [a](javascript:window.hurt=1) <a href="JaVaScript:window.hurt=1">b</a>
<img src=x onerror="window.hurt = 1"> <script>window.hurt = 1</script> <svg onload="window.hurt = 1"></svg>
<iframe src="https://example.org"></iframe> <form action="https://example.org"><input name="key"></form>
<p style="position: fixed">covers the page</p>
"""
"""What a flow may write into an artifact."""


@pytest.fixture
async def world(db: asyncpg.Connection, tenant: UUID) -> World:
    return await make_world(db, tenant)


async def test_filters_stand_in_the_address(
    page: Page, db: asyncpg.Connection, tenant: UUID, world: World, axe, shoot
):
    other = await make_world(db, tenant, "Success")
    await page.goto("/runs")
    row = page.get_by_role("row").filter(has_text=world.name)
    await expect(row).to_contain_text("Failed")
    await expect(page.get_by_role("row").filter(has_text=other.name)).to_be_visible()
    await page.get_by_role("button", name="Failed", exact=True).click()
    await expect(page.get_by_role("row").filter(has_text=other.name)).to_have_count(0)
    await page.get_by_label("Run's name").fill(world.name[:9])
    await page.get_by_label("Labels, by commas").fill("gpu")
    await expect(row).to_be_visible()
    await page.wait_for_url("**label=gpu**")
    await page.reload()
    await expect(row).to_be_visible()
    await page.get_by_label("Labels, by commas").fill("gpu, none-has-this")
    await expect(page.get_by_text("No run is like that")).to_be_visible()
    await page.get_by_role("button", name="Clear", exact=True).last.click()
    await expect(page.get_by_role("row").filter(has_text=other.name)).to_be_visible()
    await axe(page)
    await shoot(page, "runs")


async def test_what_is_not_due_is_left_out_until_it_is_asked_for(
    page: Page, db: asyncpg.Connection, tenant: UUID, world: World
):
    name = f"later-{world.flow.hex[:8]}"
    await db.execute(
        "INSERT INTO flow_run (tenant_id, flow_id, name, scheduled_start_time, state)"
        " VALUES ($1, $2, $3, now() + interval '1 day', 'Scheduled')",
        tenant, world.flow, name,
    )  # fmt: skip
    project = await db.fetchval("SELECT project_id FROM flow WHERE id = $1", world.flow)
    await page.goto(f"/runs?project={project}")
    await expect(page.get_by_role("row").filter(has_text=world.name)).to_be_visible()
    await expect(page.get_by_text(name)).to_have_count(0)
    await page.get_by_role("button", name="Upcoming").click()
    await expect(page.get_by_text(name)).to_be_visible()


async def test_pages_and_order(page: Page, db: asyncpg.Connection, tenant: UUID, world: World):
    await db.execute(
        "INSERT INTO flow_run (tenant_id, flow_id, name, scheduled_start_time, state)"
        " SELECT $1, $2, 'p-' || n, '2026-01-01'::timestamptz + make_interval(mins => n), 'Success'"
        " FROM generate_series(1, 120) n",
        tenant, world.flow,
    )  # fmt: skip
    project = await db.fetchval("SELECT project_id FROM flow WHERE id = $1", world.flow)
    await page.goto(f"/runs?project={project}&run=p-")
    await expect(page.get_by_role("link", name="p-120", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Next page").click()
    await expect(page.get_by_role("link", name="p-70", exact=True)).to_be_visible()
    await expect(page.get_by_role("link", name="p-71", exact=True)).to_have_count(0)
    await page.get_by_role("button", name="Scheduled").click()
    await expect(page.get_by_role("link", name="p-1", exact=True)).to_be_visible()
    assert "page=" not in page.url


async def test_artifacts_are_shown_and_do_nothing(
    page: Page, db: asyncpg.Connection, tenant: UUID, world: World, axe, shoot
):
    run = world.task_runs["list", -1]
    for kind, data in (
        ("markdown", json.dumps({"markdown": HURTFUL})),
        ("link", '{"link": "https://example.org/report"}'),
        ("link", '{"link": "javascript:window.hurt = 1"}'),
        ("chart", '{"points": [1, 2]}'),
    ):
        await db.execute(
            "INSERT INTO task_run_artifact (tenant_id, task_run_id, kind, data) VALUES ($1, $2, $3, $4)",
            tenant, run, kind, data,
        )  # fmt: skip
    await page.goto(f"/flow-run/{world.run}?tab=artifacts")
    await expect(page.get_by_role("heading", name="Well done")).to_be_visible()
    await expect(page.get_by_role("link", name="https://example.org/report")).to_be_visible()
    await expect(page.get_by_text("javascript:window.hurt = 1")).to_be_visible()
    await expect(page.get_by_role("link", name="javascript:")).to_have_count(0)
    await expect(page.get_by_text('"points"')).to_be_visible()
    assert await page.evaluate("window.hurt") is None
    text = page.locator(".markdown")
    await expect(text.get_by_role("cell", name="cell")).to_be_visible()
    await expect(text.get_by_role("link", name="harmless")).to_have_attribute("rel", "noopener noreferrer")
    harmful = "[onerror], [style], script, iframe, form, input, [href^='javascript:' i]"
    await expect(text.locator(harmful)).to_have_count(0)
    # The picture that is not there.
    errors: list[str] = page.errors  # pyright: ignore[reportAttributeAccessIssue]
    errors[:] = [one for one in errors if "Failed to load resource" not in one]
    await page.goto("/artifacts?kind=link")
    await expect(page.get_by_role("link", name="https://example.org/report").first).to_be_visible()
    await expect(page.get_by_role("heading", name="Well done")).to_have_count(0)
    await axe(page)
    await shoot(page, "artifacts")
