"""Clock processes: one leads; whatever is done to it, each due time is sent once, under the term of that moment."""

from __future__ import annotations

import contextlib
import itertools
import signal
from typing import Any

import asyncpg
import pytest

from lictor.cli.embedded.valkey import ValkeyServer
from tests.workers.conftest import LEASE, Process, Processes, eventually

pytestmark = pytest.mark.timeout(90)


async def leader(connections: asyncpg.Pool) -> asyncpg.Record | None:
    return await connections.fetchrow("SELECT * FROM utility.leader WHERE expires_at > clock_timestamp()")


async def term_after(connections: asyncpg.Pool, term: int) -> int:
    async def newer() -> int | None:
        row = await leader(connections)
        return row["term"] if row and row["term"] > term else None

    return await eventually(newer, f"a leader after term {term}")


async def dispatches(connections: asyncpg.Pool, name: str = "schedule_flow_runs") -> int:
    return await connections.fetchval(
        "SELECT coalesce(max(dispatch), 0) FROM utility.duty WHERE name = $1", name
    )


async def record_dispatches(connections: asyncpg.Pool) -> None:
    """From now on, keep every dispatch that is written to utility.duty."""
    await connections.execute(
        """
        CREATE TABLE dispatched (name text, dispatch bigint, term bigint, at timestamptz, due timestamptz,
                                 leader_term bigint, lease_until timestamptz);
        CREATE FUNCTION record_dispatch() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO dispatched
            SELECT NEW.name, NEW.dispatch, NEW.term, clock_timestamp(), OLD.next_due, term, expires_at
            FROM utility.leader WHERE name = 'clock';
            RETURN NULL;
        END $$;
        CREATE TRIGGER record AFTER UPDATE ON utility.duty FOR EACH ROW
        WHEN (NEW.dispatch > OLD.dispatch) EXECUTE FUNCTION record_dispatch();
        """
    )


async def assert_sent_once_by_the_leader(connections: asyncpg.Pool) -> list[asyncpg.Record]:
    rows = await connections.fetch("SELECT * FROM dispatched ORDER BY name, dispatch")
    numbers = [(row["name"], row["dispatch"]) for row in rows]
    assert len(set(numbers)) == len(numbers), "a dispatch was given twice"
    slots = [(row["name"], row["due"]) for row in rows]
    assert len(set(slots)) == len(slots), "one due time was sent twice"
    for row in rows:
        assert row["term"] == row["leader_term"], "sent under a term that was over"
        assert row["at"] < row["lease_until"], "sent after the lease had run out"
    return rows


async def lead_and_follow(
    processes: Processes, connections: asyncpg.Pool, **environment: str
) -> tuple[Process, Process]:
    first = processes.clock(**environment)
    await term_after(connections, 0)
    second = processes.clock(**environment)

    async def listens() -> bool:
        query = "SELECT count(*) = 2 FROM pg_stat_activity WHERE application_name = 'lictor clock'"
        return await connections.fetchval(f"{query} AND datname = current_database()")

    await eventually(listens, "two clocks are connected")
    return first, second


async def test_one_of_two_leads_and_duties_become_due_in_their_interval(
    processes: Processes, connections: asyncpg.Pool
):
    await record_dispatches(connections)
    first, second = await lead_and_follow(processes, connections)
    await eventually(lambda: at_least(connections, 5), "five dispatches")
    assert "leading" in first.log
    assert "leading" not in second.log
    assert await connections.fetchval("SELECT term FROM utility.leader") == 1
    rows = await assert_sent_once_by_the_leader(connections)
    due = [row["due"] for row in rows if row["name"] == "schedule_flow_runs"]
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(due)]
    assert all(gap == pytest.approx(0.5) for gap in gaps)
    assert await dispatches(connections, "ensure_partitions") == 1


async def at_least(connections: asyncpg.Pool, number: int) -> bool:
    return await dispatches(connections) >= number


async def test_a_killed_leader_is_followed_within_its_lease(processes: Processes, connections: asyncpg.Pool):
    await record_dispatches(connections)
    first, _ = await lead_and_follow(processes, connections)
    before = await connections.fetchrow("SELECT term, expires_at FROM utility.leader")
    first.signal(signal.SIGKILL)
    first.popen.wait()
    term = await term_after(connections, before["term"])
    assert term == before["term"] + 1
    vacant = await connections.fetchval("SELECT elected_at - $1 FROM utility.leader", before["expires_at"])
    # The dead leader may have renewed once more after we looked.
    assert 0 <= vacant.total_seconds() < LEASE
    sent = await dispatches(connections)
    await eventually(lambda: at_least(connections, sent + 2), "the new leader sends")
    await assert_sent_once_by_the_leader(connections)


async def test_a_leader_that_is_told_to_stop_gives_its_lease_up_at_once(
    processes: Processes, connections: asyncpg.Pool
):
    # A lease so long that it cannot run out by itself in the time of this test.
    first, second = await lead_and_follow(processes, connections, LICTOR_CLOCK_LEASE="3600")
    first.signal(signal.SIGTERM)
    assert first.popen.wait(10) == 0
    assert "stopped" in first.log
    await second.says("leading")
    assert await connections.fetchval("SELECT term FROM utility.leader") == 2


async def test_a_leader_that_was_stopped_past_its_lease_does_no_harm(
    processes: Processes, connections: asyncpg.Pool
):
    await record_dispatches(connections)
    first, second = await lead_and_follow(processes, connections)
    sent = await dispatches(connections)
    first.signal(signal.SIGSTOP)
    assert await term_after(connections, 1) == 2
    await eventually(lambda: at_least(connections, sent + 3), "the new leader sends")
    first.signal(signal.SIGCONT)
    await first.says("no_longer_leading")
    sent = await dispatches(connections)
    await eventually(lambda: at_least(connections, sent + 3), "the new leader still sends")
    assert await connections.fetchval("SELECT term FROM utility.leader") == 2
    assert '"term": 2' in second.log
    rows = await assert_sent_once_by_the_leader(connections)
    assert {row["term"] for row in rows} == {1, 2}


async def test_a_clock_outlives_its_database_connection(processes: Processes, connections: asyncpg.Pool):
    # Longer than any machine takes to reconnect.
    clock = processes.clock(LICTOR_CLOCK_LEASE="60")
    await eventually(lambda: at_least(connections, 1), "a dispatch")
    killed = await connections.fetchval(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE application_name = 'lictor clock' AND datname = current_database()"
    )
    assert killed == 1
    sent = await dispatches(connections)
    await eventually(lambda: at_least(connections, sent + 2), "it sends again")
    # It came back within its lease, so that its term goes on.
    assert await connections.fetchval("SELECT term FROM utility.leader") == 1
    assert clock.popen.poll() is None


async def test_a_clock_waits_for_a_database_that_is_not_there(
    processes: Processes, connections: asyncpg.Pool
):
    await connections.execute("ALTER SCHEMA utility RENAME TO elsewhere")
    clock = processes.clock()
    await clock.says("database_lost")
    await connections.execute("ALTER SCHEMA elsewhere RENAME TO utility")
    await clock.says("database_found")
    await eventually(lambda: at_least(connections, 1), "a dispatch")
    assert clock.log.count("database_lost") == 1


async def test_without_redis_the_clock_says_so_once_and_goes_on(
    processes: Processes, connections: asyncpg.Pool, valkey: ValkeyServer
):
    clock = processes.clock()
    await eventually(lambda: at_least(connections, 1), "a dispatch")
    valkey.stop()
    await clock.says("redis_lost")
    sent = await dispatches(connections)
    await eventually(lambda: at_least(connections, sent + 4), "it still leads and gives orders")
    assert clock.log.count("redis_lost") == 1
    valkey.start()
    await clock.says("redis_found")
    worker = processes.worker()
    await eventually(lambda: succeeded(connections), "a worker does the duty")
    assert worker.popen.poll() is None


async def succeeded(connections: asyncpg.Pool, after: int = 0) -> Any:
    return await connections.fetchval(
        "SELECT succeeded_dispatch > $1 FROM utility.duty WHERE name = 'schedule_flow_runs'", after
    )


async def test_many_clocks_killed_and_stopped_at_random_send_each_due_time_once(
    processes: Processes, connections: asyncpg.Pool
):
    await record_dispatches(connections)
    clocks = [processes.clock() for _ in range(3)]
    term = await term_after(connections, 0)
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
        leading = await the_leader(clocks, term)
        sent = await dispatches(connections)
        await eventually(lambda sent=sent: at_least(connections, sent + 1), "it sends")
        leading.signal(number)
        term = await term_after(connections, term)
        with contextlib.suppress(ProcessLookupError):
            leading.signal(signal.SIGCONT)
    sent = await dispatches(connections)
    await eventually(lambda: at_least(connections, sent + 3), "the last leader sends")
    await assert_sent_once_by_the_leader(connections)


async def the_leader(clocks: list[Process], term: int) -> Process:
    async def found() -> Process | None:
        return next((clock for clock in clocks if f'"term": {term}, "event": "leading"' in clock.log), None)

    return await eventually(found, f"the leader of term {term} says so")
