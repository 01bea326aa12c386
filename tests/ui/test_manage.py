"""The pages on which Lictor is set up: each action is clicked, and what came of it looked up in the database."""

from __future__ import annotations

import json
import re
from uuid import UUID, uuid4

import asyncpg
from playwright.async_api import Page, expect

from tests.ui.conftest import Ask
from tests.ui.worlds import end, make_world


async def confirm(page: Page, name: str) -> None:
    """Says yes to the question that has opened."""
    await page.get_by_role("alertdialog").get_by_role("button", name=name, exact=True).click()


def row(page: Page, text: str):
    return page.get_by_role("row").filter(has_text=text)


async def test_a_pair_is_set_changed_and_deleted(page: Page, db: asyncpg.Connection, axe, shoot):
    key = f"key-{uuid4().hex}"
    await page.goto("/kv")
    await page.get_by_role("button", name="New pair").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Key").fill(key)
    editor = dialog.get_by_role("textbox", name="Value")
    await editor.fill("hello")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_text("This is not JSON").first).to_be_visible()
    await editor.fill('{"a": 1}')
    await dialog.get_by_role("button", name="Save").click()
    await expect(row(page, key)).to_contain_text('{"a":1}')
    await row(page, key).get_by_role("button", name=key).click()
    await editor.fill("2")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    assert await db.fetchval("SELECT value FROM key_value WHERE key = $1", key) == "2"
    await axe(page)
    await shoot(page, "kv")
    await row(page, key).get_by_role("button", name="Delete").click()
    await confirm(page, "Delete")
    await expect(row(page, key)).to_have_count(0)
    assert await db.fetchval("SELECT count(*) FROM key_value WHERE key = $1", key) == 0


async def test_a_secret_is_set_and_deleted(page: Page, ask: Ask, axe, shoot):
    name = f"SECRET_{uuid4().hex}"
    await page.goto("/secrets")
    await page.get_by_role("button", name="New secret").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill(name)
    await dialog.get_by_label("Value", exact=True).fill("hush")
    await dialog.get_by_role("button", name="Save").click()
    await expect(row(page, name)).to_be_visible()
    assert (await ask("query($n: String!) { secret_value(name: $n) }", n=name))["secret_value"] == "hush"
    await row(page, name).get_by_role("button", name="Replace").click()
    await expect(dialog.get_by_label("Name")).to_be_disabled()
    await dialog.get_by_label("Value", exact=True).fill('{"louder": true}')
    await dialog.get_by_role("switch").click()
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    replaced = await ask("query($n: String!) { secret_value(name: $n) }", n=name)
    assert replaced["secret_value"] == {"louder": True}
    await axe(page)
    await shoot(page, "secrets")
    await row(page, name).get_by_role("button", name="Delete").click()
    await confirm(page, "Delete")
    await expect(row(page, name)).to_have_count(0)
    assert name not in (await ask("{ secret_names }"))["secret_names"]


async def test_notifications_are_read_and_deleted(
    page: Page, db: asyncpg.Connection, tenant: UUID, axe, shoot
):
    text = f"Look at {uuid4().hex}"
    message = await db.fetchval(
        "INSERT INTO message (tenant_id, type, content) VALUES ($1, 'MESSAGE', $2) RETURNING id",
        tenant,
        json.dumps({"title": "News", "message": text}),
    )
    await page.goto("/notifications?type=MESSAGE")
    await expect(row(page, text)).to_contain_text("Unread")
    await axe(page)
    await shoot(page, "notifications")
    await row(page, text).get_by_role("button", name="Mark read").click()
    await expect(row(page, text).get_by_role("button", name="Mark unread")).to_be_visible()
    assert await db.fetchval("SELECT read FROM message WHERE id = $1", message)
    await row(page, text).get_by_role("button", name="Mark unread").click()
    await expect(row(page, text).get_by_role("button", name="Mark read")).to_be_visible()
    await page.get_by_role("button", name="Mark all here as read").click()
    await expect(row(page, text).get_by_role("button", name="Mark unread")).to_be_visible()
    await row(page, text).get_by_role("button", name="Delete").click()
    await confirm(page, "Delete")
    await expect(row(page, text)).to_have_count(0)
    assert await db.fetchval("SELECT count(*) FROM message WHERE id = $1", message) == 0


async def test_limits_are_set_and_taken_away(page: Page, db: asyncpg.Connection, axe, shoot):
    for address, table, column in (
        ("/limits", "flow_concurrency_limit", "name"),
        ("/limits?tab=tasks", "task_tag_limit", "tag"),
    ):
        name = f"limit-{uuid4().hex}"
        await page.goto(address)
        await page.get_by_role("button", name="New limit").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Tag" if "tasks" in address else "Label").fill(name)
        await dialog.get_by_label("At once").fill("3")
        await dialog.get_by_role("button", name="Save").click()
        await expect(row(page, name)).to_contain_text("0 of 3")
        await row(page, name).get_by_role("button", name="Change").click()
        await dialog.get_by_label("At once").fill("4")
        await dialog.get_by_role("button", name="Save").click()
        await expect(row(page, name)).to_contain_text("0 of 4")
        found = f'SELECT "limit" FROM {table} WHERE {column} = $1'
        assert await db.fetchval(found, name) == 4
        await axe(page)
        await shoot(page, f"limits-{column}")
        await row(page, name).get_by_role("button", name="Delete").click()
        await confirm(page, "Delete")
        await expect(row(page, name)).to_have_count(0)
        assert await db.fetchval(found, name) is None


async def test_who_holds_the_slots(page: Page, ask: Ask, db: asyncpg.Connection, tenant: UUID, shoot):
    """A run at work, of a flow with a label that is limited, and its task with a tag that is."""
    label, tag = f"label-{uuid4().hex}", f"tag-{uuid4().hex}"
    world = await make_world(db, tenant, "Running")
    await end(db, "task_run", world.task_runs["sum", -1], "Running")
    await db.execute("UPDATE flow_run SET labels = $2 WHERE id = $1", world.run, json.dumps([label]))
    await db.execute("UPDATE task SET tags = $2 WHERE id = $1", world.tasks["sum"], json.dumps([tag]))
    await db.execute(
        'INSERT INTO flow_concurrency_limit (tenant_id, name, "limit") VALUES ($1, $2, 1)', tenant, label
    )
    limit = "mutation($tag: String!) { update_task_tag_limit(input: {tag: $tag, limit: 2}) { id } }"
    await ask(limit, tag=tag)
    held = (
        ("/limits", label, "1 of 1", f"/flow-run/{world.run}"),
        ("/limits?tab=tasks", tag, "1 of 2", f"/task-run/{world.task_runs['sum', -1]}"),
    )
    for address, name, used, holder in held:
        await page.goto(address)
        await expect(row(page, name)).to_contain_text(used)
        await row(page, name).get_by_role("button", name="Who holds them").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.locator(f"a[href='{holder}']")).to_be_visible()
        await expect(dialog.get_by_text("Running")).to_be_visible()
        await shoot(page, f"limit-holders-{'tasks' if 'tasks' in address else 'flows'}")
        await dialog.locator(f"a[href='{holder}']").click()
        await expect(page).to_have_url(re.compile(f"{holder}$"))
    await db.execute("DELETE FROM flow_concurrency_limit WHERE name = $1", label)
    await db.execute("DELETE FROM task_tag_limit WHERE tag = $1", tag)


async def test_the_work_queue_is_paused_and_every_page_says_so(
    page: Page, db: asyncpg.Connection, tenant: UUID
):
    paused = "SELECT (settings ->> 'work_queue_paused')::boolean FROM tenant WHERE id = $1"
    await page.goto("/limits")
    await page.get_by_role("button", name="Pause the work queue").click()
    await confirm(page, "Pause")
    await expect(page.get_by_text("The work queue is paused:")).to_be_visible()
    assert await db.fetchval(paused, tenant)
    await page.goto("/system")
    await page.get_by_role("link", name="Resume it").click()
    await page.get_by_role("button", name="Resume the work queue").click()
    await expect(page.get_by_text("The work queue is paused:")).to_be_hidden()
    assert not await db.fetchval(paused, tenant)


async def test_a_hook_is_made_tested_switched_and_deleted(page: Page, db: asyncpg.Connection, axe, shoot):
    name = f"hook-{uuid4().hex}"
    await page.goto("/hooks")
    await page.get_by_role("button", name="New hook").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_text("Address is missing.")).to_be_visible()
    await expect(dialog.get_by_text("Choose at least one state.")).to_be_visible()
    await axe(page)
    await shoot(page, "hook-dialog")
    await dialog.get_by_label("Type").select_option("PREFECT_MESSAGE")
    await dialog.get_by_label("Name").fill(name)
    await dialog.get_by_label("Failed", exact=True).check()
    await dialog.get_by_role("button", name="Save").click()
    await expect(row(page, name)).to_contain_text("Failed")
    hook = "SELECT id, type, states, active FROM cloud_hook WHERE name = $1"
    found = await db.fetchrow(hook, name)
    assert found is not None
    assert (found["type"], found["states"]) == ("PREFECT_MESSAGE", '["FAILED"]')
    await shoot(page, "hooks")
    await row(page, name).get_by_role("button", name="Test").click()
    await expect(page.get_by_text("The test event is sent.")).to_be_visible()
    await row(page, name).get_by_role("switch").click()
    await expect(row(page, name).get_by_role("switch")).not_to_be_checked()
    await row(page, name).get_by_role("button", name=name).click()
    await dialog.get_by_label("TimedOut").check()
    await dialog.get_by_role("button", name="Save").click()
    await expect(row(page, name)).to_contain_text("TimedOut")
    edited = await db.fetchrow(hook, name)
    assert edited is not None
    assert json.loads(edited["states"]) == ["FAILED", "TIMEDOUT"]
    assert not edited["active"]
    await row(page, name).get_by_role("button", name="Delete").click()
    await confirm(page, "Delete")
    await expect(row(page, name)).to_have_count(0)
    assert await db.fetchrow(hook, name) is None


async def test_a_dead_delivery_is_sent_again(
    page: Page, db: asyncpg.Connection, ask: Ask, tenant: UUID, axe, shoot
):
    made = await ask(
        """mutation { create_cloud_hook(input: {type: WEBHOOK, states: ["FAILED"],
           config: {url: "http://127.0.0.1:9/"}}) { id } }"""
    )
    hook = made["create_cloud_hook"]["id"]
    delivery = await db.fetchval(
        """INSERT INTO hook_delivery (tenant_id, kind, target_id, subject_id, event_id, event, status, last_error, attempts,
             finished)
           VALUES ($1, 'cloud_hook', $2, $3, $4, '{"state": "Failed"}', 'Dead', 'It hung up.', 12, now()) RETURNING id""",
        tenant,
        hook,
        uuid4(),
        uuid4(),
    )
    await page.goto(f"/hooks?tab=deliveries&target={hook}")
    await expect(row(page, "It hung up.")).to_be_visible()
    await page.get_by_role("button", name="Details").click()
    await expect(page.get_by_role("dialog").get_by_text('"state": "Failed"')).to_be_visible()
    await page.keyboard.press("Escape")
    await axe(page)
    await shoot(page, "deliveries")
    await page.get_by_role("button", name="Send again").click()
    await expect(page.get_by_text("It is tried again now.")).to_be_visible()
    assert await db.fetchval("SELECT attempts FROM hook_delivery WHERE id = $1", delivery) != 12
