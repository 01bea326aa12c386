"""Automations, agents, the search over everything, the API explorer and the system page in the browser."""

from __future__ import annotations

import json
import re
from uuid import UUID, uuid4

import asyncpg
from playwright.async_api import Page, expect

from tests.orchestration.builders import make_flow
from tests.ui.conftest import Ask
from tests.ui.test_manage import confirm, row


async def test_an_automation_is_made_in_two_steps_and_deleted(page: Page, db: asyncpg.Connection, axe, shoot):
    name = f"action-{uuid4().hex}"
    await page.goto("/automations")
    await page.get_by_role("button", name="New automation").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Next").click()
    await expect(dialog.get_by_text("Choose at least one state.")).to_be_visible()
    await dialog.get_by_label("Failed", exact=True).check()
    await dialog.get_by_role("button", name="Next").click()
    await dialog.get_by_label("Then").select_option("cancel_flow_run")
    await dialog.get_by_label("Name").fill(name)
    await dialog.get_by_label("Message").fill("Because of {flow_name}")
    await axe(page)
    await shoot(page, "automation-wizard")
    await dialog.get_by_role("button", name="Make it").click()
    await expect(row(page, name)).to_contain_text("A run of any flow becomes Failed")
    found = await db.fetchrow(
        "SELECT hook.event_type, action.config FROM hook JOIN action ON action.id = hook.action_id WHERE action.name = $1",
        name,
    )
    assert found is not None
    assert found["event_type"] == "FlowRunStateChangedEvent"
    assert json.loads(found["config"]) == {"cancel_flow_run": {"message": "Because of {flow_name}"}}
    await axe(page)
    await shoot(page, "automations")
    await row(page, name).get_by_role("button", name="Delete").click()
    await confirm(page, "Delete")
    await expect(row(page, name)).to_have_count(0)
    await page.get_by_role("tab", name="Actions").click()
    await row(page, name).get_by_role("button", name="Delete").click()
    await confirm(page, "Delete")
    await expect(row(page, name)).to_have_count(0)
    assert await db.fetchval("SELECT count(*) FROM action WHERE name = $1", name) == 0


async def test_an_agents_sla_makes_its_config(page: Page, db: asyncpg.Connection):
    name = f"config-{uuid4().hex}"
    await page.goto("/automations")
    await page.get_by_role("button", name="New automation").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("When").select_option("agent")
    await dialog.get_by_label("Name of the new config").fill(name)
    await dialog.get_by_label("Least number of healthy agents").fill("2")
    await dialog.get_by_role("button", name="Next").click()
    await dialog.get_by_label("Address").fill("http://127.0.0.1:9/")
    await dialog.get_by_role("button", name="Make it").click()
    await expect(row(page, f"Too few agents of {name} are healthy")).to_be_visible()
    assert await db.fetchval("SELECT sla_min_healthy FROM agent_config WHERE name = $1", name) == 2


async def test_agents_are_told_what_waits_for_them_and_deleted(
    page: Page, ask: Ask, db: asyncpg.Connection, tenant: UUID, axe, shoot
):
    label = f"label-{uuid4().hex[:8]}"
    agent = await db.fetchval(
        """INSERT INTO agent (tenant_id, name, type, labels, last_queried)
           VALUES ($1, $2, 'LocalAgent', $3, now()) RETURNING id""",
        tenant,
        f"agent-{label}",
        json.dumps([label, "other"]),
    )
    flow = await make_flow(db, tenant_id=tenant)  # pyright: ignore[reportArgumentType] - a connection does
    create = "mutation($flow: UUID!, $labels: [String!]) { create_flow_run(input: {flow_id: $flow, labels: $labels}) { id } }"
    await ask(create, flow=str(flow), labels=[label])
    await ask(create, flow=str(flow), labels=[label, "too-much"])
    await page.goto(f"/agents?label={label}")
    line = row(page, f"agent-{label}")
    await expect(line).to_contain_text("healthy")
    await expect(line.get_by_role("cell").nth(5)).to_have_text("1", timeout=20_000)
    await axe(page)
    await shoot(page, "agents")
    await line.get_by_role("link").click()
    await page.get_by_role("tab", name="Could run").click()
    await expect(page.get_by_role("table").get_by_role("row")).to_have_count(2)
    await axe(page)
    await shoot(page, "agent")
    await page.get_by_role("button", name="Why not yet?").click()
    await expect(page.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Delete").click()
    await confirm(page, "Delete")
    await expect(page).to_have_url(re.compile("/agents$"))
    assert await db.fetchval("SELECT count(*) FROM agent WHERE id = $1", agent) == 0


async def test_one_agent_of_the_list_is_deleted(page: Page, db: asyncpg.Connection, tenant: UUID):
    label = f"label-{uuid4().hex[:8]}"
    insert = """INSERT INTO agent (tenant_id, name, labels, last_queried)
                VALUES ($1, $2, $3, now()) RETURNING id"""
    first, second = [
        await db.fetchval(insert, tenant, f"{name}-{label}", json.dumps([label])) for name in ("one", "two")
    ]
    await page.goto(f"/agents?label={label}")
    await row(page, f"one-{label}").get_by_role("button", name="Delete").click()
    await confirm(page, "Delete")
    await expect(page.get_by_text("The agent is deleted.")).to_be_visible()
    await expect(row(page, f"one-{label}")).to_have_count(0)
    await expect(row(page, f"two-{label}")).to_be_visible()
    left = await db.fetch("SELECT id FROM agent WHERE id = ANY($1)", [first, second])
    assert [one["id"] for one in left] == [second]
    await db.execute("DELETE FROM agent WHERE id = $1", second)


async def test_agents_that_are_gone_are_cleaned_up(page: Page, db: asyncpg.Connection, tenant: UUID):
    insert = """INSERT INTO agent (tenant_id, name, labels, last_queried)
                VALUES ($1, $2, '[]', now() - $3::text::interval) RETURNING id"""
    gone = await db.fetchval(insert, tenant, f"gone-{uuid4().hex}", "2 days")
    here = await db.fetchval(insert, tenant, f"here-{uuid4().hex}", "1 minute")
    await page.goto("/agents")
    await page.get_by_role("button", name="Clean up").click()
    await confirm(page, "Delete them")
    await expect(page.get_by_text("Agents that are gone are deleted.")).to_be_visible()
    left = {found["id"] for found in await db.fetch("SELECT id FROM agent")}
    assert here in left
    assert gone not in left


async def test_everything_is_found_by_name_and_id_with_the_keyboard_alone(
    page: Page, db: asyncpg.Connection, tenant: UUID, axe, shoot
):
    flow = await make_flow(db, tenant_id=tenant)  # pyright: ignore[reportArgumentType] - a connection does
    name = f"flow-{uuid4().hex}"
    await db.execute("UPDATE flow SET name = $2 WHERE id = $1", flow, name)
    await page.goto("/system")
    await expect(page.get_by_role("heading", name="System")).to_be_visible()
    await page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search")
    await expect(field).to_be_focused()
    for text in (name, str(flow)):
        await field.fill(text)
        await expect(page.get_by_role("option").filter(has_text=name)).to_be_visible()
    await axe(page)
    await shoot(page, "search")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(str(flow)))
    await page.goto("/system")
    await expect(page.get_by_role("heading", name="System")).to_be_visible()
    await page.keyboard.press("g")
    await page.keyboard.press("k")
    await expect(page).to_have_url(re.compile("/kv$"))
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Key-value store")
    await axe(page)


async def test_the_api_explorer_asks_the_api(page: Page, axe, shoot):
    await page.goto("/api")
    await page.get_by_label("Examples").select_option(label="How many runs are in each of some states")
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("running: flow_run_aggregate")
    await page.get_by_role("button", name="Execute query").click()
    await expect(page.locator(".result-window")).to_contain_text('"scheduled"')
    # GraphiQL's tabs have a button within that closes them. The editor scrolls by the keys of the field beside what is
    # scrolled, which axe does not see.
    await axe(page, without=".graphiql-tab", but=("scrollable-region-focusable",))
    await shoot(page, "api")


async def test_the_system_page_tells_readiness_and_keeps_the_retention(
    page: Page, db: asyncpg.Connection, tenant: UUID, axe, shoot
):
    await page.goto("/system")
    await expect(page.get_by_text("The schema is at")).to_be_visible()
    await expect(row(page, "schedule flow runs")).to_contain_text("well")
    await expect(page.get_by_text("Leader of the clock")).to_be_visible()
    await page.get_by_role("button", name="Change").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Logs").fill("thirty")
    await expect(dialog.get_by_text("Give 1 to")).to_be_visible()
    await dialog.get_by_label("Logs").fill("30")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("30 days")).to_be_visible()
    days = await db.fetchrow(
        "SELECT logs_days, states_days FROM retention_policy WHERE tenant_id = $1", tenant
    )
    assert days is not None
    assert tuple(days) == (30, None)
    await axe(page)
    await shoot(page, "system")
    await db.execute("DELETE FROM retention_policy WHERE tenant_id = $1", tenant)
