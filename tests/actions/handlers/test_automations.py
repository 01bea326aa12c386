"""Automations through their actions (contract ui-and-cloud.md B.4)."""

from __future__ import annotations

import dataclasses
import json
from uuid import uuid4

import pytest

from lictor.actions.registry import ActionError
from lictor.orchestration import secrets
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.sealing import Keyring, new_key
from lictor.settings import Settings
from tests.orchestration.automations import API, actions
from tests.orchestration.builders import make_flow, make_tenant

REFUSED = (ActionError, OrchestrationError)
TYPES = {
    "webhook": "WebhookAction",
    "slack_notification": "SlackNotificationAction",
    "teams_webhook_notification": "TeamsWebhookNotificationAction",
    "email_notification": "EmailNotificationAction",
    "twilio_notification": "TwilioNotificationAction",
    "pagerduty_notification": "PagerDutyNotificationAction",
    "cancel_flow_run": "CancelFlowRunAction",
    "pause_schedule": "PauseScheduleAction",
    "create_flow_run": "CreateFlowRunAction",
}


@pytest.fixture
def caller(caller, receiver):
    """One whose server lets actions reach loopback, keeps secrets, and takes the receiver for the paging services."""
    settings = Settings(
        hook_networks="127.0.0.0/8", twilio_url=receiver.url, pagerduty_url=receiver.url, ui_url="https://ui"
    )
    return dataclasses.replace(caller, settings=settings, keyring=Keyring.parse(new_key()))


@pytest.fixture
async def group_id(pool, tenant_id) -> str:
    flow_id = await make_flow(pool, tenant_id=tenant_id)
    return str(await pool.fetchval("SELECT flow_group_id FROM flow WHERE id = $1", flow_id))


@pytest.fixture
def make(call, tenant_id):
    async def made(name: str, /, **input) -> str:
        return (await call(name, **input))["id"]

    return made


@pytest.fixture
async def action_id(make, tenant_id) -> str:
    return await make(
        "create_action", tenant_id=str(tenant_id), config={"webhook": {"url": "http://127.0.0.1:9/"}}
    )


@pytest.fixture
async def sla_id(make, tenant_id) -> str:
    return await make(
        "create_flow_sla_config", tenant_id=str(tenant_id), kind="STARTED_NOT_FINISHED", duration_seconds=60
    )


@pytest.mark.parametrize("kind", TYPES)
async def test_actions_of_every_class_are_stored(pool, make, tenant_id, group_id, kind):
    fields = actions("https://example.com/x", group_id)[kind]  # type: ignore[arg-type]
    config = {kind: {**fields, "message": None} if "message" in fields else fields}
    id = await make("create_action", tenant_id=str(tenant_id), name="n", config=json.dumps(config))
    row = await pool.fetchrow("SELECT * FROM action")
    assert (str(row["id"]), row["tenant_id"], row["name"], row["action_type"]) == (
        id,
        tenant_id,
        "n",
        TYPES[kind],
    )
    fields.pop("message", None)
    assert json.loads(row["config"]) == {kind: fields}


TWILIO = {"account_sid": "a", "auth_token_secret": "b", "messaging_service_sid": "c", "phone_numbers": ["+1"]}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (None, "Invalid config: it has to be a JSON object; give exactly one of webhook, slack_notification"),
        ([], "it has to be a JSON object"),
        ({}, "Invalid config: it has 0 keys (none); give exactly one of webhook"),
        ({"webhook": {}, "cancel_flow_run": {}}, "it has 2 keys ('webhook', 'cancel_flow_run'); give exactly one of"),
        ({"email": {}}, "Invalid config: 'email' is no kind of action; give exactly one of"),
        ({"webhook": None}, "config.webhook has to be a JSON object; WebhookAction takes url and may have payload, headers"),
        ({"webhook": {}}, "config.webhook.url is missing; WebhookAction takes url"),
        ({"webhook": {"url": None}}, "config.webhook.url is missing"),
        ({"webhook": {"url": "ftp://a"}}, "config.webhook.url must be an http or https URL"),
        ({"webhook": {"url": "http://a", "method": "GET"}}, "config.webhook.method is unknown; WebhookAction takes url"),
        ({"webhook": {"url": "http://a", "payload": "x"}}, "config.webhook.payload must be a JSON object or list"),
        ({"webhook": {"url": "http://a", "headers": {"a": 1}}}, "config.webhook.headers must be a JSON object of texts"),
        ({"webhook": {"url": "http://a", "headers": {"a b": ""}}}, "config.webhook.headers has 'a b', which is no name"),
        ({"webhook": {"url": "http://a", "headers": {"Host": "x"}}}, "config.webhook.headers has 'Host', which is not for"),
        ({"webhook": {"url": "http://a/" + "x" * 70_000}}, "the limit is 65,536"),
        ({"webhook": {"url": "http://a", "payload": {"a": "\0"}}}, "config holds a NUL"),
        ({"slack_notification": {"url": "http://a"}}, "config.slack_notification.url is unknown"),
        ({"slack_notification": {"webhook_url_secret": ""}}, "config.slack_notification.webhook_url_secret must be a text"),
        ({"teams_webhook_notification": {"message": "x"}}, "teams_webhook_notification.webhook_url_secret is missing"),
        ({"email_notification": {"to_emails": []}}, "config.email_notification.to_emails must be a list of 1 to 500 e-mail"),
        ({"email_notification": {"to_emails": ["a@b.c, d@e.f"]}}, "to_emails must be a list of 1 to 500 e-mail addresses"),
        ({"email_notification": {"to_emails": ["a@b\nBcc: x@y.z"]}}, "to_emails must be a list of 1 to 500 e-mail"),
        ({"twilio_notification": {**TWILIO, "phone_numbers": "+1"}}, "config.twilio_notification.phone_numbers must be a list"),
        ({"twilio_notification": {**TWILIO, "auth_token": "t"}}, "config.twilio_notification.auth_token is unknown"),
        ({"pagerduty_notification": {"routing_key": "k", "severity": "bad"}}, "severity must be one of info, warning"),
        ({"cancel_flow_run": {"message": 7}}, "config.cancel_flow_run.message must be a text that is not empty"),
        ({"cancel_flow_run": []}, "config.cancel_flow_run has to be a JSON object"),
        ({"pause_schedule": {"flow_group_id": "x"}}, "config.pause_schedule.flow_group_id must be a UUID"),
        ({"create_flow_run": {}}, "config.create_flow_run.flow_group_id is missing"),
        ({"create_flow_run": {"flow_group_id": str(uuid4())}}, "Invalid config.create_flow_run.flow_group_id: Flow group"),
        ({"create_flow_run": {"flow_group_id": str(uuid4()), "parameters": []}}, "parameters must be a JSON object"),
        ({"create_flow_run": {"flow_group_id": str(uuid4()), "labels": "a"}}, "labels must be a list of texts"),
    ],
    ids=lambda value: value[-40:] if isinstance(value, str) else "",
)  # fmt: skip
async def test_a_bad_config_is_told_and_not_stored(pool, call, tenant_id, config, words):
    with pytest.raises(REFUSED) as refused:
        await call("create_action", tenant_id=str(tenant_id), config=config)
    assert words in str(refused.value)
    assert await pool.fetchval("SELECT count(*) FROM action") == 0


async def test_what_else_an_action_refuses(pool, call, call_as, make, tenant_id, group_id):
    webhook = {"webhook": {"url": "http://a"}}
    with pytest.raises(REFUSED, match="name has 256 characters; the limit is 255"):
        await call("create_action", name="n" * 256, config=webhook)
    other = await make_tenant(pool)
    with pytest.raises(ActionError, match=f"Tenant {other} not found"):
        await call_as(tenant_id, "create_action", tenant_id=str(other), config=webhook)
    foreign = {"pause_schedule": {"flow_group_id": group_id}}
    with pytest.raises(REFUSED, match=f"Flow group {group_id} not found"):
        await call_as(other, "create_action", config=foreign)
    assert await pool.fetchval("SELECT count(*) FROM action") == 0


@pytest.mark.parametrize("groups", [None, [], "one"])
async def test_a_hook_of_states(pool, make, action_id, tenant_id, group_id, groups):
    ids = [group_id, group_id] if groups == "one" else groups
    id = await make(
        "create_flow_run_state_changed_hook", action_id=action_id, states=["FAILED", "Failed", "timedout"],
        flow_group_ids=ids,
    )  # fmt: skip
    row = await pool.fetchrow("SELECT * FROM hook")
    assert (str(row["id"]), row["tenant_id"], str(row["action_id"])) == (id, tenant_id, action_id)
    assert row["event_type"] == "FlowRunStateChangedEvent"
    # The UI says "all flows" with no ids, or without any.
    expected = {"state": ["Failed", "TimedOut"], **({"flow_group_id": [group_id]} if groups == "one" else {})}
    assert json.loads(row["event_tags"]) == expected


async def test_hooks_of_slas(pool, make, call, action_id, group_id, sla_id, tenant_id):
    config_id = await make("create_agent_config", tenant_id=str(tenant_id), sla_min_healthy=2)
    attached = await make("create_flow_group_sla", flow_sla_config_id=sla_id, flow_group_id=group_id)
    # Again, it is the same.
    assert await make("create_flow_group_sla", flow_sla_config_id=sla_id, flow_group_id=group_id) == attached
    await make("create_flow_sla_failed_hook", action_id=action_id, sla_config_ids=[sla_id])
    await make("create_agent_sla_failed_hook", action_id=action_id, agent_config_ids=[config_id])
    found = await pool.fetch("SELECT event_type, event_tags FROM hook ORDER BY id")
    assert [(row["event_type"], json.loads(row["event_tags"])) for row in found] == [
        ("FlowSLAFailedEvent", {"flow_sla_config_id": [sla_id]}),
        ("AgentSLAFailedEvent", {"agent_config_id": [config_id]}),
    ]
    assert await pool.fetchval("SELECT sla_min_healthy FROM agent_config") == 2
    with pytest.raises(REFUSED, match="Invalid sla_min_healthy 0: give 1 or more"):
        await call("update_agent_config", agent_config_id=config_id, sla_min_healthy=0)
    assert (await call("update_agent_config", agent_config_id=config_id, sla_min_healthy=3))["success"]
    assert await pool.fetchval("SELECT sla_min_healthy FROM agent_config") == 3


@pytest.mark.parametrize(
    ("mutation", "input", "words"),
    [
        ("create_flow_run_state_changed_hook", {"states": []}, "Invalid states: there are none. Give one or more of"),
        ("create_flow_run_state_changed_hook", {"states": ["Nonsense"]}, "Invalid states: Nonsense. Give one or more"),
        ("create_flow_run_state_changed_hook", {"states": ["Failed"], "flow_group_ids": [str(uuid4())]}, "Invalid flow_group_ids: Flow group"),
        ("create_flow_sla_failed_hook", {"sla_config_ids": []}, "Invalid sla_config_ids: the list is empty; create_flow_sla_config"),
        ("create_flow_sla_failed_hook", {"sla_config_ids": [str(uuid4())]}, "Invalid sla_config_ids: Flow SLA config"),
        ("create_agent_sla_failed_hook", {"agent_config_ids": []}, "Invalid agent_config_ids: the list is empty; create_agent"),
        ("create_agent_sla_failed_hook", {"agent_config_ids": [str(uuid4())]}, "Invalid agent_config_ids: Agent config"),
        ("create_agent_sla_failed_hook", {"agent_config_ids": [str(uuid4())] * 1001}, "there are 1,001; the limit is 1,000"),
    ],
)  # fmt: skip
async def test_a_bad_hook_is_told_and_not_made(pool, call, action_id, mutation, input, words):
    with pytest.raises(REFUSED) as refused:
        await call(mutation, action_id=action_id, **input)
    assert words in str(refused.value)
    with pytest.raises(REFUSED):
        await call(mutation, **input)
    assert await pool.fetchval("SELECT count(*) FROM hook") == 0


@pytest.mark.parametrize("kind", sorted(API))
async def test_agents_have_no_runs_to_act_on(pool, make, call, tenant_id, group_id, kind):
    config = {kind: actions("http://a", group_id)[kind]}  # type: ignore[arg-type]
    action_id = await make("create_action", tenant_id=str(tenant_id), config=config)
    config_id = await make("create_agent_config", tenant_id=str(tenant_id))
    with pytest.raises(REFUSED, match=f"Invalid action_id: a {TYPES[kind]} needs an event of a flow run"):
        await call("create_agent_sla_failed_hook", action_id=action_id, agent_config_ids=[config_id])
    assert await pool.fetchval("SELECT count(*) FROM hook") == 0


async def test_of_another_tenant_nothing_is_found(
    pool, call_as, make, action_id, sla_id, group_id, tenant_id
):
    other = await make_tenant(pool)
    mine = (await call_as(other, "create_action", config={"webhook": {"url": "http://a"}}))["id"]
    my_sla = (
        await call_as(other, "create_flow_sla_config", kind="STARTED_NOT_FINISHED", duration_seconds=1)
    )["id"]
    config_id = await make("create_agent_config", tenant_id=str(tenant_id))
    hook_id = await make("create_flow_run_state_changed_hook", action_id=action_id, states=["Failed"])
    before = await pool.fetchval("SELECT count(*) FROM hook")
    for mutation, input in (
        ("create_flow_run_state_changed_hook", {"action_id": action_id, "states": ["Failed"]}),
        (
            "create_flow_run_state_changed_hook",
            {"action_id": mine, "states": ["Failed"], "flow_group_ids": [group_id]},
        ),
        ("create_flow_sla_failed_hook", {"action_id": mine, "sla_config_ids": [my_sla, sla_id]}),
        ("create_agent_sla_failed_hook", {"action_id": mine, "agent_config_ids": [config_id]}),
        ("create_flow_group_sla", {"flow_sla_config_id": my_sla, "flow_group_id": group_id}),
        ("create_flow_group_sla", {"flow_sla_config_id": sla_id, "flow_group_id": group_id}),
    ):
        with pytest.raises(REFUSED, match="not found"):
            await call_as(other, mutation, **input)
    assert not (await call_as(other, "delete_action", action_id=action_id))["success"]
    assert not (await call_as(other, "delete_hook", hook_id=hook_id))["success"]
    tried = await call_as(other, "test_action", action_id=action_id)
    assert tried == {"success": False, "error": f"Action {action_id} not found."}
    assert await pool.fetchval("SELECT count(*) FROM hook") == before
    assert await pool.fetchval("SELECT count(*) FROM flow_group_sla") == 0


async def test_hooks_and_actions_go_once(pool, call, make, action_id):
    hooks = [
        await make("create_flow_run_state_changed_hook", action_id=action_id, states=["Failed"])
        for _ in range(2)
    ]
    assert [(await call("delete_hook", hook_id=hooks[0]))["success"] for _ in range(2)] == [True, False]
    # The UI says so before: its automations go, too.
    assert [(await call("delete_action", action_id=action_id))["success"] for _ in range(2)] == [True, False]
    assert await pool.fetchval("SELECT count(*) FROM hook") == 0


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [("NONSENSE", 5), ("STARTED_NOT_FINISHED", 0), ("STARTED_NOT_FINISHED", -1), (None, 5)],
)
async def test_an_sla_has_a_kind_and_a_time(pool, call, tenant_id, kind, seconds):
    with pytest.raises(REFUSED, match=r"kind|duration_seconds"):
        await call("create_flow_sla_config", kind=kind, duration_seconds=seconds)
    assert await pool.fetchval("SELECT count(*) FROM flow_sla_config") == 0


# Trying -----------------------------------------------------------------------------------------------


async def test_an_action_is_tried_with_an_invented_event(pool, call, make, tenant_id, receiver):
    config = {"webhook": {"url": receiver.url, "payload": {"{state}": "{flow_run_name}"}, "headers": {"X-M": "{state_message}\r\n{tenant_slug}"}}}  # fmt: skip
    action_id = await make("create_action", tenant_id=str(tenant_id), config=config)
    assert await call("test_action", action_id=action_id) == {"success": True, "error": None}
    [request] = receiver.requests
    assert request.json == {"Success": "test-run"}
    slug = await pool.fetchval("SELECT slug FROM tenant")
    assert request.headers["x-m"] == f"This is a test of an action; no flow has run. {slug}"
    assert "webhook-signature" in request.headers
    # Anything but 200 is a failure.
    for status, words in ((204, "only 200 means that it was taken"), (500, "answered HTTP 500")):
        receiver.status = status
        answer = await call("test_action", action_id=action_id)
        assert not answer["success"]
        assert words in answer["error"]


async def test_a_trial_needs_its_secret(pool, call, make, caller, tenant_id, receiver):
    config = {"slack_notification": {"webhook_url_secret": "slack", "message": "<!here> {flow_name}"}}
    action_id = await make("create_action", tenant_id=str(tenant_id), config=config)
    answer = await call("test_action", action_id=action_id)
    assert (
        answer["error"]
        == "webhook_url_secret: There is no secret 'slack'. Set it (set_secret), and send this again."
    )
    await secrets.set_secret(pool, caller.keyring, tenant_id, "slack", f" {receiver.url}\n", size_limit=1000)
    assert (await call("test_action", action_id=action_id))["success"]
    assert receiver.requests[0].json == {"text": "<!here> Test Flow"}


@pytest.mark.parametrize("kind", sorted(API))
async def test_trying_what_we_do_ourselves_changes_nothing(pool, call, make, tenant_id, group_id, kind):
    config = {kind: {"flow_group_id": group_id} if kind != "cancel_flow_run" else {}}
    action_id = await make("create_action", tenant_id=str(tenant_id), config=config)
    await pool.execute("UPDATE flow SET is_schedule_active = true")
    before = await pool.fetch("SELECT t::text FROM flow AS t")
    assert await call("test_action", action_id=action_id) == {"success": True, "error": None}
    assert await pool.fetch("SELECT t::text FROM flow AS t") == before
    assert await pool.fetchval("SELECT count(*) FROM flow_run") == 0
    await pool.execute("UPDATE flow SET archived = true")
    answer = await call("test_action", action_id=action_id)
    assert answer["success"] == (kind != "create_flow_run")
    if kind == "create_flow_run":
        assert "register the flow again" in answer["error"]
