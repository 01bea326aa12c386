"""The pages of a task run and of a task."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Page, expect

from tests.ui.worlds import World, end, make_world, state_of


@pytest.fixture
async def world(db: asyncpg.Connection, tenant: UUID) -> World:
    return await make_world(db, tenant)


async def test_a_mapped_child_has_neighbours_and_siblings(page: Page, world: World, axe, shoot):
    await page.goto(f"/task-run/{world.task_runs['clean', 1]}")
    await expect(page.get_by_role("heading", name="clean[1]")).to_be_visible()
    await expect(page.get_by_text("Failed by the test")).to_be_visible()
    await expect(page.get_by_role("link", name="list", exact=True)).to_be_visible()
    await expect(page.get_by_role("link", name="sum", exact=True)).to_be_visible()
    await axe(page)
    await shoot(page, "task-run")
    await page.get_by_role("tab", name="Mapped siblings").click()
    table = page.get_by_role("table", name="Mapped task runs")
    await expect(table.get_by_role("row")).to_have_count(4)
    await axe(page)
    await page.get_by_role("button", name="Failed", exact=True).click()
    await expect(table.get_by_role("row")).to_have_count(2)
    await expect(table.get_by_text("this one")).to_be_visible()


async def test_its_own_log_and_states(page: Page, db: asyncpg.Connection, tenant: UUID, world: World):
    run = world.task_runs["list", -1]
    await db.execute(
        "INSERT INTO log (tenant_id, flow_run_id, task_run_id, level, name, message)"
        " VALUES ($1, $2, $3, 'INFO', 'prefect.list', 'mine'), ($1, $2, NULL, 'INFO', 'prefect', 'of the flow')",
        tenant, world.run, run,
    )  # fmt: skip
    await page.goto(f"/task-run/{run}?tab=logs")
    lines = page.get_by_test_id("log-lines")
    await expect(lines.get_by_text("mine")).to_be_visible()
    await expect(lines.get_by_text("of the flow")).to_have_count(0)
    await page.get_by_role("tab", name="States").click()
    await expect(page.get_by_role("table", name="States").get_by_role("row")).to_have_count(4)


async def test_rename_and_set_state(page: Page, db: asyncpg.Connection, world: World):
    run = world.task_runs["sum", -1]
    await page.goto(f"/task-run/{run}")
    await page.get_by_role("button", name="Rename").click()
    await page.get_by_label("Task run's name").fill("total")
    await page.get_by_role("button", name="Save the name").click()
    await expect(page.get_by_text("The task run has its new name.")).to_be_visible()
    await expect(page.get_by_role("heading", name="total")).to_be_visible()
    assert await db.fetchval("SELECT name FROM task_run WHERE id = $1", run) == "total"
    await page.get_by_role("button", name="Set state").click()
    await page.get_by_role("dialog").get_by_label("State", exact=True).select_option("Success")
    await page.get_by_label("Reason").fill("summed by hand")
    await page.get_by_role("button", name="Set the state").click()
    await expect(page.get_by_text("The state is set.")).to_be_visible()
    assert await state_of(db, "task_run", run) == "Success"
    logged = await db.fetchval("SELECT message FROM log WHERE task_run_id = $1", run)
    assert "summed by hand" in str(logged)


async def test_a_paused_one_is_approved(page: Page, db: asyncpg.Connection, tenant: UUID):
    world = await make_world(db, tenant, "Running")
    run = world.task_runs["sum", -1]
    await end(db, "task_run", run, "Paused")
    await page.goto(f"/flow-run/{world.run}?tab=tasks")
    await expect(page.get_by_role("button", name="Approve")).to_be_visible()
    await page.goto(f"/task-run/{run}")
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_text("Approved; the task goes on.")).to_be_visible()
    assert await state_of(db, "task_run", run) == "Resume"


async def test_restart_from_here(page: Page, db: asyncpg.Connection, world: World):
    await page.goto(f"/task-run/{world.task_runs['list', -1]}")
    await page.get_by_role("button", name="Restart from here").click()
    await page.get_by_role("button", name="Restart", exact=True).click()
    await expect(page.get_by_text("The flow run is due again from here.")).to_be_visible()
    assert await state_of(db, "flow_run", world.run) == "Scheduled"
    states = {key: await state_of(db, "task_run", run) for key, run in world.task_runs.items()}
    assert states.pop(("clean", -1)) == "Mapped", "the client goes on from the parent to its children"
    assert set(states.values()) == {"Pending"}


async def test_a_task_and_its_runs(page: Page, world: World, axe, shoot):
    await page.goto(f"/task/{world.tasks['clean']}")
    await expect(page.get_by_role("heading", name="clean")).to_be_visible()
    table = page.get_by_role("table", name="Runs of the task")
    await expect(table.get_by_role("row")).to_have_count(5)
    await expect(page.get_by_role("link", name="list", exact=True)).to_be_visible()
    await axe(page)
    await shoot(page, "task")
    await page.get_by_role("button", name="Failed", exact=True).click()
    await expect(table.get_by_role("row")).to_have_count(2)
    await page.get_by_role("link", name="sum", exact=True).click()
    await page.wait_for_url(f"**/task/{world.tasks['sum']}")
    await expect(page.get_by_role("heading", name="sum")).to_be_visible()
