"""A server that asks for API keys: the form that takes one, what is kept of it, and what happens when it ends."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.conftest import Guarded
from tests.tools import unavailable
from tests.ui.conftest import WEB, WIDE


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    """A Lictor that serves the UI to everybody and answers only those who have a key."""
    if not (WEB / "index.html").exists():
        unavailable("the UI is not built: `make ui`")
    directory = Path(tempfile.mkdtemp(prefix="lictor-ui-keys-"))
    directory.chmod(0o711)
    process = Guarded(directory / "data", LICTOR_AUTH="key", LICTOR_AUTH_CACHE_SECONDS="0")
    try:
        process.ensure_up()
        yield process
    finally:
        process.kill()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
async def visitor(browser: Browser, guarded: Guarded) -> AsyncIterator[Page]:
    """A page at `guarded`. That it was refused is told on its console; anything else there fails the test."""
    context = await browser.new_context(base_url=guarded.url, viewport=WIDE, locale="en-US", bypass_csp=True)
    context.set_default_timeout(20_000)
    page = await context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await context.close()
    assert [error for error in errors if "401" not in error] == []


async def sign_in(page: Page, key: str, *, keep: bool = False) -> None:
    await page.get_by_label("API key").fill(key)
    if keep:
        await page.get_by_role("switch", name="Keep on this device").click()
    await page.get_by_role("button", name="Sign in").click()


def form(page: Page):
    return page.get_by_role("heading", name="Enter an API key")


async def test_who_has_a_key_comes_in_where_they_wanted_to_go(visitor: Page, guarded: Guarded, axe, shoot):
    await visitor.goto("/system?x=1")
    await expect(form(visitor)).to_be_visible()
    await expect(visitor.get_by_text("lictor key create")).to_be_visible()
    await axe(visitor)
    await shoot(visitor, "sign-in")
    await sign_in(visitor, "lictor_wrong_key")
    await expect(visitor.get_by_text("The API key is unknown, deleted or expired.")).to_be_visible()
    await sign_in(visitor, guarded.cli("key", "create", uuid4().hex))
    await expect(visitor.get_by_role("heading", name="System")).to_be_visible()
    await expect(form(visitor)).to_have_count(0)
    await expect(visitor.get_by_text("The services are those of the whole server")).to_be_visible()
    assert await visitor.evaluate("[sessionStorage.length, localStorage.getItem('lictor.key')]") == [1, None]
    # The tab's own: after a reload it is still there, in another tab it is not.
    await visitor.reload()
    await expect(visitor.get_by_role("heading", name="System")).to_be_visible()
    other = await visitor.context.new_page()
    await other.goto("/system")
    await expect(form(other)).to_be_visible()


async def test_the_key_goes_with_the_websocket_too(visitor: Page, guarded: Guarded):
    await visitor.goto("/")
    await sign_in(visitor, guarded.cli("key", "create", uuid4().hex))
    # The dashboard's agents come by a subscription.
    await expect(visitor.get_by_text("No agent has asked for work")).to_be_visible()
    connection = await asyncpg.connect(guarded.state["database_url"])
    await connection.execute(
        "INSERT INTO agent (tenant_id, name, type, labels, last_queried)"
        " SELECT id, 'here', 'LocalAgent', '[]', now() FROM tenant ORDER BY created LIMIT 1"
    )
    await expect(visitor.get_by_text("No agent has asked for work")).to_have_count(0)
    await connection.execute("DELETE FROM agent")
    await connection.close()
    await expect(visitor.get_by_text("No agent has asked for work")).to_be_visible()


async def test_a_key_that_is_revoked_closes_the_page_and_another_opens_it_again(
    visitor: Page, guarded: Guarded
):
    name = uuid4().hex
    first = guarded.cli("key", "create", name)
    second = guarded.cli("key", "create", uuid4().hex)
    await visitor.goto("/")
    await sign_in(visitor, first)
    await expect(visitor.get_by_role("heading", name="Dashboard")).to_be_visible()
    (line,) = [line for line in guarded.cli("key", "list").splitlines() if line.endswith(name)]
    guarded.cli("key", "revoke", line.split()[0])
    # Nobody asks: the open websocket is closed by the server.
    await expect(form(visitor)).to_be_visible()
    await expect(visitor.get_by_text("unknown, deleted or expired")).to_be_visible()
    await sign_in(visitor, second)
    await expect(visitor.get_by_role("heading", name="Dashboard")).to_be_visible()


async def test_a_key_kept_on_the_device_opens_and_closes_all_its_tabs(visitor: Page, guarded: Guarded):
    other = await visitor.context.new_page()
    for page in (visitor, other):
        await page.goto("/kv")
        await expect(form(page)).to_be_visible()
    await sign_in(visitor, guarded.cli("key", "create", uuid4().hex), keep=True)
    for page in (visitor, other):
        await expect(page.get_by_role("heading", name="Key-value store")).to_be_visible()
    await visitor.get_by_role("button", name="Sign out").click()
    for page in (visitor, other):
        await expect(form(page)).to_be_visible()
    assert await visitor.evaluate("[sessionStorage.length, localStorage.getItem('lictor.key')]") == [0, None]
    await visitor.reload()
    await expect(form(visitor)).to_be_visible()


async def test_a_server_without_authentication_shows_neither_form_nor_way_out(page: Page):
    await page.goto("/system")
    await expect(page.get_by_role("heading", name="System")).to_be_visible()
    await expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    # A key of former days does no harm, and can be forgotten.
    await page.evaluate("localStorage.setItem('lictor.key', 'lictor_of_another_server')")
    await page.reload()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    await expect(page.get_by_role("heading", name="System")).to_be_visible()
