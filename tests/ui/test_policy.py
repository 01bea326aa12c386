"""Every page under the policy that users get: it breaks nothing, and what others wrote runs nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from playwright.async_api import Browser, Page, expect

from tests.ui.conftest import PATIENCE_MS, WIDE, Site
from tests.ui.worlds import World, make_world

PAYLOAD = "<img src=x onerror='window.hurt=1'><script>window.hurt=1</script>\"'><svg onload=window.hurt=1>"
ROUTES = Path(__file__).parent.parent.parent / "ui" / "src" / "app" / "routes.tsx"
PAGES = (
    "/", "/runs", "/flow-run/{run}", "/flow-run/{run}?tab=logs", "/flow-run/{run}?tab=artifacts", "/task-run/{task_run}",
    "/task/{task}", "/artifacts", "/agents", "/agent/{nobody}", "/hooks", "/automations", "/limits", "/kv", "/secrets",
    "/notifications", "/api", "/flows", "/flow/{flow}", "/calendar", "/projects", "/system",
)  # fmt: skip


@pytest.fixture
async def guarded(browser: Browser, site: Site) -> AsyncIterator[Page]:
    """A page without bypass_csp. What its policy refuses is told on the console, and fails the test."""
    context = await browser.new_context(base_url=site.url, viewport=WIDE, locale="en-US", timezone_id="UTC")
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await context.close()
    assert errors == []


@pytest.fixture
async def world(db: asyncpg.Connection, tenant: UUID) -> World:
    """A flow whose every text that a client may set is PAYLOAD."""
    found = await make_world(db, tenant)
    name = f"{PAYLOAD} {uuid4().hex}"
    await db.execute("UPDATE flow SET name = $2 WHERE id = $1", found.flow, name)
    await db.execute("UPDATE flow_run SET name = $2 WHERE id = $1", found.run, name)
    await db.execute("UPDATE task SET name = $2 WHERE flow_id = $1", found.flow, PAYLOAD)
    await db.execute(
        "INSERT INTO log (tenant_id, flow_run_id, name, level, message) VALUES ($1, $2, $3, 'ERROR', $3)",
        tenant, found.run, PAYLOAD,
    )  # fmt: skip
    return found


def test_every_page_is_visited() -> None:
    there = {line.split('"')[1] for line in ROUTES.read_text().splitlines() if line.startswith("  page(")}
    assert {path.partition("{")[0].partition("?")[0] for path in PAGES} == {
        path.partition("$")[0] for path in there
    }


async def test_every_page_under_its_policy(guarded: Page, world: World) -> None:
    ids = {
        "run": world.run, "flow": world.flow, "task": world.tasks["list"], "nobody": uuid4(),
        "task_run": world.task_runs["list", -1],
    }  # fmt: skip
    for path in PAGES:
        answer = await guarded.goto(path.format(**ids))
        assert answer is not None
        assert "script-src 'self';" in answer.headers["content-security-policy"], path
        await expect(guarded.locator("main")).not_to_be_empty()
        await guarded.wait_for_load_state("load")
        if "{run}" in path:
            await expect(guarded.get_by_text(PAYLOAD).first).to_be_visible()
        assert await guarded.evaluate("window.hurt") is None, path
        assert await guarded.locator("[onerror], [onload]").count() == 0, path


async def test_the_policy_is_in_force(browser: Browser, site: Site) -> None:
    """What a hole in the UI would let in does not run either."""
    context = await browser.new_context(base_url=site.url)
    page = await context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    await page.goto("/")
    await page.evaluate(
        """() => new Promise(done => {
            let count = 0;
            document.addEventListener("securitypolicyviolation", () => { if (++count === 2) done(); });
            const script = document.createElement("script");
            script.textContent = "window.hurt = 1";
            document.body.append(script);
            const holder = document.createElement("div");
            holder.innerHTML = "<img src='data:,' onerror='window.hurt = 2'>";
            document.body.append(holder);
        })"""
    )
    assert await page.evaluate("window.hurt") is None
    assert [text for text in refused if "Content Security Policy" in text]
    await context.close()
