"""Deliveries by real worker processes to real listeners, whatever fails meanwhile (docs/decisions/0016-outbox.md)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import signal
from uuid import UUID

import asyncpg
import pytest
import redis

from lictor.cli.embedded.valkey import ValkeyServer
from lictor.orchestration.deliveries import retry_hook_delivery
from tests.listener import Listener
from tests.orchestration.builders import make_tenant
from tests.orchestration.hooks import enter, make_hook, make_run
from tests.workers.conftest import Processes, eventually

pytestmark = pytest.mark.timeout(120)

EVERYTHING = ["SCHEDULED", "SUBMITTED", "RUNNING", "SUCCESS", "FAILED"]
QUICK = {
    "LICTOR_HOOK_NETWORKS": "127.0.0.0/8",
    "LICTOR_HOOK_RETRY_DELAY": "0.05",
    "LICTOR_HOOK_RETRY_LONGEST": "0.4",
    "LICTOR_HOOK_MAX_ATTEMPTS": "40",
    "LICTOR_HOOK_CLAIM": "2",
}


@pytest.fixture
async def listener():
    async with Listener() as listener:
        yield listener


@pytest.fixture
async def tenant_id(connections):
    return await make_tenant(connections)


async def left(connections: asyncpg.Pool) -> int:
    return await connections.fetchval("SELECT count(*) FROM hook_delivery WHERE status = 'Pending'")


async def all_done(connections: asyncpg.Pool, within: float = 60) -> None:
    async def done() -> bool:
        return not await left(connections)

    await eventually(done, "nothing is owed", within)


async def statuses(connections: asyncpg.Pool) -> dict[str, int]:
    found = await connections.fetch("SELECT status, count(*) AS n FROM hook_delivery GROUP BY 1")
    return {row["status"]: row["n"] for row in found}


async def make_events(connections: asyncpg.Pool, tenant_id: UUID, runs: int) -> list[UUID]:
    """`runs` runs that go through four states each, one after the other."""
    ids = [await make_run(connections, tenant_id) for _ in range(runs)]
    for kind in ("Submitted", "Running", "Success"):
        await enter(connections, *((id, kind) for id in ids))
    return ids


def first_times(versions: list[int]) -> list[int]:
    return list(dict.fromkeys(versions))


async def test_a_hook_is_told_at_once_without_clock_and_redis(
    processes: Processes, connections, tenant_id, listener, valkey: ValkeyServer
):
    valkey.stop()
    hook_id = await make_hook(connections, tenant_id, states=EVERYTHING, config={"url": listener.url})
    worker = processes.worker(**QUICK)
    await make_events(connections, tenant_id, 1)
    await all_done(connections)
    # By the notification, not by the next look, which is due in 10 s.
    before = asyncio.get_running_loop().time()
    [run_id] = await make_events(connections, tenant_id, 1)
    await all_done(connections, within=5)
    assert asyncio.get_running_loop().time() - before < 5
    assert listener.events()[str(run_id)] == [1, 2, 3, 4]
    [first, *_] = listener.requests
    secret = await connections.fetchval("SELECT signing_secret FROM cloud_hook WHERE id = $1", hook_id)
    message = f"{first.headers['webhook-id']}.{first.headers['webhook-timestamp']}.".encode() + first.body
    expected = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), message, hashlib.sha256).digest()
    assert first.headers["webhook-signature"] == "v1," + base64.b64encode(expected).decode()
    assert first.headers["webhook-id"] == first.headers["x-prefect-event-id"] == first.json["event"]["id"]
    # Connections are used again.
    assert listener.connections < len(listener.requests)
    valkey.start()
    worker.signal(signal.SIGTERM)
    assert worker.popen.wait(20) == 0


async def test_a_listener_that_fails_often_is_told_everything_in_order(
    processes: Processes, connections, tenant_id, listener
):
    listener.failing = 0.3
    await make_hook(
        connections, tenant_id, states=EVERYTHING, config={"url": listener.url}, signing_secret=None
    )
    for _ in range(2):
        processes.worker(**QUICK)
    ids = await make_events(connections, tenant_id, 40)
    await all_done(connections)
    assert await statuses(connections) == {"Delivered": 160}
    told = listener.events()
    assert told == {str(id): [1, 2, 3, 4] for id in ids}
    assert len(listener.requests) > 160
    assert "webhook-signature" not in listener.requests[0].headers
    # The same event is the same in all its attempts.
    by_state: dict[str, set[str]] = {}
    for request in listener.requests:
        by_state.setdefault(request.json["event"]["state"]["id"], set()).add(
            request.headers["x-prefect-event-id"]
        )
    assert all(len(event_ids) == 1 for event_ids in by_state.values())
    assert len(by_state) == 160


async def test_workers_that_are_killed_at_it_lose_nothing(
    processes: Processes, connections, tenant_id, listener, valkey: ValkeyServer
):
    listener.failing, listener.delay = 0.3, 0.05
    await make_hook(connections, tenant_id, states=EVERYTHING, config={"url": listener.url})
    await make_hook(connections, tenant_id, type="PREFECT_MESSAGE", states=EVERYTHING)
    doomed = processes.worker(**QUICK)
    ids = await make_events(connections, tenant_id, 30)

    async def under_way() -> bool:
        return listener.at_once > 2

    for _ in range(3):
        await eventually(under_way, "requests are under way")
        processes.end_group(doomed)
        redis.Redis.from_url(valkey.url).flushall()
        doomed = processes.worker(**QUICK)
    await connections.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'lictor%'"
    )
    await all_done(connections)
    assert await statuses(connections) == {"Delivered": 240}
    # At least once, and each run's events for the first time in their order.
    assert {run_id: first_times(versions) for run_id, versions in listener.events().items()} == {
        str(id): [1, 2, 3, 4] for id in ids
    }
    messages = await connections.fetch("SELECT content FROM message ORDER BY created, id")
    events = [json.loads(row["content"])["event"]["state"] for row in messages]
    # Exactly once.
    assert len(events) == len({event["id"] for event in events}) == 120


async def test_a_worker_that_was_stopped_for_a_while_does_no_harm(
    processes: Processes, connections, tenant_id, listener
):
    listener.delay = 0.3
    await make_hook(connections, tenant_id, states=EVERYTHING, config={"url": listener.url})
    stopped = processes.worker(**QUICK)
    ids = await make_events(connections, tenant_id, 6)

    async def under_way() -> bool:
        return listener.at_once > 0

    await eventually(under_way, "requests are under way")
    # All of its group: a child does the work.
    os.killpg(stopped.popen.pid, signal.SIGSTOP)
    processes.worker(**QUICK)
    await all_done(connections)
    os.killpg(stopped.popen.pid, signal.SIGCONT)
    await make_events(connections, tenant_id, 1)
    await all_done(connections)
    assert await statuses(connections) == {"Delivered": 28}
    assert {first_times(listener.events()[str(id)])[-1] for id in ids} == {4}


async def test_dead_letters_are_seen_and_sent_again(processes: Processes, connections, tenant_id, listener):
    listener.failing, listener.failure = 1.0, (410, "")
    await make_hook(connections, tenant_id, states=["RUNNING"], config={"url": listener.url})
    processes.worker(**QUICK)
    await make_events(connections, tenant_id, 1)
    await all_done(connections)
    row = await connections.fetchrow("SELECT * FROM hook_delivery")
    # It would be refused again: not tried twice.
    assert (row["status"], row["attempts"], row["last_status"]) == ("Dead", 1, 410)
    assert row["last_error"] == "127.0.0.1 answered HTTP 410."
    listener.failing = 0.0
    await retry_hook_delivery(connections, row["id"])
    await all_done(connections, within=5)
    assert await statuses(connections) == {"Delivered": 1}
    assert [request.headers["x-prefect-event-id"] for request in listener.requests] == [
        str(row["event_id"])
    ] * 2


async def test_what_never_succeeds_dies_after_its_attempts_and_lets_the_next_go(
    processes: Processes, connections, tenant_id, listener
):
    listener.failing = 1.0
    await make_hook(connections, tenant_id, states=["RUNNING", "SUCCESS"], config={"url": listener.url})
    processes.worker(**{**QUICK, "LICTOR_HOOK_MAX_ATTEMPTS": "3"})
    await make_events(connections, tenant_id, 1)
    await all_done(connections)
    assert await statuses(connections) == {"Dead": 2}
    states = [request.json["event"]["state"]["state"] for request in listener.requests]
    assert states == ["Running"] * 3 + ["Success"] * 3
    assert {row["attempts"] for row in await connections.fetch("SELECT attempts FROM hook_delivery")} == {3}


async def test_a_listener_that_asks_to_wait_is_left_alone_so_long(
    processes: Processes, connections, tenant_id, listener
):
    listener.failing, listener.failure = 1.0, (429, "retry-after: 2\r\n")
    await make_hook(connections, tenant_id, states=["RUNNING"], config={"url": listener.url})
    processes.worker(**{**QUICK, "LICTOR_HOOK_RETRY_LONGEST": "60"})
    await make_events(connections, tenant_id, 1)

    async def refused() -> bool:
        return await connections.fetchval("SELECT last_status FROM hook_delivery") == 429

    await eventually(refused, "the first answer")
    wait = await connections.fetchval(
        "SELECT extract(epoch FROM next_attempt - last_attempt)::float8 FROM hook_delivery"
    )
    assert 2 <= wait < 4
    listener.failing = 0.0
    await all_done(connections)
    assert len(listener.requests) == 2


async def test_a_slow_host_holds_nobody_up_and_is_not_overrun(
    processes: Processes, connections, tenant_id, listener
):
    async with Listener(delay=1.5) as slow:
        # As many hooks of the slow host as there is room for deliveries.
        for _ in range(8):
            await make_hook(connections, tenant_id, states=["RUNNING"], config={"url": slow.url})
        quick = await make_hook(
            connections, tenant_id, states=["RUNNING"], config={"url": listener.url.replace("127.0.0.1", "127.0.0.2")}
        )  # fmt: skip
        server = await asyncio.start_server(listener._serve, "127.0.0.2", 0)
        port = server.sockets[0].getsockname()[1]
        await connections.execute(
            "UPDATE cloud_hook SET config = jsonb_build_object('url', $2::text) WHERE id = $1",
            quick, f"http://127.0.0.2:{port}/hook",
        )  # fmt: skip
        await make_events(connections, tenant_id, 10)
        processes.worker(**{**QUICK, "LICTOR_HOOK_CONCURRENCY": "8", "LICTOR_HOOK_CONCURRENCY_PER_HOST": "4"})

        async def quick_done() -> bool:
            return len(listener.taken) == 10

        await eventually(quick_done, "the quick listener has heard everything")
        # 80 deliveries of 1.5 s, 4 at a time, take half a minute.
        assert await left(connections) > 40
        assert slow.most_at_once <= 4
        server.close()


async def test_hooks_that_cannot_be_told_die_with_a_reason(
    processes: Processes, connections, tenant_id, listener
):
    off = await make_hook(connections, tenant_id, states=["RUNNING"], config={"url": listener.url})
    await make_hook(
        connections, tenant_id, states=["RUNNING"], config={"url": listener.url}, signing_secret="whsec_!"
    )
    await make_hook(connections, tenant_id, states=["RUNNING"], config={"url": "http://10.1.2.3/"})
    await make_hook(connections, tenant_id, states=["RUNNING"], config={})
    await make_events(connections, tenant_id, 1)
    await connections.execute("UPDATE cloud_hook SET active = false WHERE id = $1", off)
    processes.worker(**QUICK)
    await all_done(connections)
    errors = [
        row["last_error"]
        for row in await connections.fetch("SELECT last_error FROM hook_delivery ORDER BY sequence")
    ]
    for words in ("was switched off", "Invalid signing_secret", "not a public address", "url is missing"):
        assert any(words in error for error in errors), errors
    assert await statuses(connections) == {"Dead": 4}
    assert listener.requests == []
