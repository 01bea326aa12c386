"""Real Prefect 1.4.1 runs, seen while they run: nothing here is put into the database by the test."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from playwright.async_api import Page, expect

from tests.cli.lictor_process import until
from tests.e2e.conftest import Client, prefect
from tests.ui.conftest import Site
from tests.ui.worlds import state_of

__all__ = ["prefect"]

# Four processes of the real client, each of which takes seconds to import it.
pytestmark = pytest.mark.timeout(300)
LONG = 90_000
"""Milliseconds within which a process of the client has started, also on a machine that does other things."""
PROGRAMS = Path(__file__).parent / "programs"
SUCCESS, RUNNING = "rgb(26, 138, 74)", "rgb(37, 99, 235)"
TITLES = """() => {
  window.seen = [document.title.split(' ')[0]];
  new MutationObserver(() => window.seen.push(document.title.split(' ')[0]))
    .observe(document.head, {subtree: true, childList: true, characterData: true});
}"""


@dataclass(frozen=True)
class Work:
    """A registered flow and what runs it."""

    client: Client
    label: str
    project: str
    runs: dict[str, UUID]

    def note(self, run: str) -> Path:
        return Path(self.client.environment["HOME"]) / str(self.runs[run])

    def say(self, run: str, word: str) -> None:
        """Let the run go on; it succeeds if the word is "well"."""
        part = self.note(run).with_suffix(".part")
        part.write_text(word)
        part.rename(self.note(run).with_suffix(".word"))

    @contextlib.contextmanager
    def agent(self) -> Iterator[None]:
        process = self.client.start("python", str(PROGRAMS / "steps.py"), "agent", self.label)
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


@pytest.fixture
async def work(prefect: Path, site: Site, tmp_path: Path) -> Work:
    client = Client(prefect, tmp_path / "home", site.url, PROGRAMS)
    label = project = uuid4().hex
    names = ("watched", "cancelled", "mended")
    given = {"project": project, "label": label, "runs": names}
    made = await asyncio.to_thread(client.program, "steps", given)
    return Work(client, label, project, {name: UUID(run) for name, run in made.items()})


@pytest.fixture
async def others(page: Page) -> list[Page]:
    """Two more tabs of the same browser, whose errors count too."""
    pages = [await page.context.new_page() for _ in range(2)]
    for one in pages:
        one.on("pageerror", lambda error: page.errors.append(str(error)))  # pyright: ignore[reportAttributeAccessIssue]
    return pages


def is_alive(pid: int) -> bool:
    """Whether the process is at work; one that has ended and was not asked for its status yet is not."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


async def gone(pid: int) -> None:
    await asyncio.to_thread(until, lambda: not is_alive(pid), LONG / 1000, "the process has ended")


def bar(page: Page, task: str, state: str):
    return page.get_by_test_id("track").get_by_role("link").filter(
        has=page.locator(f"xpath=self::*[starts-with(@aria-label, '{task}:') and @data-state='{state}']")
    )  # fmt: skip


async def test_runs_are_watched_cancelled_and_restarted(
    page: Page, others: list[Page], db: asyncpg.Connection, work: Work, shoot
):
    work.say("mended", "ill")
    logs, dashboard = others
    project = await db.fetchval("SELECT id FROM project WHERE name = $1", work.project)
    await page.goto(f"/flow-run/{work.runs['watched']}")
    await expect(page).to_have_title("Scheduled · watched")
    await expect(page.get_by_text("Why is it not running?")).to_be_visible()
    await page.evaluate(TITLES)
    await logs.goto(f"/flow-run/{work.runs['watched']}?tab=logs")
    await dashboard.goto(f"/?project={project}")
    await expect(dashboard.get_by_text("Nothing runs at the moment")).to_be_visible()
    with work.agent():
        await watch(page, logs, dashboard, work)
        await shoot(page, "real-run")
        await cancel(page, db, work)
        await restart(page, db, work)


async def watch(page: Page, logs: Page, dashboard: Page, work: Work) -> None:
    """From Scheduled to Success before the reader's eyes."""
    await expect(page).to_have_title("Running · watched", timeout=LONG)
    await expect(page.get_by_text("Why is it not running?")).to_have_count(0)
    await expect(bar(page, "wait", "Running")).to_be_visible(timeout=LONG)
    await expect(bar(page, "numbers", "Success")).to_be_visible()
    states = page.get_by_role("list", name="States of the run").get_by_role("listitem")
    await expect(states.last).to_have_attribute("data-state", "Running")
    await page.get_by_role("button", name="Children of double").click()
    await expect(bar(page, "[2]", "Success")).to_be_visible()
    await expect(logs.get_by_text("waiting for a word")).to_be_visible(timeout=LONG)
    running = dashboard.locator("section").filter(has=dashboard.get_by_role("heading", name="In progress"))
    await expect(running.get_by_role("link", name="watched")).to_be_visible()
    await page.get_by_role("tab", name="Schematic").click()
    graph = page.get_by_role("region", name="Schematic of the run")
    await expect(colour(graph, "wait")).to_have_css("background-color", RUNNING, timeout=LONG)
    await expect(colour(graph, "numbers")).to_have_css("background-color", SUCCESS)
    work.say("watched", "well")
    await expect(colour(graph, "total")).to_have_css("background-color", SUCCESS, timeout=LONG)
    await expect(page).to_have_title("Success · watched")
    await expect(logs.get_by_text("the word has come")).to_be_visible(timeout=LONG)
    await expect(running.get_by_role("link", name="watched")).to_have_count(0)
    seen = list(dict.fromkeys(await page.evaluate("window.seen")))
    assert [state for state in seen if state != "Submitted"] == ["Scheduled", "Running", "Success"], seen
    await page.get_by_role("tab", name="Overview").click()
    await expect(bar(page, "total", "Success")).to_be_visible()
    await expect(states.last).to_have_attribute("data-state", "Success")
    ran = [await state.get_attribute("data-state") for state in await states.all()]
    assert ran[-3:] == ["Submitted", "Running", "Success"], "what was before is out of sight"


def colour(graph, task: str):
    """The coloured edge of a task in the schematic."""
    return graph.locator(".react-flow__node").filter(has_text=task).locator("span[aria-hidden]").first


async def cancel(page: Page, db: asyncpg.Connection, work: Work) -> None:
    """A process at work ends because somebody said so on the page."""
    await page.goto(f"/flow-run/{work.runs['cancelled']}")
    await expect(bar(page, "wait", "Running")).to_be_visible(timeout=LONG)
    pid = int(work.note("cancelled").read_text())
    assert is_alive(pid)
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Cancel the run").click()
    await expect(page).to_have_title("Cancelled · cancelled", timeout=LONG)
    await gone(pid)
    assert await state_of(db, "flow_run", work.runs["cancelled"]) == "Cancelled"


async def restart(page: Page, db: asyncpg.Connection, work: Work) -> None:
    """Only what failed runs again, with the results of what did not."""
    await page.goto(f"/flow-run/{work.runs['mended']}")
    await expect(page).to_have_title("Failed · mended", timeout=LONG)
    work.say("mended", "well")
    await page.get_by_role("button", name="Restart from failed").click()
    await page.get_by_role("button", name="Restart", exact=True).click()
    await expect(page).to_have_title("Success · mended", timeout=LONG)
    rows = await db.fetch(
        "SELECT task.name, count(*) FILTER (WHERE task_run_state.state = 'Running') AS times FROM task_run"
        " JOIN task ON task.id = task_id JOIN task_run_state ON task_run_state.task_run_id = task_run.id"
        " WHERE flow_run_id = $1 AND map_index = -1 GROUP BY task.name",
        work.runs["mended"],
    )
    times = {row["name"]: row["times"] for row in rows}
    assert (times["numbers"], times["wait"], times["total"]) == (1, 1, 2)
