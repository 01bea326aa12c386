"""/metrics: what it counts, who may read it, and that a database that is away costs its own numbers only."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from lictor.actions.gateway import scrape
from lictor.actions.gateway.errors import HttpProblem
from lictor.actions.registry import ACTIONS
from lictor.settings import Settings
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for
from tests.orchestration.builders import make_flow

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def one(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


async def scraped(gateway: RunningGateway) -> Samples:
    answer = await gateway.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=1.0.0")
    return samples(answer.text)


@pytest.fixture
async def own(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningGateway]:
    monkeypatch.setattr(scrape, "FRESH_SECONDS", 0.0)
    async with serve(settings_for(database)) as running:
        yield running


async def test_calls_answers_and_refusals_are_counted(own: RunningGateway) -> None:
    before = await scraped(own)
    await own.post("{ hello }")
    await own.post("{ tenant { id } }")
    await own.post(f'mutation {{ create_project(input: {{name: "", tenant_id: "{uuid4()}"}}) {{ id }} }}')
    await own.post("{ no_such_field }")
    await own.client.put("/")
    after = await scraped(own)

    def more(name: str, **labels: str) -> float:
        return one(after, name, **labels) - one(before, name, **labels)

    assert more("lictor_call_seconds_count", operation="hello", outcome="ok") == 1
    assert more("lictor_call_seconds_count", operation="query", outcome="ok") == 1
    assert more("lictor_call_seconds_count", operation="create_project", outcome="error") == 1
    assert more("lictor_call_seconds_bucket", operation="hello", outcome="ok", le="+Inf") == 1
    assert more("lictor_refused_total", code="GRAPHQL_VALIDATION_FAILED") == 1
    assert more("lictor_refused_total", code="BAD_REQUEST") == 1
    assert more("lictor_http_responses_total", status="405") == 1
    assert more("lictor_http_responses_total", status="400") == 1
    # The second scrape does not see itself.
    assert more("lictor_http_responses_total", status="200") == 4


async def test_labels_come_from_fixed_sets(own: RunningGateway) -> None:
    for name in ("a1", "b2", "x" * 500):
        await own.post(f"query {name} {{ hello }}")
        await own.post(f"mutation {{ {name} }}")
        await own.client.request(name.upper()[:10], "/")
    operations = {
        dict(labels)["operation"]
        for name, labels in await scraped(own)
        if name == "lictor_call_seconds_count"
    }
    assert operations <= {*ACTIONS, "query", "mutation", "subscription"}


async def test_the_database_is_told_of(own: RunningGateway, pool: asyncpg.Pool) -> None:
    flow = await make_flow(pool)
    run = "INSERT INTO flow_run (tenant_id, flow_id, version, state, state_start_time) SELECT tenant_id, id, 1, $2, now() - $3 * interval '1 s' FROM flow WHERE id = $1"
    for state, seconds in (
        ("Scheduled", 90),
        ("Paused", 5),
        ("Scheduled", -600),
        ("Running", 0),
        ("Success", 0),
    ):
        await pool.execute(run, flow, state, seconds)
    await pool.execute(
        "INSERT INTO utility.duty (name, interval, next_due, declared, last_succeeded, last_duration, last_error)"
        " VALUES ('good', '10 s', now(), now(), now() - interval '4 s', '250 ms', NULL),"
        " ('bad', '10 s', now(), now() - interval '70 s', NULL, NULL, 'no')"
    )
    await pool.execute(
        "INSERT INTO utility.leader VALUES ('clock', gen_random_uuid(), 7, now(), now() + interval '9 s')"
    )
    try:
        found = await scraped(own)
    finally:
        await pool.execute("DELETE FROM utility.duty; DELETE FROM utility.leader")
    assert one(found, "lictor_queue_due_runs") == 2
    assert one(found, "lictor_queue_late_runs") == 1
    assert 89 < one(found, "lictor_queue_oldest_seconds") < 120
    assert one(found, "lictor_runs_under_way", state="Running") == 1
    assert one(found, "lictor_runs_under_way", state="Submitted") == 0
    assert one(found, "lictor_duty_lag_seconds", duty="good") == 0
    assert 69 < one(found, "lictor_duty_lag_seconds", duty="bad") < 100
    assert one(found, "lictor_duty_last_duration_seconds", duty="good") == 0.25
    assert ("lictor_duty_last_success_timestamp_seconds", frozenset({("duty", "bad")})) not in found
    assert one(found, "lictor_duty_failing", duty="bad") == 1
    assert (
        one(found, "lictor_leader_held", lease="clock"),
        one(found, "lictor_leader_term", lease="clock"),
    ) == (1, 7)
    assert one(found, "lictor_database_up") == 1
    assert one(found, "lictor_database_connections") >= 1
    assert {name for name, _ in found} >= {f"lictor_{name}" for name in scrape.GAUGES if "outbox" not in name}


async def test_what_is_owed_to_hooks_is_told_where_there_are_deliveries(
    own: RunningGateway, pool: asyncpg.Pool
) -> None:
    if await pool.fetchval("SELECT to_regclass('hook_delivery')") is None:
        assert ("lictor_outbox_pending", frozenset()) not in await scraped(own)
        await pool.execute("CREATE TABLE hook_delivery (status varchar, next_attempt timestamptz)")
        await pool.execute(
            "INSERT INTO hook_delivery VALUES ('Pending', now() - interval '40 s'), ('Pending', now() + interval '1 h'),"
            " ('Dead', now() - interval '1 day')"
        )
        try:
            found = await scraped(own)
        finally:
            await pool.execute("DROP TABLE hook_delivery")
        assert one(found, "lictor_outbox_pending") == 2
        assert 39 < one(found, "lictor_outbox_age_seconds") < 80
    else:
        assert one(await scraped(own), "lictor_outbox_pending") == 0


async def test_a_database_that_is_away_costs_its_own_numbers_only(
    own: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: Any) -> Any:
        raise ConnectionRefusedError

    await own.post("{ hello }")
    monkeypatch.setattr(scrape.ops, "gauges", away)
    found = await scraped(own)
    assert one(found, "lictor_database_up") == 0
    assert "lictor_queue_due_runs" not in {name for name, _ in found}
    assert one(found, "lictor_call_seconds_count", operation="hello", outcome="ok") >= 1


LOCAL = ("127.0.0.1", 5000)
TOKEN = (b"authorization", b"Bearer sesame")


@pytest.mark.parametrize(
    ("setting", "token", "client", "headers", "status"),
    [
        ("loopback", None, LOCAL, [], None),
        ("loopback", None, ("::1", 5000), [], None),
        ("loopback", None, ("10.0.0.7", 5000), [], 403),
        ("loopback", None, None, [], 403),
        # Whoever comes through a proxy on this machine is not of this machine.
        ("loopback", None, LOCAL, [(b"x-forwarded-for", b"10.0.0.7")], 403),
        ("loopback", None, LOCAL, [(b"via", b"1.1 nginx")], 403),
        ("loopback", "sesame", ("10.0.0.7", 5000), [TOKEN], None),
        ("loopback", "sesame", ("10.0.0.7", 5000), [(b"authorization", b"Bearer wrong")], 403),
        ("loopback", None, ("10.0.0.7", 5000), [(b"authorization", b"Bearer ")], 403),
        ("token", "sesame", LOCAL, [], 401),
        ("token", "sesame", LOCAL, [TOKEN], None),
        ("token", None, LOCAL, [(b"authorization", b"Bearer None")], 401),
        ("off", "sesame", LOCAL, [TOKEN], 404),
    ],
)
def test_who_may_read(setting: Any, token: Any, client: Any, headers: Any, status: int | None) -> None:
    settings = Settings(metrics=setting, metrics_token=token)
    scope = {"client": client, "headers": headers}
    if status is None:
        scrape.check_access(settings, dict(headers), scope)
        return
    with pytest.raises(HttpProblem) as caught:
        scrape.check_access(settings, dict(headers), scope)
    assert caught.value.status == status


async def test_the_gauges_read_live_rows_only(pool: asyncpg.Pool) -> None:
    """Beside many finished runs, only those that wait or are under way are read, whichever index leads to them."""
    flow = await make_flow(pool)
    await pool.execute(
        "INSERT INTO flow_run (tenant_id, flow_id, version, state, state_start_time, auto_scheduled)"
        " SELECT tenant_id, id, 1, CASE WHEN n % 200 = 0 THEN 'Running' WHEN n % 200 = 1 THEN 'Scheduled' ELSE 'Success' END,"
        " now(), true FROM flow, generate_series(1, 20000) AS n WHERE id = $1",
        flow,
    )
    await pool.execute("VACUUM ANALYZE flow_run")
    statement = scrape.ops._sql.gauges
    text = (
        statement.text.replace("$1", "interval '20 s'")
        if statement.parameters[0] == "late"
        else statement.text
    )
    for number, name in enumerate(statement.parameters, 1):
        text = text.replace(f"${number}", "interval '20 s'" if name == "late" else "100000")
    explained = await pool.fetchval(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, FORMAT JSON) {text}")
    reads = [
        node
        for node in _nodes(json.loads(explained)[0]["Plan"])
        if node.get("Relation Name") == "flow_run" or "ix_flow_run" in node.get("Index Name", "")
    ]
    alive = await pool.fetchval(
        "SELECT count(*) FROM flow_run WHERE state NOT IN ('Success', 'Failed', 'Cancelled')"
    )
    assert reads
    assert 200 <= alive < 10000
    for node in reads:
        assert node["Actual Rows"] + node.get("Rows Removed by Filter", 0) <= alive, node


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
