"""The faults of the crash matrix. Each is done to a House while clients work, and lasts for `hold` seconds.

In: a House, a duration, a random source. Out: what happened, in words, for the table.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import Awaitable, Callable

import asyncpg

from lictor.cli.embedded import processes
from tests.chaos.house import House

Fault = Callable[[House, float, random.Random], Awaitable[str]]

SERVICES = ("api", "worker", "clock", "postgres", "valkey")


async def _kill(house: House, service: str, hold: float) -> str:
    house.send(service, signal.SIGKILL)
    await asyncio.sleep(hold)
    return "killed"


async def _terminate(house: House, service: str, hold: float) -> str:
    if service == "postgres":
        return await _smart_shutdown(house, hold)
    [pid] = house.pids(service)[:1]
    began = time.monotonic()
    house.send(service, signal.SIGTERM)
    left = await asyncio.to_thread(processes.wait_gone, [pid], 20)
    assert not left, f"{service} has not ended within 20 s of SIGTERM"
    took = time.monotonic() - began
    await asyncio.sleep(max(0.0, hold - took))
    return f"ended after {took:.1f} s"


async def _smart_shutdown(house: House, hold: float) -> str:
    """SIGTERM lets Postgres' clients finish, and ours never do: they are served on. SIGINT ends it."""
    postmaster = house.pids("postgres")[0]
    house.send("postgres", signal.SIGTERM)
    await asyncio.sleep(hold)
    served_on = processes.is_alive(postmaster)
    house.send("postgres", signal.SIGINT)
    return "served on till SIGINT" if served_on else "ended"


async def _stop(house: House, service: str, hold: float) -> str:
    """SIGSTOP, and SIGCONT `hold` seconds later; of the clock, while another one takes over."""
    if service == "clock":
        return await _sleeping_leader(house, hold)
    pids = house.pids(service) if service != "api" else house.pids(service)[:1]
    for pid in pids:
        processes.send(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(hold)
    finally:
        for pid in pids:
            processes.send(pid, signal.SIGCONT)
    return f"stopped for {hold:g} s"


async def _sleeping_leader(house: House, hold: float) -> str:
    async with house.database() as database:
        term = await _term(database)
        second = house.second_clock()
        try:
            house.send("clock", signal.SIGSTOP)
            try:
                began = time.monotonic()
                while (taken := await _term(database)) == term:
                    assert time.monotonic() - began < 20, "no other clock has taken over"
                    await asyncio.sleep(0.05)
                took = time.monotonic() - began
                await asyncio.sleep(max(0.0, hold - took))
            finally:
                house.send("clock", signal.SIGCONT)
            # The old leader acts under its own term, if at all: it is over, and a wake-up changes nothing.
            await asyncio.sleep(0.5)
            assert await _term(database) == taken, "the leader that slept has led again beside the new one"
        finally:
            await asyncio.to_thread(house.end_clock, second)
        return f"term {term} → {taken} after {took:.1f} s; the old leader woke to no effect"


async def _term(database: asyncpg.Connection) -> int:
    return await database.fetchval("SELECT term FROM utility.leader WHERE name = 'clock'")


async def flush_all(house: House, hold: float, random: random.Random) -> str:
    """FLUSHALL again and again: every message that waits is gone."""
    times, deadline = 0, time.monotonic() + hold
    while time.monotonic() < deadline:
        with house.valkey() as valkey:
            await asyncio.to_thread(valkey.flushall)
        times += 1
        await asyncio.sleep(random.uniform(0, 0.4))
    return f"{times} times"


async def terminate_backends(house: House, hold: float, random: random.Random) -> str:
    """pg_terminate_backend of a backend chosen at random, again and again."""
    ended, deadline = 0, time.monotonic() + hold
    async with house.database() as database:
        while time.monotonic() < deadline:
            pids = [
                row["pid"]
                for row in await database.fetch(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                    " AND usename = current_user AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            ]
            if pids:
                await database.execute("SELECT pg_terminate_backend($1)", random.choice(pids))
                ended += 1
            await asyncio.sleep(random.uniform(0, 0.2))
    return f"{ended} backends"


async def exhaust_pools(house: House, hold: float, random: random.Random) -> str:
    """Every call that writes a state waits for a lock that somebody holds, until no API has a connection left."""
    del random
    async with house.database() as database:
        transaction = database.transaction()
        await transaction.start()
        await database.execute("LOCK TABLE flow_run IN ACCESS EXCLUSIVE MODE")
        await asyncio.sleep(hold)
        waiting = await database.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        await transaction.rollback()
    return f"{waiting} connections waited for a lock"


async def take_connections(house: House, hold: float, random: random.Random) -> str:
    """All connections that Postgres has are taken: nobody gets a new one."""
    del random
    taken: list[asyncpg.Connection] = []
    async with house.database() as database:
        dsn = house.process.state["database_url"]
        with contextlib.suppress(asyncpg.TooManyConnectionsError, OSError):
            while len(taken) < 400:
                taken.append(await asyncpg.connect(dsn, timeout=10))
        try:
            # And those who have one lose it, and want another.
            for _ in range(10):
                await database.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lictor-gateway' LIMIT 1"
                )
            await asyncio.sleep(hold)
        finally:
            for connection in taken:
                connection.terminate()
    return f"{len(taken)} connections taken"


async def restart_immediate(house: House, hold: float, random: random.Random) -> str:
    """What `pg_ctl restart -m immediate` does: SIGQUIT, no farewell, recovery from the log at the start."""
    del random
    house.send("postgres", signal.SIGQUIT)
    await asyncio.sleep(hold)
    return "recovered from its log"


def _signal_fault(act: Callable[[House, str, float], Awaitable[str]], service: str) -> Fault:
    async def fault(house: House, hold: float, random: random.Random) -> str:
        del random
        return await act(house, service, hold)

    return fault


FAULTS: dict[tuple[str, str], Fault] = {
    **{
        (service, name): _signal_fault(act, service)
        for service in SERVICES
        for name, act in (("SIGKILL", _kill), ("SIGSTOP", _stop), ("SIGTERM", _terminate))
    },
    ("valkey", "FLUSHALL"): flush_all,
    ("postgres", "pg_terminate_backend"): terminate_backends,
    ("postgres", "restart -m immediate"): restart_immediate,
    ("postgres", "all connections taken"): take_connections,
    ("api", "pool exhausted"): exhaust_pools,
}
"""(what it is done to, what is done) -> the fault."""
