"""A real Chromium that opens pages and says when they were usable, what they loaded and how long they froze.

In: an address and what must be on the page. Out: seconds since the navigation began, by the browser's own clock.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import psutil
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from bench.stack import process_cpu

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 180
"""Seconds after which a page counts as never usable."""

# Tasks of the main thread above 50 ms, from the first moment on (Long Tasks API).
_WATCH = """
globalThis.longTasks = [];
new PerformanceObserver(list => {
    for (const task of list.getEntries()) longTasks.push([task.startTime, task.duration]);
}).observe({ type: "longtask", buffered: true });
"""
# Nothing in the page is still a placeholder, and all that makes it this page is there.
_USABLE = """wanted => {
    const main = document.querySelector("main");
    if (!main || main.querySelector('[aria-busy="true"]')) return false;
    return wanted.every(one => main.querySelector(one)) && performance.now();
}"""
_LOADED = """() => performance.getEntries()
    .filter(one => one.entryType === "navigation" || one.entryType === "resource")
    .map(one => [one.name, one.transferSize])"""


class NotUsableError(Exception):
    """A page did not become usable; the text says which and what it shows instead."""


@dataclass(frozen=True, slots=True)
class Opened:
    """How it was to open a page: all times in seconds, `files` and `answers` in bytes as transferred."""

    usable: float
    longest_task: float
    files: int
    answers: int
    cpu: float


def program() -> str | None:
    """The browser's program: $CHROMIUM, or Debian's; None if there is none."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser, without a window. Raises RuntimeError where none is installed."""
    path = program()
    if path is None:
        raise RuntimeError("no chromium: install Debian's package, or set CHROMIUM to a browser's program")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


def _browser_cpu() -> float:
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "chrom" in process.name():
                return process_cpu(process.pid)
    return 0.0


async def context(browser: Browser, url: str) -> BrowserContext:
    """A browser that has never been here: nothing is in its cache."""
    made = await browser.new_context(
        base_url=url, viewport={"width": 1280, "height": 800}, locale="en-US", timezone_id="UTC"
    )
    await made.add_init_script(_WATCH)
    return made


async def wait_usable(page: Page, wanted: tuple[str, ...]) -> float:
    """Seconds from the navigation's beginning until every selector of `wanted` is found and no placeholder is left."""
    try:
        found = await page.wait_for_function(_USABLE, arg=list(wanted), timeout=PATIENCE * 1000)
    except Exception as failure:
        shown = (await page.locator("main").inner_text())[:500]
        raise NotUsableError(f"{page.url}: {wanted} is not there; it shows: {shown}") from failure
    return float(await found.json_value()) / 1000


async def open_once(
    browser: Browser, url: str, path: str, wanted: tuple[str, ...], settle: float = 0
) -> Opened:
    """Open a page as somebody who has never been here, and watch its main thread for `settle` seconds more."""
    here = await context(browser, url)
    try:
        page = await here.new_page()
        before = _browser_cpu()
        await page.goto(path, wait_until="commit")
        usable = await wait_usable(page, wanted)
        used = _browser_cpu() - before
        loaded: list[tuple[str, int]] = await page.evaluate(_LOADED)
        if settle:
            await page.wait_for_timeout(settle * 1000)
        tasks: list[Any] = await page.evaluate("longTasks")
        answers = sum(size for name, size in loaded if name.endswith("/graphql"))
        return Opened(
            usable,
            max((duration for _, duration in tasks), default=0) / 1000,
            sum(size for _, size in loaded) - answers,
            answers,
            used,
        )
    finally:
        await here.close()
