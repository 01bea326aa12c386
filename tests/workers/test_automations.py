"""Automations by a real worker process: every event with every action it can have (docs/decisions/0017-automations.md)."""

from __future__ import annotations

import json
import signal
from datetime import timedelta
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from lictor.orchestration import automations, secrets, slas
from lictor.orchestration.deliveries import retry_hook_delivery
from lictor.orchestration.sealing import Keyring, new_key
from tests.listener import Listener
from tests.mail_server import MailServer
from tests.orchestration.automations import API, SECRET, actions, group_of, make_agent, make_sla, set_api_life
from tests.orchestration.builders import insert, make_flow, make_tenant
from tests.orchestration.hooks import enter, make_run
from tests.workers.conftest import Processes, eventually
from tests.workers.test_delivery import QUICK, all_done, statuses

pytestmark = pytest.mark.timeout(120)

EVENTS = ["FlowRunStateChangedEvent", "FlowSLAFailedEvent", "AgentSLAFailedEvent"]


@pytest.fixture
async def tenant_id(connections):
    return await make_tenant(connections)


@pytest.fixture
async def listener():
    async with Listener() as listener:
        yield listener


@pytest.fixture
async def mail():
    async with MailServer() as server:
        yield server


@pytest.fixture
def key() -> str:
    return new_key()


@pytest.fixture
def environment(listener, mail, key) -> dict[str, str]:
    base = listener.url.removesuffix("/hook")
    return {
        **QUICK,
        "LICTOR_TWILIO_URL": base,
        "LICTOR_PAGERDUTY_URL": base,
        "LICTOR_SMTP_HOST": "127.0.0.1",
        "LICTOR_SMTP_PORT": str(mail.port),
        "LICTOR_SMTP_TLS": "off",
        "LICTOR_SECRET_KEY": key,
        "LICTOR_UI_URL": "https://ui",
    }


async def set_off(connections, tenant_id: UUID, event: str, action_ids: list[UUID]) -> UUID | None:
    """Hooks of this event for all actions, and the event; returns the run it is about."""
    moment = await connections.fetchval("SELECT clock_timestamp()")
    if event == "AgentSLAFailedEvent":
        await set_api_life(connections)
        config_id = UUID(int=7)
        await insert(connections, "agent_config", {"id": config_id, "tenant_id": tenant_id, "settings": {}, "sla_min_healthy": 1, "created": moment, "updated": moment})  # fmt: skip
        old = moment - timedelta(hours=1)
        await make_agent(connections, tenant_id, config_id, created=old, updated=old, last_queried=old)
        for action_id in action_ids:
            await automations.create_agent_sla_failed_hook(
                connections, action_id, agent_config_ids=[config_id]
            )
        later = moment + timedelta(hours=1)
        assert await slas.fail_agent_slas(connections, healthy_for=timedelta(minutes=1), now=later) == (1, 0)
        return None
    run_id = await make_run(connections, tenant_id, name="my flow")
    if event == "FlowSLAFailedEvent":
        sla_id = await make_sla(
            connections, tenant_id, await group_of(connections, run_id), "STARTED_NOT_FINISHED"
        )
        for action_id in action_ids:
            await automations.create_flow_sla_failed_hook(connections, action_id, sla_config_ids=[sla_id])
        await enter(connections, (run_id, "Running"))
        assert await slas.fail_flow_slas(connections, now=moment + timedelta(hours=1)) == 1
        return run_id
    for action_id in action_ids:
        await automations.create_flow_run_state_changed_hook(connections, action_id, states=["Running"])
    await connections.execute("UPDATE flow SET is_schedule_active = true")
    await enter(connections, (run_id, "Running"))
    return run_id


@pytest.mark.parametrize("event", EVENTS)
async def test_every_event_with_every_action(
    processes: Processes, connections, tenant_id, listener, mail, key, environment, event
):
    keyring = Keyring.parse(key)
    for name, value in ((SECRET, listener.url), ("token", "t0ken")):
        await secrets.set_secret(connections, keyring, tenant_id, name, value, size_limit=1000)
    other = await make_flow(connections, tenant_id=tenant_id)
    group_id = await connections.fetchval("SELECT flow_group_id FROM flow WHERE id = $1", other)
    kinds = {
        kind: fields
        for kind, fields in actions(listener.url, group_id).items()
        if not (event == "AgentSLAFailedEvent" and kind in API)
    }
    ids = [
        await automations.create_action(connections, tenant_id=tenant_id, name=kind, config={kind: fields})
        for kind, fields in kinds.items()
    ]
    run_id = await set_off(connections, tenant_id, event, ids)
    processes.worker(**environment)
    await all_done(connections)
    errors = await connections.fetch("SELECT last_error FROM hook_delivery WHERE last_error IS NOT NULL")
    assert (await statuses(connections), errors) == ({"Delivered": len(kinds)}, [])

    hooked = [request for request in listener.taken if request.path == "/hook"]
    bodies = [request.json for request in hooked]
    [payload] = [body for body in bodies if event in body]
    run_name = "{flow_run_name}" if run_id is None else "my run"
    assert payload[event][0].startswith(f"{run_name}|")
    assert {"text": f"slack {event} {run_name}"} in bodies
    assert any(body.get("type") == "message" and f"teams {event}" in json.dumps(body) for body in bodies)
    [signed] = [request for request in hooked if "webhook-signature" in request.headers]
    assert signed.headers["webhook-id"] == signed.headers["x-prefect-event-id"]
    sms = [request for request in listener.taken if request.path == "/2010-04-01/Accounts/AC1/Messages.json"]
    assert sorted(parse_qs(request.body.decode())["To"][0] for request in sms) == ["+1", "+2"]
    assert {parse_qs(request.body.decode())["Body"][0] for request in sms} == {f"sms {event}"}
    [page] = [request.json for request in listener.taken if request.path == "/v2/enqueue"]
    assert (page["routing_key"], page["payload"]["summary"]) == ("key", f"page {event}")
    assert page["payload"]["custom_details"]["event_name"] == event
    assert page["dedup_key"] == signed.headers["webhook-id"]
    [handed] = mail.handed
    assert (handed.to, handed.message["subject"]) == (["a@example.com"], f"mail {event}")
    if run_id is not None:
        run = await connections.fetchrow("SELECT state, state_message FROM flow_run WHERE id = $1", run_id)
        assert tuple(run) == ("Cancelling", f"because of {event}")
        assert not await connections.fetchval("SELECT is_schedule_active FROM flow WHERE name = 'my flow'")
        made = await connections.fetch("SELECT parameters FROM flow_run WHERE flow_id = $1", other)
        assert [json.loads(row["parameters"]) for row in made] == [{"why": f"{event} of {run_id}"}]


async def test_the_clock_has_slas_looked_at(
    processes: Processes, connections, tenant_id, listener, environment
):
    run_id = await make_run(connections, tenant_id)
    sla_id = await make_sla(
        connections, tenant_id, await group_of(connections, run_id), "STARTED_NOT_FINISHED", 1
    )
    action_id = await automations.create_action(
        connections, tenant_id=tenant_id, name=None, config={"webhook": {"url": listener.url}}
    )
    await automations.create_flow_sla_failed_hook(connections, action_id, sla_config_ids=[sla_id])
    await enter(connections, (run_id, "Running"))
    processes.clock(LICTOR_FLOW_SLA_INTERVAL="0.5")
    for _ in range(2):
        processes.worker(**environment)

    async def told() -> bool:
        return bool(listener.taken)

    await eventually(told, "the broken SLA was told", 60)
    [request] = listener.taken
    # Without a payload of its own, all that is known of the event.
    assert request.json["flow_run_id"] == str(run_id)
    assert request.json["flow_run_link"].endswith(f"/flow-run/{run_id}")
    assert request.json["event_name"] == "FlowSLAFailedEvent"


async def test_an_action_survives_the_worker_that_had_it(
    processes: Processes, connections, tenant_id, listener, environment
):
    """Killed while the listener has the request: another makes it, and what is ours is done once."""
    listener.delay = 1.0
    run_id = await make_run(connections, tenant_id)
    other = await make_flow(connections, tenant_id=tenant_id)
    group_id = await connections.fetchval("SELECT flow_group_id FROM flow WHERE id = $1", other)
    for config in ({"webhook": {"url": listener.url}}, {"create_flow_run": {"flow_group_id": str(group_id)}}):
        action_id = await automations.create_action(
            connections, tenant_id=tenant_id, name=None, config=config
        )
        await automations.create_flow_run_state_changed_hook(connections, action_id, states=["Running"])
    first = processes.worker(**environment)
    await enter(connections, (run_id, "Running"))

    async def asked() -> bool:
        return bool(listener.requests)

    await eventually(asked, "the listener was asked")
    first.signal(signal.SIGKILL)
    processes.end_group(first)
    processes.worker(**environment)
    processes.worker(**environment)
    await all_done(connections)
    assert await statuses(connections) == {"Delivered": 2}
    assert len({request.headers["webhook-id"] for request in listener.requests}) == 1
    assert await connections.fetchval("SELECT count(*) FROM flow_run WHERE flow_id = $1", other) == 1


async def test_what_cannot_be_done_says_why_and_how_to_go_on(
    processes: Processes, connections, tenant_id, listener, key, environment
):
    run_id = await make_run(connections, tenant_id)
    keyring = Keyring.parse(key)
    await secrets.set_secret(connections, keyring, tenant_id, "number", 7, size_limit=1000)
    # Another tenant's secret of this name is none of ours.
    await secrets.set_secret(
        connections, keyring, await make_tenant(connections), "later", listener.url, size_limit=99
    )
    for name in ("later", "number"):
        action_id = await automations.create_action(
            connections,
            tenant_id=tenant_id,
            name=name,
            config={"slack_notification": {"webhook_url_secret": name}},
        )
        await automations.create_flow_run_state_changed_hook(connections, action_id, states=["Running"])
    await enter(connections, (run_id, "Running"))
    processes.worker(**environment)
    await all_done(connections)
    dead = {row["last_error"]: row["id"] for row in await connections.fetch("SELECT * FROM hook_delivery")}
    missing = "webhook_url_secret: There is no secret 'later'. Set it (set_secret), and send this again."
    assert set(dead) == {
        missing, "webhook_url_secret: The secret 'number' has to be a text that is not empty.",
    }  # fmt: skip
    assert listener.requests == []
    await secrets.set_secret(connections, keyring, tenant_id, "later", listener.url, size_limit=1000)
    await retry_hook_delivery(connections, dead[missing])
    await all_done(connections)
    assert len(listener.taken) == 1
    # Never in clear where anybody reads.
    for table in ("action", "hook", "hook_delivery"):
        assert listener.url not in str(await connections.fetch(f"SELECT t::text FROM {table} AS t"))
