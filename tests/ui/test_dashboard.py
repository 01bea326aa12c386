"""The dashboard: each tile beside what the database says, and its actions."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Page, expect

from tests.orchestration.builders import make_flow, make_tenant
from tests.ui.conftest import Ask

CREATE = "mutation($flow: UUID!, $at: DateTime) { create_flow_run(input: {flow_id: $flow, scheduled_start_time: $at}) { id } }"
SET = """mutation($id: UUID!, $state: JSON!) {
  set_flow_run_states(input: {states: [{flow_run_id: $id, state: $state}]}) { states { status } } }"""


async def make_run(ask: Ask, flow: UUID, *states: str, at: str | None = None) -> str:
    """A run that has gone through `states`."""
    run = (await ask(CREATE, flow=str(flow), at=at))["create_flow_run"]["id"]
    for state in states:
        await ask(SET, id=run, state={"type": state, "message": f"{state} by the test"})
    return run


@pytest.fixture
async def flow(db: asyncpg.Connection, tenant: UUID) -> UUID:
    """A flow in a project of its own, so that the dashboard can be asked for it alone."""
    return await make_flow(db, tenant_id=tenant)  # pyright: ignore[reportArgumentType] - a connection does


@pytest.fixture
async def project(db: asyncpg.Connection, flow: UUID) -> UUID:
    return UUID(str(await db.fetchval("SELECT project_id FROM flow WHERE id = $1", flow)))


def tile(page: Page, title: str):
    return page.locator("section").filter(has=page.get_by_role("heading", name=title, exact=True))


async def test_every_tile_says_what_the_database_says(
    page: Page, ask: Ask, flow: UUID, project: UUID, axe, shoot
):
    success = await make_run(ask, flow, "Submitted", "Running", "Success")
    failed = await make_run(ask, flow, "Submitted", "Running", "Failed")
    running = await make_run(ask, flow, "Submitted", "Running")
    upcoming = await make_run(ask, flow, at="2035-01-01T00:00:00Z")
    await page.goto(f"/?project={project}")
    for title, run in (
        ("In progress", running),
        ("Upcoming and late", upcoming),
        ("Failed in the last day", failed),
    ):
        link = (
            tile(page, title)
            .get_by_role("link")
            .filter(has=page.locator(f"xpath=self::*[contains(@href, '{run}')]"))
        )
        await expect(link).to_be_visible()
    await expect(page.get_by_test_id("total")).to_have_text("3")
    bars = tile(page, "Run history").get_by_role("link")
    await expect(bars).to_have_count(3)
    assert success in (await bars.first.get_attribute("href") or "")
    await axe(page)
    await shoot(page, "dashboard")


async def test_it_lives(page: Page, ask: Ask, flow: UUID, project: UUID):
    await page.goto(f"/?project={project}")
    await expect(page.get_by_text("Nothing runs at the moment")).to_be_visible()
    run = await make_run(ask, flow, "Submitted", "Running")
    await expect(tile(page, "In progress").get_by_text("Running")).to_be_visible()
    await ask(SET, id=run, state={"type": "Success"})
    await expect(page.get_by_text("Nothing runs at the moment")).to_be_visible()


async def test_a_run_is_cancelled(page: Page, ask: Ask, db: asyncpg.Connection, flow: UUID, project: UUID):
    run = await make_run(ask, flow, "Submitted", "Running")
    await page.goto(f"/?project={project}")
    await tile(page, "In progress").get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Cancel the run").click()
    await expect(page.get_by_text("The run is being cancelled.")).to_be_visible()
    assert await db.fetchval("SELECT state FROM flow_run WHERE id = $1", UUID(run)) in (
        "Cancelling",
        "Cancelled",
    )


async def test_an_upcoming_run_is_started_now(
    page: Page, ask: Ask, db: asyncpg.Connection, flow: UUID, project: UUID
):
    run = await make_run(ask, flow, at="2035-01-01T00:00:00Z")
    await page.goto(f"/?project={project}")
    await tile(page, "Upcoming and late").get_by_role("button", name="Run now").click()
    await expect(page.get_by_text("The run is due now")).to_be_visible()
    due = "SELECT state_start_time <= now() FROM flow_run WHERE id = $1"
    assert await db.fetchval(due, UUID(run))


async def test_late_runs_are_cleared_away_all_at_once(
    page: Page, ask: Ask, db: asyncpg.Connection, tenant: UUID, flow: UUID, project: UUID
):
    """More than one question brings, and only those of the project that is shown."""
    late = await make_run(ask, flow, at="2035-01-01T00:00:00Z")
    await db.execute(
        "INSERT INTO flow_run (tenant_id, flow_id, name, scheduled_start_time)"
        " SELECT tenant_id, flow_id, 'late', now() FROM flow_run, generate_series(1, 520) WHERE id = $1",
        UUID(late),
    )
    await db.execute(
        "UPDATE flow_run SET state = 'Scheduled', scheduled_start_time = now() - interval '1 hour',"
        " state_start_time = now() - interval '1 hour' WHERE flow_id = $1",
        flow,
    )
    upcoming = await make_run(ask, flow, at="2035-01-01T00:00:00Z")
    # Started anew by somebody: its time was long ago, but it has only just become due.
    due = await make_run(ask, flow)
    elsewhere = await make_run(ask, await make_flow(db, tenant_id=tenant), at="2020-01-01T00:00:00Z")  # pyright: ignore[reportArgumentType]
    await page.goto(f"/?project={project}")
    await tile(page, "Upcoming and late").get_by_role("button", name="Clear late runs").click()
    await page.get_by_role("button", name="Skip them").click()
    await expect(page.get_by_text("521 late runs are skipped.")).to_be_visible(timeout=30_000)
    await expect(page.get_by_role("button", name="Clear late runs")).to_have_count(0)
    rows = await db.fetch(
        "SELECT state, count(*), bool_or(id = ANY($2)) AS kept FROM flow_run WHERE flow_id = $1 GROUP BY state",
        flow, [UUID(upcoming), UUID(due)],
    )  # fmt: skip
    assert sorted(map(tuple, rows)) == [("Scheduled", 2, True), ("Skipped", 521, False)]
    assert await db.fetchval("SELECT state FROM flow_run WHERE id = $1", UUID(elsewhere)) == "Scheduled"
    await db.execute("DELETE FROM flow_run WHERE id = $1", UUID(elsewhere))


async def test_a_project_without_runs_says_what_to_do_next(page: Page, project: UUID, axe, shoot):
    await page.goto(f"/?project={project}")
    await expect(page.get_by_text("No run has started yet")).to_be_visible()
    await axe(page)
    await shoot(page, "dashboard-empty")


async def test_another_team_is_another_dashboard(
    page: Page, ask: Ask, db: asyncpg.Connection, flow: UUID, project: UUID
):
    other = await make_tenant(db)  # pyright: ignore[reportArgumentType] - a connection does
    name = await db.fetchval("SELECT name FROM tenant WHERE id = $1", other)
    await page.goto("/")
    mine = page.get_by_label("Project").locator(f"option[value='{project}']")
    await expect(mine).to_have_count(1)
    await page.get_by_label("Team").select_option(label=name)
    await expect(mine).to_have_count(0)
    await expect(page.get_by_text("No run has started yet")).to_be_visible()
    await page.goto(f"/{name}/system")
    await expect(page.get_by_role("heading", name="System")).to_be_visible()
    await db.execute("DELETE FROM tenant WHERE id = $1", other)
