"""The page of a flow run: what it shows, and each of its actions in the database."""

from __future__ import annotations

import json
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Page, expect

from tests.ui.conftest import Ask
from tests.ui.worlds import World, end, make_world, state_of

CREATE = "mutation($flow: UUID!) { create_flow_run(input: {flow_id: $flow}) { id } }"


@pytest.fixture
async def world(db: asyncpg.Connection, tenant: UUID) -> World:
    return await make_world(db, tenant)


async def _menu(page: Page, item: str) -> None:
    await page.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name=item).click()


async def test_it_shows_the_run(page: Page, world: World, axe, shoot):
    await page.goto(f"/flow-run/{world.run}")
    await expect(page.get_by_role("heading", name=world.name)).to_be_visible()
    await expect(page.get_by_text("Failed by the test").first).to_be_visible()
    await expect(page.get_by_text('"monday"')).to_be_visible()
    await expect(page).to_have_title(f"Failed · {world.name}")
    icon = await page.get_attribute('link[rel="icon"]', "href")
    assert icon is not None
    assert "d92d20" in icon, "the tab shows the colour of Failed"
    bars = page.get_by_test_id("track").get_by_role("link")
    await expect(bars).to_have_count(3)
    await page.get_by_role("button", name="Children of clean").click()
    await expect(bars).to_have_count(6)
    failed = page.locator(f'[data-testid="track"] a[href$="{world.task_runs["clean", 1]}"]')
    await expect(failed).to_have_attribute("data-state", "Failed")
    await axe(page)
    await shoot(page, "flow-run")


async def test_zooming_brings_a_part_of_the_time(page: Page, world: World):
    await page.goto(f"/flow-run/{world.run}")
    bar = page.get_by_test_id("track").get_by_role("link").first
    whole = await bar.bounding_box()
    await page.get_by_role("button", name="Zoom in").click()
    await expect(page.get_by_role("button", name="Show it whole")).to_be_enabled()
    near = await bar.bounding_box()
    assert whole is not None
    assert near is not None
    assert near["width"] > whole["width"]
    await page.get_by_role("button", name="Show it whole").click()
    await expect(page.get_by_role("button", name="Zoom out")).to_be_disabled()


async def test_tasks_are_filtered(page: Page, world: World, axe, shoot):
    await page.goto(f"/flow-run/{world.run}?tab=tasks")
    table = page.get_by_role("table", name="Task runs")
    await expect(table.get_by_role("row")).to_have_count(4)
    await expect(table.get_by_text("2 Success")).to_be_visible()
    await expect(table.get_by_text("1 Failed")).to_be_visible()
    await axe(page)
    await shoot(page, "flow-run-tasks")
    await page.get_by_role("switch", name="Mapped children").click()
    await expect(table.get_by_role("row")).to_have_count(7)
    await page.get_by_role("button", name="Failed", exact=True).click()
    await expect(table.get_by_role("row")).to_have_count(3)
    await page.get_by_label("Task's name").fill("cle")
    await expect(table.get_by_role("row")).to_have_count(2)
    await expect(table.get_by_role("link", name="clean[1]")).to_be_visible()


async def test_the_schematic_has_the_colours_of_the_states(page: Page, world: World, axe, shoot):
    await page.goto(f"/flow-run/{world.run}?tab=schematic")
    graph = page.get_by_role("region", name="Schematic of the run")
    # The layout's worker is a large file; on a busy machine it takes its time.
    await expect(graph.get_by_text("sum", exact=True)).to_be_visible(timeout=20_000)
    await expect(graph.get_by_text("TriggerFailed")).to_be_visible()
    await axe(page)
    await shoot(page, "flow-run-schematic")
    await graph.get_by_text("sum", exact=True).click()
    await page.wait_for_url(f"**/task-run/{world.task_runs['sum', -1]}")


async def test_the_history_of_states(page: Page, world: World, axe, shoot):
    await page.goto(f"/flow-run/{world.run}?tab=states")
    rows = page.get_by_role("table", name="States").get_by_role("row")
    await expect(rows).to_have_count(3)
    await expect(rows.nth(1)).to_contain_text("Failed by the test")
    await rows.nth(1).get_by_role("button", name="Details").click()
    await expect(page.get_by_role("dialog").get_by_text('"type": "Failed"')).to_be_visible()
    await page.keyboard.press("Escape")
    await axe(page)
    await shoot(page, "flow-run-states")


async def test_restart_runs_again_what_failed_and_what_hangs_on_it(
    page: Page, db: asyncpg.Connection, world: World
):
    await page.goto(f"/flow-run/{world.run}")
    await page.get_by_role("button", name="Restart from failed").click()
    await page.get_by_role("button", name="Restart", exact=True).click()
    await expect(page.get_by_text("What failed is due again.")).to_be_visible()
    assert await state_of(db, "flow_run", world.run) == "Scheduled"
    states = {key: await state_of(db, "task_run", run) for key, run in world.task_runs.items()}
    assert states == {
        ("list", -1): "Success",
        ("clean", -1): "Mapped",
        ("clean", 0): "Success",
        ("clean", 1): "Pending",
        ("clean", 2): "Success",
        ("sum", -1): "Pending",
    }


async def test_it_lives_and_says_why_it_waits(
    page: Page, ask: Ask, db: asyncpg.Connection, world: World, axe, shoot
):
    run = (await ask(CREATE, flow=str(world.flow)))["create_flow_run"]["id"]
    await page.goto(f"/flow-run/{run}")
    await expect(page.get_by_text("Why is it not running?")).to_be_visible()
    answer = await ask("query($id: UUID!) { why_not_running(flow_run_id: $id) { summary } }", id=run)
    summary = answer["why_not_running"]["summary"]
    await expect(page.get_by_text(summary[:40]).first).to_be_visible()
    await axe(page)
    await shoot(page, "flow-run-waiting")
    await end(db, "flow_run", UUID(run), "Success")
    await expect(page.get_by_text("Success by the test").first).to_be_visible()
    await expect(page.get_by_text("Why is it not running?")).to_have_count(0)


async def test_start_now_and_cancel(page: Page, ask: Ask, db: asyncpg.Connection, world: World):
    run = UUID((await ask(CREATE, flow=str(world.flow)))["create_flow_run"]["id"])
    await db.execute("UPDATE flow_run SET state_start_time = now() + interval '1 day' WHERE id = $1", run)
    await page.goto(f"/flow-run/{run}")
    await page.get_by_role("button", name="Start now").click()
    await expect(page.get_by_text("The run is due now")).to_be_visible()
    assert await db.fetchval("SELECT state_start_time <= now() FROM flow_run WHERE id = $1", run)
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Cancel the run").click()
    await expect(page.get_by_text("The run is being cancelled.")).to_be_visible()
    assert await state_of(db, "flow_run", run) in ("Cancelling", "Cancelled")


async def test_set_state_with_a_reason_for_its_tasks_too(page: Page, db: asyncpg.Connection, world: World):
    await page.goto(f"/flow-run/{world.run}")
    await _menu(page, "Set state")
    await page.get_by_role("dialog").get_by_label("State", exact=True).select_option("Success")
    await page.get_by_label("Reason").fill("checked by hand")
    await page.get_by_role("switch", name="All its task runs too").click()
    await page.get_by_role("button", name="Set the state").click()
    await expect(page.get_by_text("The state is set.")).to_be_visible()
    row = await db.fetchrow("SELECT state, state_message FROM flow_run WHERE id = $1", world.run)
    assert row is not None
    assert tuple(row) == ("Success", "checked by hand")
    states = await db.fetchval(
        "SELECT array_agg(DISTINCT state) FROM task_run WHERE flow_run_id = $1", world.run
    )
    assert states == ["Success"]
    logged = await db.fetchval("SELECT message FROM log WHERE flow_run_id = $1", world.run)
    assert "checked by hand" in str(logged)


async def test_name_labels_and_deletion(page: Page, db: asyncpg.Connection, world: World):
    await page.goto(f"/flow-run/{world.run}")
    await page.get_by_role("button", name="Rename").click()
    await page.get_by_label("Run's name").fill("brave-otter")
    await page.get_by_role("button", name="Save the name").click()
    await expect(page.get_by_text("The run has its new name.")).to_be_visible()
    await expect(page.get_by_role("heading", name="brave-otter")).to_be_visible()
    assert await db.fetchval("SELECT name FROM flow_run WHERE id = $1", world.run) == "brave-otter"
    await _menu(page, "Edit labels")
    await page.get_by_label("Labels", exact=True).fill("eu, gpu, eu")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("The labels are saved.")).to_be_visible()
    labels = await db.fetchval("SELECT labels FROM flow_run WHERE id = $1", world.run)
    assert sorted(json.loads(str(labels))) == ["eu", "gpu"]
    await _menu(page, "Delete")
    await page.get_by_role("button", name="Delete the run").click()
    await page.wait_for_url("**/runs")
    assert await db.fetchval("SELECT count(*) FROM flow_run WHERE id = $1", world.run) == 0
    await page.goto(f"/flow-run/{world.run}")
    await expect(page.get_by_text("There is no such run")).to_be_visible()


async def test_run_again_has_the_same_parameters(page: Page, db: asyncpg.Connection, world: World):
    await page.goto(f"/flow-run/{world.run}")
    await page.get_by_role("button", name="Run again").click()
    await expect(page.get_by_text("A new run with the same parameters.")).to_be_visible()
    made = UUID(page.url.rsplit("/", 1)[1])
    assert made != world.run
    rows = await db.fetch(
        "SELECT flow_id, parameters, labels FROM flow_run WHERE id = ANY($1)", [made, world.run]
    )
    assert rows[0] == rows[1]
