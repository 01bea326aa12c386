"""Cloud hooks through their actions, tried on a real HTTP server (contract server.md 3.6.11)."""

from __future__ import annotations

import dataclasses
import json
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import asyncpg
import pytest

from lictor.actions.registry import ActionError, call_action
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.hook_requests import Addresses, hook_requests
from lictor.settings import Settings
from tests.orchestration.builders import insert, make_flow, make_tenant

TWILIO = {"account_sid": "AC/1", "auth_token": "tok", "messaging_service_sid": "MG1", "to": ["+1", "+2"]}
PAGERDUTY = {"api_token": "tok", "routing_key": "key", "severity": "warning"}


@pytest.fixture
def caller(caller, receiver):
    """One whose server lets hooks reach loopback, and takes the receiver for the paging services."""
    settings = Settings(
        hook_networks="127.0.0.0/8",
        twilio_url=receiver.url,
        pagerduty_url=f"{receiver.url}/",
        ui_url="https://ui.example/",
    )
    return dataclasses.replace(caller, settings=settings)


@pytest.fixture
async def hook_id(call, tenant_id, receiver) -> str:
    return await make_hook(call, tenant_id, config={"url": f"{receiver.url}/hook"})


async def make_hook(call, tenant_id, **values) -> str:
    hook = {"type": "WEBHOOK", "states": ["FAILED"], "tenant_id": str(tenant_id), **values}
    return (await call("create_cloud_hook", **hook))["id"]


@pytest.fixture
async def run_id(pool, call, tenant_id) -> str:
    flow_id = await make_flow(pool, tenant_id=tenant_id, name="my <flow>")
    return (await call("create_flow_run", flow_id=str(flow_id), flow_run_name="my & run"))["id"]


async def test_a_hook_is_stored_active_with_its_states_in_upper_case_once(pool, call, tenant_id):
    config = {"url": "https://example.com/x"}
    id = await make_hook(
        call, tenant_id, states=["Failed", "FAILED", "timedout"], config=json.dumps(config), name="n",
        version_group_id="g",
    )  # fmt: skip
    row = dict(await pool.fetchrow("SELECT * FROM cloud_hook"))
    assert (str(row["id"]), row["tenant_id"], row["type"]) == (id, tenant_id, "WEBHOOK")
    assert json.loads(row["states"]) == ["FAILED", "TIMEDOUT"]
    assert json.loads(row["config"]) == config
    assert (row["name"], row["version_group_id"], row["active"]) == ("n", "g", True)


@pytest.mark.parametrize("config", [None, {}, {"any": "thing"}])
async def test_a_message_hook_takes_any_config(pool, call, tenant_id, config):
    await make_hook(call, tenant_id, type="PREFECT_MESSAGE", config=config)
    assert json.loads(await pool.fetchval("SELECT config FROM cloud_hook")) == (config or {})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"states": []}, "Invalid states: there are none"),
        ({"states": ["FAILED", "Nonsense"]}, "Invalid states: NONSENSE. Give one or more of"),
        ({"states": ["_MetaState"]}, "Invalid states: _METASTATE"),
        ({"states": None}, "got `null`"),
        ({"states": [1]}, "states[0]"),
        ({"type": "EMAIL"}, "EMAIL"),
        ({"config": None}, "Invalid config for WEBHOOK: it has to be a JSON object; the keys have to be exactly url"),
        ({"config": []}, "Invalid config for WEBHOOK: it has to be a JSON object"),
        ({"config": {}}, "Invalid config for WEBHOOK: the keys have to be exactly url (url is missing)"),
        ({"config": {"url": "http://a", "b": 1}}, "('b' is unknown)"),
        ({"config": {"url": 7}}, "Invalid config for WEBHOOK: config.url must be an http or https URL"),
        ({"config": {"url": "ftp://a/b"}}, "config.url must be an http or https URL"),
        ({"config": {"url": "http://[::1"}}, "config.url must be an http or https URL"),
        ({"config": {"url": "http://a:99999"}}, "config.url must be an http or https URL"),
        ({"config": {"url": "http://a/\0"}}, "config holds a NUL"),
        ({"config": {"url": "http://a/" + "x" * 70_000}}, "Invalid config for WEBHOOK: it has 70,0"),
        ({"type": "SLACK_WEBHOOK", "config": {"u": ""}}, "Invalid config for SLACK_WEBHOOK"),
        ({"type": "TWILIO", "config": {**TWILIO, "to": []}}, "config.to must be a list of one or more texts"),
        ({"type": "TWILIO", "config": {**TWILIO, "to": "+1"}}, "config.to must be a list of one or more texts"),
        ({"type": "TWILIO", "config": {**TWILIO, "auth_token": ""}}, "config.auth_token must be a text"),
        ({"type": "PAGERDUTY", "config": {**PAGERDUTY, "severity": "bad"}}, "config.severity must be one of info"),
        ({"type": "PAGERDUTY", "config": {**PAGERDUTY, "severity": []}}, "config.severity must be one of info"),
    ],
)  # fmt: skip
async def test_a_bad_hook_is_told_and_not_made(pool, call, tenant_id, values, words):
    with pytest.raises((ActionError, OrchestrationError)) as refused:
        await make_hook(call, tenant_id, **{"config": {"url": "http://a"}, **values})
    assert words in str(refused.value)
    assert await pool.fetchval("SELECT count(*) FROM cloud_hook") == 0


async def test_the_tenant_of_a_hook(pool, call, call_as, tenant_id):
    config = {"type": "PREFECT_MESSAGE", "states": ["FAILED"]}
    await call("create_cloud_hook", **config)
    assert await pool.fetchval("SELECT tenant_id FROM cloud_hook") == tenant_id
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await call("create_cloud_hook", tenant_id=str(uuid4()), **config)
    other = await make_tenant(pool)
    with pytest.raises(ActionError, match=f"Tenant {other} not found"):
        await call_as(tenant_id, "create_cloud_hook", tenant_id=str(other), **config)
    assert await pool.fetchval("SELECT count(*) FROM cloud_hook") == 1


async def test_hooks_go_on_and_off_and_away(pool, call, call_as, tenant_id, hook_id):
    for mutation, active in (
        ("set_cloud_hook_inactive", False), ("set_cloud_hook_inactive", False), ("set_cloud_hook_active", True),
    ):  # fmt: skip
        assert (await call_as(tenant_id, mutation, cloud_hook_id=hook_id))["success"]
        assert await pool.fetchval("SELECT active FROM cloud_hook") is active
    foreign = await make_tenant(pool)
    for mutation in ("set_cloud_hook_active", "set_cloud_hook_inactive", "delete_cloud_hook"):
        assert not (await call(mutation, cloud_hook_id=str(uuid4())))["success"]
        assert not (await call_as(foreign, mutation, cloud_hook_id=hook_id))["success"]
    assert await pool.fetchval("SELECT active FROM cloud_hook") is True
    assert (await call("delete_cloud_hook", cloud_hook_id=hook_id))["success"]
    assert not (await call("delete_cloud_hook", cloud_hook_id=hook_id))["success"]
    assert await pool.fetchval("SELECT count(*) FROM cloud_hook") == 0


async def test_a_webhook_is_sent_the_whole_event(pool, call, tenant_id, hook_id, run_id, receiver):
    # Neither its states nor that it is off matter to a test.
    await call("set_cloud_hook_inactive", cloud_hook_id=hook_id)
    answer = await call("test_cloud_hook", cloud_hook_id=hook_id, flow_run_id=run_id, state_type="RUNNING")
    assert answer == {"success": True, "error": None}
    [request] = receiver.requests
    event = request.json["event"]
    assert request.path == "/hook"
    assert request.headers["x-prefect-event-id"] == event["id"]
    assert (event["type"], event["is_test_event"]) == ("FlowRunStateChange", True)
    flow = await pool.fetchrow("SELECT * FROM flow")
    told = {key: value for key, value in event["flow"].items() if value is not None}
    assert told == {"id": str(flow["id"]), "name": "my <flow>", "flow_group_id": str(flow["flow_group_id"]),
                    "version_group_id": flow["version_group_id"]}  # fmt: skip
    assert event["flow"].keys() == dict(flow).keys()
    slug = await pool.fetchval("SELECT slug FROM tenant")
    assert {k: v for k, v in event["tenant"].items() if v} == {"id": str(tenant_id), "slug": slug}
    run = event["flow_run"]
    assert (run["id"], run["name"], run["state"], run["version"]) == (run_id, "my & run", "Scheduled", 1)
    assert (run["flow"], run["tenant"]) == (event["flow"], event["tenant"])
    assert {"parameters", "heartbeat", "serialized_state"} <= run.keys()
    state = event["state"]
    assert (state["flow_run_id"], state["state"], state["version"]) == (run_id, "Running", 2)
    assert state["message"] == "Test Running state"
    assert state["serialized_state"] == {"type": "Running", "message": "Test Running state"}
    # A test changes nothing.
    assert await pool.fetchval("SELECT state FROM flow_run") == "Scheduled"


async def test_without_a_run_one_is_invented(call, hook_id, receiver):
    assert (await call("test_cloud_hook", cloud_hook_id=hook_id))["success"]
    event = receiver.requests[0].json["event"]
    assert event["is_test_event"] is True
    assert event["state"]["state"] == "Success"
    assert event["flow"]["name"] == "Cloud Hook Test Flow"
    assert event["tenant"]["slug"] == "test-slug"
    assert UUID(event["flow_run"]["id"])
    assert event["flow_run"]["name"]


async def test_slack_gets_four_sections(call, tenant_id, run_id, receiver, pool):
    hook = await make_hook(call, tenant_id, type="SLACK_WEBHOOK", config={"url": receiver.url})
    assert (await call("test_cloud_hook", cloud_hook_id=hook, flow_run_id=run_id, state_type="FAILED"))["success"]  # fmt: skip
    blocks = receiver.requests[0].json["blocks"]
    assert {(block["type"], block["text"]["type"]) for block in blocks} == {("section", "mrkdwn")}
    slug = await pool.fetchval("SELECT slug FROM tenant")
    assert [block["text"]["text"] for block in blocks] == [
        "`my &amp; run` from flow `my &lt;flow&gt;` entered a new state",
        "*State:* `Failed`",
        "*Message:* Test Failed state",
        f"*Link:* https://ui.example/{slug}/flow-run/{run_id}",
    ]


async def test_twilio_gets_one_message_for_each_number(call, tenant_id, receiver):
    hook = await make_hook(call, tenant_id, type="TWILIO", config=TWILIO)
    assert (await call("test_cloud_hook", cloud_hook_id=hook))["success"]
    assert {request.path for request in receiver.requests} == {"/2010-04-01/Accounts/AC%2F1/Messages.json"}
    assert {request.headers["authorization"] for request in receiver.requests} == {"Basic QUMvMTp0b2s="}
    forms = [parse_qs(request.body.decode()) for request in receiver.requests]
    assert [form["To"] for form in forms] == [["+1"], ["+2"]]
    assert forms[0]["From"] == ["MG1"]
    assert "Cloud Hook Test Flow entered a new state: Success.\nLink: https://ui.example/test-slug/flow-run/" in forms[0]["Body"][0]  # fmt: skip


async def test_pagerduty_is_told_what_is_wrong(call, tenant_id, run_id, receiver, pool):
    hook = await make_hook(call, tenant_id, type="PAGERDUTY", config=PAGERDUTY)
    assert (await call("test_cloud_hook", cloud_hook_id=hook, flow_run_id=run_id))["success"]
    [request] = receiver.requests
    slug = await pool.fetchval("SELECT slug FROM tenant")
    assert request.path == "/v2/enqueue"
    assert request.headers["authorization"] == "Token token=tok"
    assert request.json == {
        "routing_key": "key",
        "event_action": "trigger",
        "payload": {
            "summary": "Flow run my & run entered a new state: Success",
            "severity": "warning",
            "source": f"cloud.prefect.io/{slug}",
            "component": "my <flow>",
            "group": "my & run",
            "class": "State-Success",
            "custom_details": {
                "flow": "my <flow>",
                "flow_run": "my & run",
                "state": "Success",
                "state_message": "Test Success state",
                "tenant_slug": slug,
            },
        },
        "links": [
            {"href": f"https://ui.example/{slug}/flow-run/{run_id}", "text": "Flow Run my & run"}
        ],
    }  # fmt: skip


async def test_a_message_hook_writes_a_message(pool, call, tenant_id, run_id):
    hook = await make_hook(call, tenant_id, type="PREFECT_MESSAGE")
    assert (await call("test_cloud_hook", cloud_hook_id=hook, flow_run_id=run_id, state_type="SCHEDULED"))["success"]  # fmt: skip
    row = await pool.fetchrow("SELECT * FROM message")
    assert (row["tenant_id"], row["type"], row["read"]) == (tenant_id, "CLOUD_HOOK", False)
    content = json.loads(row["content"])
    assert content["type"] == "CLOUD_HOOK"
    event = content["event"]
    assert event.keys() == {"flow_run", "state", "flow", "tenant", "is_test_event"}
    assert event["flow"].keys() == {"id", "name", "flow_group_id", "version_group_id"}
    assert event["state"]["start_time"]


async def test_what_goes_wrong_is_told_in_the_answer(
    pool, call, call_as, caller, tenant_id, hook_id, receiver
):
    async def error(run=call, **input) -> str:
        answer = await run("test_cloud_hook", **{"cloud_hook_id": hook_id, **input})
        assert answer["success"] is False
        return answer["error"]

    nobody = str(uuid4())
    other = await make_tenant(pool)
    assert await error(cloud_hook_id=nobody) == f"Cloud hook {nobody} not found."

    async def as_other(name, **input):
        return await call_as(other, name, **input)

    assert await error(as_other) == f"Cloud hook {hook_id} not found."
    assert await error(flow_run_id=nobody) == f"Flow run {nobody} not found."
    flow_id = await make_flow(pool, tenant_id=other)
    foreign = (await call("create_flow_run", flow_id=str(flow_id)))["id"]
    assert await error(flow_run_id=foreign) == f"Flow run {foreign} not found."
    assert receiver.requests == []
    receiver.status = 503
    assert await error() == "127.0.0.1 answered HTTP 503."
    shut = dataclasses.replace(caller, settings=Settings())
    receiver.requests.clear()

    async def as_default(name, **input):
        return await call_action(name, {"input": input}, shut)

    assert "127.0.0.1 is 127.0.0.1, which is not a public address" in await error(as_default)
    assert receiver.requests == []
    # Rows that came by other ways than create_cloud_hook may hold anything.
    for type, config in (("WEBHOOK", {}), ("EMAIL", {"to": "a@b"}), ("TWILIO", None)):
        odd = await insert(pool, "cloud_hook", {"tenant_id": tenant_id, "type": type, "config": config or [], "active": True, "states": []})  # fmt: skip
        assert (await error(cloud_hook_id=str(odd))).startswith("Invalid config")


async def test_a_silent_receiver_is_given_up(call, hook_id, receiver):
    receiver.speaks.clear()
    answer = await call("test_cloud_hook", cloud_hook_id=hook_id)
    assert answer == {"success": False, "error": "127.0.0.1 did not answer within 2 s."}


def test_the_paging_services_are_where_the_contract_says():
    names = {"flow_run": {"id": "r", "name": None}, "flow": {"name": "f"}, "tenant": {"slug": "t"},
             "state": {"state": "Failed", "message": None}}  # fmt: skip
    addresses = Addresses("http://ui")
    [page] = hook_requests("PAGERDUTY", PAGERDUTY, names, addresses)
    assert page.url == "https://events.pagerduty.com/v2/enqueue"
    assert page.json["payload"]["custom_details"]["state_message"] == ""
    text, _ = hook_requests("TWILIO", TWILIO, names, addresses)
    assert text.url == "https://api.twilio.com/2010-04-01/Accounts/AC%2F1/Messages.json"
    assert text.timeout == 2
    [slack] = hook_requests("SLACK_WEBHOOK", {"url": "https://a"}, names, addresses)
    assert slack.timeout == 1


GOOD = {
    "WEBHOOK": {"url": "https://example.com/x"},
    "SLACK_WEBHOOK": {"url": "https://example.com/x"},
    "TWILIO": TWILIO,
    "PAGERDUTY": PAGERDUTY,
}
FIELDS = [(type, key) for type, config in GOOD.items() for key in config]


@pytest.mark.parametrize("type", sorted(GOOD))
@pytest.mark.parametrize("config", [None, [], "text", 7, True, {}, "[1]", '{"url": 1', "null"], ids=repr)
async def test_no_type_takes_what_is_no_config(pool, call, tenant_id, type, config):
    with pytest.raises((OrchestrationError, ActionError), match=r"Invalid config|Could not parse JSON"):
        await make_hook(call, tenant_id, type=type, config=config)
    assert await pool.fetchval("SELECT count(*) FROM cloud_hook") == 0


@pytest.mark.parametrize(("type", "key"), FIELDS, ids=lambda value: value)
async def test_each_key_of_each_type_is_needed_and_checked(pool, call, tenant_id, type, key):
    good = GOOD[type]
    wrong = [{name: value for name, value in good.items() if name != key}, good | {"more": 1}]
    wrong += [good | {key: value} for value in (None, "", " ", 7, True, {}, [], [""], [None])]
    for config in wrong:
        with pytest.raises(OrchestrationError, match=f"^Invalid config for {type}: .*{key}"):
            await make_hook(call, tenant_id, type=type, config=config)
    assert await pool.fetchval("SELECT count(*) FROM cloud_hook") == 0
    await make_hook(call, tenant_id, type=type, config=good)
    assert json.loads(await pool.fetchval("SELECT config FROM cloud_hook")) == good


async def test_a_test_is_signed_as_what_is_true(pool, call, hook_id, receiver):
    await call("test_cloud_hook", cloud_hook_id=hook_id)
    await pool.execute("UPDATE cloud_hook SET signing_secret = NULL")
    await call("test_cloud_hook", cloud_hook_id=hook_id)
    await pool.execute("UPDATE cloud_hook SET signing_secret = 'nonsense!'")
    refused = await call("test_cloud_hook", cloud_hook_id=hook_id)
    assert not refused["success"]
    assert "Invalid signing_secret" in refused["error"]
    first, second = receiver.requests
    assert first.headers["webhook-id"] == first.json["event"]["id"]
    assert first.headers["webhook-signature"].startswith("v1,")
    assert "webhook-signature" not in second.headers


@pytest.fixture
async def dead_letter(pool, call, tenant_id, hook_id, run_id) -> str:
    """A delivery that was given up."""
    await call("set_flow_run_states", states=[{"flow_run_id": run_id, "state": {"type": "Failed"}}])
    made = "UPDATE hook_delivery SET status = 'Dead', finished = now(), attempts = 12 RETURNING id"
    return str(await pool.fetchval(made))


async def test_a_dead_letter_is_taken_up_again_and_again(pool, call, call_as, tenant_id, dead_letter):
    async def status() -> tuple[str, int]:
        return tuple(await pool.fetchrow("SELECT status, attempts FROM hook_delivery"))

    foreign = await make_tenant(pool)
    for tenant, id in ((foreign, dead_letter), (tenant_id, str(uuid4()))):
        answer = await call_as(tenant, "retry_hook_delivery", hook_delivery_id=id)
        assert answer == {"success": False, "error": f"Hook delivery {id} not found."}
    assert await status() == ("Dead", 12)
    for _ in range(2):
        assert (await call_as(tenant_id, "retry_hook_delivery", hook_delivery_id=dead_letter))["success"]
        assert await status() == ("Pending", 0)
    await pool.execute("UPDATE hook_delivery SET status = 'Delivered', finished = now()")
    answer = await call("retry_hook_delivery", hook_delivery_id=dead_letter)
    assert answer == {"success": False, "error": f"Hook delivery {dead_letter} has been delivered."}
    assert await status() == ("Delivered", 0)


@pytest.mark.parametrize("id", [None, 7, "x", "", [], "0" * 100_000])
async def test_a_delivery_is_named_by_an_id(call, dead_letter, id):
    with pytest.raises(ActionError, match="hook_delivery_id"):
        await call("retry_hook_delivery", hook_delivery_id=id)
    with pytest.raises(ActionError, match="hook_delivery_id"):
        await call("retry_hook_delivery")
