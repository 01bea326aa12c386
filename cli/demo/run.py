"""The course of the demo: start, install the client, start an agent, register, run, wait, tell.

In: settings, a console. Out: text and an exit status: 0 only if every run ended in Success. Whatever goes wrong is
shown with the end of the log that tells of it. Never leaves a process behind.
"""

import asyncio
import contextlib
import json
import logging
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lictor.cli import commands
from lictor.cli.demo import client
from lictor.cli.demo.graphql import Api, Run
from lictor.cli.embedded import processes
from lictor.cli.instance import MARKER, AlreadyRunningError, Instance
from lictor.cli.output import Progress, ServiceLines, close_log, open_log
from lictor.cli.supervisor import Service, Supervisor
from lictor.cli.up import FAILURES, print_where, run_until_stopped, running
from lictor.settings import Settings

log = logging.getLogger("lictor.up")

PROJECT = "demo"
_DEADLINE_SECONDS = 180.0
_POLL_SECONDS = 0.2
_LOG_SECONDS = 10.0


@dataclass(frozen=True)
class Site:
    """The Lictor that the demo runs on."""

    url: str
    log_path: Path
    supervisor: Supervisor


def demo(settings: Settings, console: Console, verbosity: str, *, stay: bool) -> int:
    """Run the demo; with `stay`, keep all up afterwards until SIGINT or SIGTERM. Returns the exit status."""
    instance = Instance(settings.data_dir)
    course = Demo(settings, instance, console, verbosity, stay)
    try:
        status = run_until_stopped(course.run)
    except (*FAILURES, client.ClientError, DemoError) as error:
        console.print(f"\n[red]The demo failed:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        return 1
    # Stopped before the runs had ended is no success.
    return status if course.succeeded else 1


def _retrieve(future: "asyncio.Future[Any]") -> None:
    """Look at the error of something given up, so that asyncio does not report it."""
    if not future.cancelled():
        future.exception()


class DemoError(RuntimeError):
    """The demo did not come to its end; the text says why."""


class Demo:
    """One demo."""

    def __init__(
        self, settings: Settings, instance: Instance, console: Console, verbosity: str, stay: bool
    ) -> None:
        self._settings = settings
        self._instance = instance
        self._console = console
        self._verbosity = verbosity
        self._stay = stay
        self._first_success: float | None = None
        self.succeeded: bool | None = None

    async def run(self) -> int:
        """All of it. Returns the exit status."""
        if not client.is_installed():
            self._console.print(
                f"Installing Prefect 1.4.1 in {client.environment_dir()}", highlight=False, soft_wrap=True
            )
        installing = asyncio.ensure_future(asyncio.to_thread(client.install))
        try:
            async with self._site() as site:
                return await self._run_on(site, await installing)
        finally:
            # Left early: asyncio would wait for the thread.
            client.cancel()
            installing.add_done_callback(_retrieve)

    async def _run_on(self, site: Site, programs: Path) -> int:
        environment = client.client_environment(self._instance.data_dir / "prefect-client", site.url)
        agent = asyncio.ensure_future(site.supervisor.add(self._agent(programs, environment)))
        agent.add_done_callback(_retrieve)
        try:
            registered = await self._register(programs, environment)
            await agent
            async with Api(site.url) as api:
                runs = await self._wait(api, registered)
                self.succeeded = all(run.state == "Success" for run in runs)
                self._print_runs(runs, site)
                if not self.succeeded:
                    await self._print_failures(api, runs, site)
        except Exception:
            self._print_log(site)
            raise
        finally:
            agent.cancel()
        if self._stay:
            self._console.print("Everything stays up until Ctrl-C.\n")
            await site.supervisor.wait_failed()
        return 0 if self.succeeded else 1

    @contextlib.asynccontextmanager
    async def _site(self) -> AsyncIterator[Site]:
        """The `lictor up` that runs on the data directory, or else one of our own."""
        try:
            self._instance.acquire()
        except AlreadyRunningError:
            state = self._instance.state()
            if state is None:
                raise
            async with self._attached(state["url"]) as site:
                yield site
            return
        try:
            async with running(self._settings, self._instance, self._console, self._verbosity) as lictor:
                print_where(self._console, lictor)
                yield Site(lictor.url, self._instance.log_path, lictor.supervisor)
        finally:
            self._instance.release()

    @contextlib.asynccontextmanager
    async def _attached(self, url: str) -> AsyncIterator[Site]:
        self._console.print(
            f"Lictor runs already at {url}; the demo uses it.", highlight=False, soft_wrap=True
        )
        log_path = self._instance.data_dir / "demo.log"
        open_log(log_path, self._console, self._verbosity, ["agent"])
        with Progress(self._console, enabled=self._verbosity != "quiet") as progress:
            supervisor = Supervisor([], ServiceLines(), progress)
            try:
                yield Site(url, log_path, supervisor)
            finally:
                await supervisor.stop()
                close_log()

    def _agent(self, programs: Path, environment: dict[str, str]) -> Service:
        command = [str(programs / "prefect"), "agent", "local", "start", "--name", "demo"]
        return Service(
            "agent",
            lambda: command,
            environment={MARKER: self._instance.marker},
            popen_kwargs=lambda: {"env": environment},
            ready_line="Waiting for flow runs",
            start_timeout=60,
            stop_signal=signal.SIGINT,
        )

    async def _register(
        self, programs: Path, environment: dict[str, str]
    ) -> dict[str, dict[str, str | None]]:
        files = sorted(str(path) for path in client.FLOWS.glob("*.py"))
        script = str(Path(__file__).with_name("register.py"))
        process = await asyncio.create_subprocess_exec(
            str(programs / "python"),
            script,
            PROJECT,
            *files,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_DEADLINE_SECONDS):
                output, errors = await process.communicate()
        except TimeoutError as error:
            raise DemoError(f"The flows were not registered within {_DEADLINE_SECONDS:g} s.") from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        for line in errors.decode(errors="replace").splitlines():
            log.debug("%s", line, extra={"service": "register"})
        if process.returncode:
            raise DemoError(f"The flows could not be registered:\n{errors.decode(errors='replace')[-3000:]}")
        return json.loads(output)

    async def _wait(self, api: Api, registered: dict[str, dict[str, str | None]]) -> list[Run]:
        """Wait until one run of each flow has ended. Raises DemoError if that takes too long."""
        created = [ids["flow_run_id"] for ids in registered.values() if ids["flow_run_id"]]
        scheduled = [str(ids["flow_id"]) for ids in registered.values() if not ids["flow_run_id"]]
        deadline = time.monotonic() + _DEADLINE_SECONDS
        shown: dict[str, str] = {}
        while True:
            runs = await api.runs(created, scheduled)
            for run in runs:
                if shown.get(run.id) != run.state:
                    shown[run.id] = run.state
                    log.info("%s / %s is %s", run.flow, run.name, run.state)
                if run.state == "Success" and self._first_success is None:
                    self._first_success = time.time() - commands.STARTED
            if len(runs) == len(registered) and all(run.finished for run in runs):
                return runs
            if time.monotonic() > deadline:
                self._print_table(runs)
                await self._print_logs(api, [run for run in runs if not run.finished])
                raise DemoError(f"Not every run has ended after {_DEADLINE_SECONDS:g} s.")
            await asyncio.sleep(_POLL_SECONDS)

    def _print_runs(self, runs: list[Run], site: Site) -> None:
        self._print_table(runs)
        if self._first_success is not None:
            self._console.print(
                f"[bold green]{self._first_success:.1f} s[/] from the command to the first Success\n",
                highlight=False,
            )
        query = "{ flow_run(order_by: {start_time: desc}, limit: 5) { name state flow { name } } }"
        body = json.dumps({"query": query})
        self._console.print(
            f"Look around:\n  API        {site.url}\n  GraphQL    curl {site.url}/graphql "
            f"-H 'content-type: application/json' -d '{body}'\n  log        {site.log_path}\n",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )

    def _print_table(self, runs: list[Run]) -> None:
        table = Table("flow", "run", "state", "task runs", "duration", title="Flow runs")
        for run in sorted(runs, key=lambda run: run.flow):
            style = "green" if run.state == "Success" else "red" if run.finished else "yellow"
            counts = {state: run.task_states.count(state) for state in sorted(set(run.task_states))}
            tasks = ", ".join(f"{count} {state}" for state, count in counts.items())
            duration = "" if run.seconds is None else f"{run.seconds:.1f} s"
            table.add_row(run.flow, run.name, f"[{style}]{run.state}[/]", tasks, duration)
        self._console.print(table)

    async def _print_failures(self, api: Api, runs: list[Run], site: Site) -> None:
        await self._print_logs(api, [run for run in runs if run.state != "Success"])
        self._print_log(site)

    async def _print_logs(self, api: Api, runs: list[Run]) -> None:
        for run in runs:
            self._console.print(f"[red]{run.flow} / {run.name}: {run.state}[/]; its log ends:")
            for line in await self._logs_with_error(api, run):
                self._console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)

    async def _logs_with_error(self, api: Api, run: Run) -> list[str]:
        """The run's log; clients send theirs after the final state, so wait a little for the word of an error."""
        deadline = time.monotonic() + _LOG_SECONDS
        while True:
            lines = await api.logs(run.id)
            if any(" ERROR " in line for line in lines) or time.monotonic() > deadline:
                return lines
            await asyncio.sleep(_POLL_SECONDS)

    def _print_log(self, site: Site) -> None:
        self._console.print(f"[red]The end of {site.log_path}:[/]", highlight=False)
        self._console.print(processes.tail(site.log_path, 30), markup=False, highlight=False, soft_wrap=True)
