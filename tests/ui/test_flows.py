"""The list of flows."""

from __future__ import annotations

import re

import asyncpg
from playwright.async_api import Page, Route, expect

from tests.ui.conftest import Ask
from tests.ui.flow_rows import HOURLY, register, run


async def test_the_list_says_what_the_database_says(page: Page, ask: Ask, db: asyncpg.Connection, axe, shoot):
    flow = await register(ask, db, schedule=HOURLY)
    other = await register(ask, db, project=flow.project)
    await run(ask, flow, "Submitted", "Running", "Success")
    await run(ask, flow, "Submitted", "Running", "Failed")
    await page.goto(f"/flows?project={flow.project}")
    row = page.get_by_role("row").filter(has_text=flow.name)
    await expect(row.get_by_role("link", name=flow.name, exact=True)).to_have_attribute(
        "href", re.compile(str(flow.group))
    )
    # The bars stand oldest first; the state is that of the newest.
    bars = row.get_by_role("link").filter(has_not_text=flow.name)
    await expect(bars).to_have_count(2)
    await expect(bars.nth(0)).to_have_attribute("title", re.compile("Success"))
    await expect(bars.nth(1)).to_have_attribute("title", re.compile("Failed"))
    await expect(row.get_by_role("cell", name="Failed", exact=True)).to_be_visible()
    # A flow without a schedule has nothing to switch on.
    await expect(page.get_by_role("switch", name=f"Schedule of {other.name}")).to_be_disabled()
    await axe(page)
    await shoot(page, "flows")


async def test_the_schedule_is_switched_off_and_on(page: Page, ask: Ask, db: asyncpg.Connection):
    flow = await register(ask, db, schedule=HOURLY)
    await page.goto(f"/flows?project={flow.project}")
    switch = page.get_by_role("switch", name=f"Schedule of {flow.name}")
    waiting = "SELECT count(*) FROM flow_run WHERE flow_id = $1 AND state = 'Scheduled' AND auto_scheduled"
    active = "SELECT is_schedule_active FROM flow WHERE id = $1"
    await expect(switch).to_be_checked()
    await switch.click()
    await expect(page.get_by_text("is off: its coming runs are taken away")).to_be_visible()
    assert await db.fetchval(active, flow.id) is False
    assert await db.fetchval(waiting, flow.id) == 0
    await switch.click()
    await expect(page.get_by_text("is on: its next runs are made")).to_be_visible()
    assert await db.fetchval(active, flow.id) is True
    assert await db.fetchval(waiting, flow.id) == 10


async def test_a_switch_shows_what_was_chosen_before_the_list_says_it(
    page: Page, ask: Ask, db: asyncpg.Connection
):
    """Else who clicks again in that moment chooses the same again."""
    flow = await register(ask, db, schedule=HOURLY)
    await page.goto(f"/flows?project={flow.project}")
    switch = page.get_by_role("switch", name=f"Schedule of {flow.name}")
    await expect(switch).to_be_checked()

    async def hold(route: Route) -> None:
        """Lets no answer to the list's query through any more."""
        if (route.request.post_data_json or {}).get("operationName") != "Flows":
            await route.continue_()

    await page.route(re.compile("graphql"), hold)
    await switch.click()
    await expect(page.get_by_text("is off: its coming runs are taken away")).to_be_visible()
    await expect(switch).not_to_be_checked()
    await switch.click()
    await expect(page.get_by_text("is on: its next runs are made")).to_be_visible()
    await expect(switch).to_be_checked()
    assert await db.fetchval("SELECT is_schedule_active FROM flow WHERE id = $1", flow.id) is True
    await page.unroute_all(behavior="ignoreErrors")


async def test_it_is_searched_filtered_and_sorted(page: Page, ask: Ask, db: asyncpg.Connection):
    first = await register(ask, db, name="zz_100%")
    await register(ask, db, name="aa_1000", project=first.project)
    await register(ask, db, name="zz_100%", project=first.project)
    await page.goto(f"/flows?project={first.project}")
    names = page.locator("tbody tr td:first-child a")
    await expect(names).to_have_text(["aa_1000", "zz_100%"])
    await page.get_by_role("button", name="Name", exact=True).click()
    await expect(names).to_have_text(["zz_100%", "aa_1000"])
    # % stands for itself, not for anything.
    await page.get_by_role("searchbox").fill("100%")
    await expect(names).to_have_text(["zz_100%"])
    assert "search=100%25" in page.url
    await page.get_by_role("switch", name="With archived versions").click()
    await expect(names).to_have_text(["zz_100%", "zz_100%"])
    await expect(page.get_by_text("archived", exact=True)).to_have_count(1)
    await page.get_by_role("searchbox").fill(str(first.id))
    await expect(names).to_have_text(["zz_100%"])
    await page.get_by_role("searchbox").fill("nothing like it")
    await expect(page.get_by_text("No flow is like that")).to_be_visible()


async def test_many_flows_are_paged(page: Page, ask: Ask, db: asyncpg.Connection):
    first = await register(ask, db, name="page-000")
    for number in range(1, 30):
        await register(ask, db, name=f"page-{number:03}", project=first.project)
    await page.goto(f"/flows?project={first.project}")
    await expect(page.get_by_text("1 to 25 of 30")).to_be_visible()
    await page.get_by_role("button", name="Next page").click()
    await expect(page.get_by_text("26 to 30 of 30")).to_be_visible()
    await expect(page.get_by_role("link", name="page-029")).to_be_visible()
