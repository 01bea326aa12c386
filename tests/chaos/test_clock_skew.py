"""Hosts whose clocks are wrong by ten minutes, or jump: Postgres' clock decides, so nothing is early, late or double.

Needs Debian's libfaketime, or LICTOR_LIBFAKETIME with the path of libfaketimeMT.so.1.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psycopg
import pytest

from lictor.cli.embedded.valkey import ValkeyServer
from tests.chaos.checker import check
from tests.chaos.driver import Driver
from tests.chaos.house import SETTINGS
from tests.cli.lictor_process import clean_environment

LIBRARIES = (
    *([os.environ["LICTOR_LIBFAKETIME"]] if "LICTOR_LIBFAKETIME" in os.environ else []),
    *map(str, Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")),
)
LIBRARY = next((path for path in LIBRARIES if Path(path).exists()), None)
pytestmark = [
    pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not installed (apt-get install faketime)"),
    pytest.mark.timeout(180),
]
WORK = 5.0
"""Seconds for which clients work."""
RUNNING = re.compile(r"running on (http://127\.0\.0\.1:\d+)")


class Host:
    """An API, a worker and a clock that all believe what `offset` says the time is."""

    def __init__(self, directory: Path, offset: str, dsn: str, redis_url: str) -> None:
        directory.mkdir()
        self.time = directory / "time"
        self.set(offset)
        self.directory = directory
        self.environment = clean_environment(
            **SETTINGS,
            LICTOR_DATABASE_URL=dsn,
            LICTOR_REDIS_URL=redis_url,
            LD_PRELOAD=str(LIBRARY),
            PYTHONPATH=os.pathsep.join(
                filter(None, [str(Path(__file__).parent / "faked"), os.environ.get("PYTHONPATH", "")])
            ),
            FAKETIME_TIMESTAMP_FILE=str(self.time),
            FAKETIME_CACHE_DURATION="1",
            # As on a real host: setting the clock does not move the monotonic one, by which time-outs are measured.
            FAKETIME_DONT_FAKE_MONOTONIC="1",
        )
        api = "-m uvicorn --factory lictor.actions.gateway.app:create_app --host 127.0.0.1 --port 0 --no-access-log"
        self.processes = [
            self._start("api", *api.split()),
            self._start(
                "worker", "-m", "dramatiq", "lictor.workers.main", "--processes", "1", "--threads", "2"
            ),
            self._start("clock", "-m", "lictor.workers.clock"),
        ]

    def set(self, offset: str) -> None:
        """Set the host's clock, such as "+10m"; in one step, since processes read it at any moment."""
        partial = self.time.with_suffix(".new")
        partial.write_text(offset)
        partial.replace(self.time)

    def _start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.directory / name).open("wb") as log:
            return subprocess.Popen(
                [sys.executable, *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def url(self) -> str:
        """Where its API is."""
        deadline = time.monotonic() + 60
        while not (found := RUNNING.search((self.directory / "api").read_text())):
            assert time.monotonic() < deadline, (self.directory / "api").read_text()
            await asyncio.sleep(0.05)
        return found[1]

    def now(self) -> float:
        """The time that its processes see."""
        program = "import time; print(time.time())"
        return float(subprocess.check_output([sys.executable, "-c", program], env=self.environment))

    def end(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def hosts(tmp_path: Path, fresh_database: str) -> Iterator[list[Host]]:
    """One that is ten minutes ahead, one that is ten minutes behind, on one database."""
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        connection.execute("INSERT INTO tenant (name, slug) VALUES ('team', 'team')")
    with ValkeyServer(tmp_path / "valkey") as valkey:
        hosts = [
            Host(tmp_path / name, offset, fresh_database, valkey.url)
            for name, offset in (("ahead", "+10m"), ("behind", "-10m"))
        ]
        yield hosts
        for host in hosts:
            host.end()


@asynccontextmanager
async def clients(hosts: list[Host]) -> AsyncIterator[list[Driver]]:
    """Clients at work on each host's API."""
    drivers = [Driver(await host.url(), seed, creators=1, agents=2) for seed, host in enumerate(hosts)]
    try:
        for driver in drivers:
            await driver.prepare()
            driver.start()
        yield drivers
    finally:
        for driver in drivers:
            await driver.stop()


async def test_wrong_and_jumping_clocks_change_nothing(hosts: list[Host], fresh_database: str) -> None:
    ahead, behind = hosts
    assert 590 < ahead.now() - time.time() < 610
    assert -610 < behind.now() - time.time() < -590
    async with clients(hosts) as drivers:
        await asyncio.sleep(WORK)
        # An hour back, and the other one forward.
        ahead.set("-50m")
        behind.set("+1h")
        await asyncio.sleep(WORK)
        for driver in drivers:
            await driver.drain(60)
            driver.check()
    connection = await asyncpg.connect(fresh_database)
    for driver in drivers:
        assert await check(connection, driver) == []
        scheduled = await connection.fetch(
            "SELECT state FROM flow_run WHERE flow_id = $1 AND auto_scheduled", driver.world.scheduled
        )
        # About one a second was due; several of them have been carried out.
        assert [row["state"] for row in scheduled].count("Success") >= 3
    await connection.close()


async def test_a_run_put_back_by_a_wrong_clock_is_due_at_once(hosts: list[Host], fresh_database: str) -> None:
    """Scheduled without a time means now: the database's now, whatever host the call goes to."""
    connection = await asyncpg.connect(fresh_database)
    for host in hosts:
        driver = Driver(await host.url(), 0)
        await driver.prepare()
        token = driver.token("run")
        create = "mutation($input: create_flow_run_input!) { create_flow_run(input: $input) { id } }"
        made = await driver.ask("run", "person", create, {"flow_id": driver.world.by_hand}, token=token)
        run = made["create_flow_run"]["id"]
        for state in ({"type": "Failed"}, {"type": "Scheduled", "message": "again"}):
            await driver.ask(
                "flow state", "person",
                "mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { id } } }",
                {"states": [{"flow_run_id": run, "state": state}]},
            )  # fmt: skip
        off = await connection.fetchval(
            "SELECT extract(epoch FROM clock_timestamp() - state_start_time)::float8 FROM flow_run WHERE id = $1",
            run,
        )
        assert 0 <= off < 20
        queue = (
            "mutation($input: get_runs_in_queue_input!) { get_runs_in_queue(input: $input) { flow_run_ids } }"
        )
        data = await driver.ask("read", "agent", queue, {"tenant_id": driver.world.tenant, "labels": []})
        assert run in data["get_runs_in_queue"]["flow_run_ids"]
        await driver.stop()
    await connection.close()
