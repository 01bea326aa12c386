"""Automations of all kinds of events: made, changed, tested, and nothing left of what failed half-way."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import asyncpg
import pytest
from playwright.async_api import Locator, Page, expect

from tests.orchestration.builders import make_flow
from tests.receiver import Receiver
from tests.ui.test_manage import confirm, row


@pytest.fixture
async def flow(db: asyncpg.Connection, tenant: UUID) -> str:
    """The name of a flow; so is its group named."""
    name = f"flow-{uuid4().hex}"
    flow = await make_flow(db, tenant_id=tenant)  # pyright: ignore[reportArgumentType] - a connection does
    await db.execute("UPDATE flow SET name = $2 WHERE id = $1", flow, name)
    return name


async def begin(page: Page, event: str) -> Locator:
    await page.goto("/automations")
    await page.get_by_role("button", name="New automation").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("When").select_option(event)
    return dialog


async def choose_flow(dialog: Locator, flow: str) -> None:
    await dialog.get_by_label("Search flows").fill(flow)
    await dialog.get_by_role("button", name=flow).click()


@pytest.mark.parametrize(
    ("event", "kind", "verb"),
    [
        ("not_started", "SCHEDULED_NOT_STARTED", "does not start"),
        ("not_finished", "STARTED_NOT_FINISHED", "does not finish"),
    ],
)
async def test_a_flows_sla_is_made_and_changed(
    page: Page, db: asyncpg.Connection, flow: str, event: str, kind: str, verb: str, shoot
):
    name = f"action-{uuid4().hex}"
    dialog = await begin(page, event)
    await choose_flow(dialog, flow)
    await dialog.get_by_label("Seconds").fill("0")
    await dialog.get_by_role("button", name="Next").click()
    await expect(dialog.get_by_text("Give a whole number of seconds")).to_be_visible()
    await dialog.get_by_label("Seconds").fill("77")
    await dialog.get_by_role("button", name="Next").click()
    await dialog.get_by_label("Then").select_option("cancel_flow_run")
    await dialog.get_by_label("Name").fill(name)
    await dialog.get_by_role("button", name="Make it").click()
    line = row(page, name)
    await expect(line).to_contain_text(f"A run of {flow} {verb} within 77 s")
    slas = """SELECT flow_sla_config.kind, duration_seconds, flow.name FROM hook
      JOIN action ON action.id = hook.action_id
      JOIN flow_sla_config ON hook.event_tags -> 'flow_sla_config_id' ? flow_sla_config.id::text
      JOIN flow_group_sla ON flow_sla_config_id = flow_sla_config.id
      JOIN flow USING (flow_group_id) WHERE action.name = $1"""
    assert [tuple(one) for one in await db.fetch(slas, name)] == [(kind, 77, flow)]
    await line.get_by_role("button", name="Edit").click()
    await expect(dialog.get_by_role("button", name=f"Take {flow} out")).to_be_visible()
    await dialog.get_by_label("Seconds").fill("88")
    await dialog.get_by_role("button", name="Next").click()
    await expect(dialog.get_by_label("Action").locator("option:checked")).to_contain_text(name)
    await shoot(page, "automation-edit")
    await dialog.get_by_role("button", name="Save").click()
    await expect(line).to_contain_text(f"A run of {flow} {verb} within 88 s")
    await expect(line).to_have_count(1)
    assert [tuple(one) for one in await db.fetch(slas, name)] == [(kind, 88, flow)]


async def test_what_fails_half_way_leaves_nothing(
    page: Page, db: asyncpg.Connection, tenant: UUID, flow: str
):
    """The chosen action is deleted by somebody else before the last step, which needs it."""
    actions = [f"action-{uuid4().hex}" for _ in range(2)]
    insert = """INSERT INTO action (tenant_id, name, action_type, config)
      VALUES ($1, $2, 'WebhookAction', '{"webhook": {"url": "http://127.0.0.1:9/"}}') RETURNING id"""
    ids = [await db.fetchval(insert, tenant, name) for name in actions]
    config = f"config-{uuid4().hex}"
    dialog = await begin(page, "agent")
    await dialog.get_by_label("Name of the new config").fill(config)
    await dialog.get_by_role("button", name="Next").click()
    await dialog.get_by_label("Action").select_option(str(ids[0]))
    await db.execute("DELETE FROM action WHERE id = $1", ids[0])
    await dialog.get_by_role("button", name="Make it").click()
    await expect(page.get_by_text(f"Action {ids[0]} not found")).to_be_visible()
    assert await db.fetchval("SELECT count(*) FROM agent_config WHERE name = $1", config) == 0
    # An SLA cannot be deleted: the one of the attempt that failed is used by the one that does not.
    dialog = await begin(page, "not_started")
    await choose_flow(dialog, flow)
    await dialog.get_by_label("Seconds").fill("4242")
    await dialog.get_by_role("button", name="Next").click()
    await dialog.get_by_label("Action").select_option(str(ids[1]))
    await db.execute("DELETE FROM action WHERE id = $1", ids[1])
    await dialog.get_by_role("button", name="Make it").click()
    await expect(page.get_by_text(f"Action {ids[1]} not found")).to_be_visible()
    await dialog.get_by_label("Action").select_option("")
    await dialog.get_by_label("Address").fill("http://127.0.0.1:9/")
    await dialog.get_by_role("button", name="Make it").click()
    await expect(row(page, f"A run of {flow} does not start within 4242 s")).to_be_visible()
    assert await db.fetchval("SELECT count(*) FROM flow_sla_config WHERE duration_seconds = 4242") == 1


async def test_an_action_is_tested(page: Page, db: asyncpg.Connection, tenant: UUID):
    name = f"action-{uuid4().hex}"
    with Receiver() as receiver:
        config = {"webhook": {"url": f"{receiver.url}/tested", "payload": {"of": "{event_name}"}}}
        await db.execute(
            "INSERT INTO action (tenant_id, name, action_type, config) VALUES ($1, $2, 'WebhookAction', $3)",
            tenant, name, json.dumps(config),
        )  # fmt: skip
        await page.goto("/automations?tab=actions")
        await row(page, name).get_by_role("button", name="Test").click()
        await expect(page.get_by_text("The action is done for an invented event.")).to_be_visible()
        assert [request.path for request in receiver.requests] == ["/tested"]
        receiver.status = 500
        await row(page, name).get_by_role("button", name="Test").click()
        await expect(page.get_by_text("The test has failed:")).to_be_visible()
    await row(page, name).get_by_role("button", name="Delete").click()
    await confirm(page, "Delete")
    await expect(row(page, name)).to_have_count(0)
