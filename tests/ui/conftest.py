"""The built UI in a real browser, on a whole Lictor of its own.

Screenshots go to tests/ui/shots/ (not kept in the repository). A page that logs an error to its console fails its test.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

import lictor
from bench.pages_browser import chromium, program
from tests.cli.lictor_process import LictorProcess
from tests.tools import unavailable

ROOT = Path(__file__).parent.parent.parent
WEB = Path(lictor.__file__).parent / "web"
SHOTS = Path(__file__).parent / "shots"
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)


@dataclass(frozen=True)
class Site:
    """A running Lictor that serves the UI at `url`."""

    url: str
    dsn: str
    process: LictorProcess


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """One for all tests of this room: what a test needs, it makes under names of its own."""
    if not (WEB / "index.html").exists():
        unavailable("the UI is not built: `make ui`")
    directory = Path(tempfile.mkdtemp(prefix="lictor-ui-"))
    directory.chmod(0o711)
    process = LictorProcess(
        directory / "data", LICTOR_SCHEDULER_INTERVAL="1", LICTOR_HOOK_NETWORKS="127.0.0.0/8"
    )
    try:
        process.ensure_up()
        yield Site(process.url, process.state["database_url"], process)
    finally:
        process.kill()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
async def db(site: Site) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the site's database."""
    connection = await asyncpg.connect(site.dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def tenant(db: asyncpg.Connection) -> UUID:
    """The tenant that the UI shows unless another one is chosen."""
    return UUID(str(await db.fetchval("SELECT id FROM tenant ORDER BY created LIMIT 1")))


Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
async def ask(site: Site) -> AsyncIterator[Ask]:
    """`await ask(document, name=value)`: the data of the site's answer; errors fail the test."""
    async with httpx2.AsyncClient(base_url=site.url, timeout=30, trust_env=False) as http:

        async def send(document: str, **variables: Any) -> Any:
            answer = (await http.post("/graphql", json={"query": document, "variables": variables})).json()
            assert "errors" not in answer, answer
            return answer["data"]

        yield send


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's chromium (or $CHROMIUM), without a window."""
    if program() is None:
        unavailable("no chromium: install Debian's package, or set CHROMIUM to a browser's program")
    async with chromium() as browser:
        yield browser


PATIENCE_MS = 30_000
"""Nothing takes as long, but on machines that do other things as well."""
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
async def page(browser: Browser, site: Site) -> AsyncIterator[Page]:
    """A page of its own at `site`, 1280 by 800, in UTC and English; nothing is open yet: `page.goto("/flows")`."""
    context = await browser.new_context(
        base_url=site.url,
        viewport=WIDE,
        locale="en-US",
        timezone_id="UTC",
        color_scheme="light",
        # For axe, which is no part of the page
        bypass_csp=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.errors = errors  # pyright: ignore[reportAttributeAccessIssue] - for tests that expect one
    yield page
    await context.close()
    assert errors == [], "the page has logged errors"


@pytest.fixture
def axe() -> Callable[..., Awaitable[None]]:
    """`await axe(page)`: no serious or critical violation of WCAG 2.1 AA, in light and in dark.

    Of markup that is not ours and that we cannot mend: `without` is a selector, `but` are rules that it breaks.
    """

    async def check(page: Page, without: str | None = None, but: tuple[str, ...] = ()) -> None:
        await page.add_script_tag(content=AXE.read_text())
        for theme in ("light", "dark"):
            await page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            found = await page.evaluate(
                "without => axe.run(without ? {include: document, exclude: without} : document,"
                " {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}).then(r => r.violations)",
                without,
            )
            serious = [
                f"{one['id']} ({theme}): {one['help']}: {[node['html'][:200] for node in one['nodes'][:3]]}"
                for one in found
                if one["impact"] in ("serious", "critical") and one["id"] not in but
            ]
            assert serious == []
        await page.evaluate("document.documentElement.dataset.theme = 'light'")

    return check


@pytest.fixture
def shoot() -> Callable[[Page, str], Awaitable[None]]:
    """`await shoot(page, "flows")`: screenshots in light and dark, wide and narrow; the narrow page never scrolls sideways."""

    async def take(page: Page, name: str) -> None:
        SHOTS.mkdir(exist_ok=True)
        for width, viewport in (("wide", WIDE), ("narrow", NARROW)):
            await page.set_viewport_size(viewport)
            for theme in ("light", "dark"):
                await page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
                await page.screenshot(path=SHOTS / f"{name}-{width}-{theme}.png", full_page=True)
            overflow = await page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert overflow <= 0, f"at {viewport['width']} px the page is {overflow} px too wide"
        await page.set_viewport_size(WIDE)
        await page.evaluate("document.documentElement.dataset.theme = 'light'")

    return take
