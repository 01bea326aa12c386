"""What is sent beside the hooks of the contract: signatures, cards, and which plan a hook makes."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from lictor.orchestration.delivery_kinds import CloudHook, CloudHooks
from lictor.orchestration.delivery_plans import Delivery, Requests, Write
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.hook_requests import Addresses, HookRequest, teams_request
from lictor.orchestration.hook_signature import signature, signed

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MOMENT = datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)


def test_a_signature_is_that_of_the_standard():
    # The vector that its libraries are tested with.
    made = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!", "whsec_YQ", "ü"])
def test_a_secret_that_is_no_key_is_told(secret):
    with pytest.raises(OrchestrationError, match="Invalid signing_secret"):
        signature(secret, "id", 0, b"")


def test_a_signed_request_is_the_same_request():
    request = HookRequest("http://x", 2, {"X-PREFECT-EVENT-ID": "e"}, json={"event": {"k": "ü"}})
    made = signed(request, SECRET, "e", MOMENT)
    assert (made.url, made.timeout, made.json) == ("http://x", 2, None)
    assert made.content == '{"event":{"k":"ü"}}'.encode()
    assert made.headers["X-PREFECT-EVENT-ID"] == made.headers["webhook-id"] == "e"
    assert made.headers["content-type"] == "application/json"
    assert made.headers["webhook-timestamp"] == str(int(MOMENT.timestamp()))
    assert made.headers["webhook-signature"] == signature(SECRET, "e", int(MOMENT.timestamp()), made.content)


def test_a_card_for_teams():
    request = teams_request("http://x", "title", "text\nmore")
    card = request.json["attachments"][0]
    assert (request.json["type"], card["contentType"]) == (
        "message",
        "application/vnd.microsoft.card.adaptive",
    )
    assert [block["text"] for block in card["content"]["body"]] == ["title", "text\nmore"]
    assert all(block["wrap"] for block in card["content"]["body"])


EVENT = {
    "id": "00000000-0000-0000-0000-000000000001",
    "flow_run": {"id": "r", "name": "run"},
    "flow": {"name": "flow"},
    "state": {"state": "Failed", "message": None},
    "tenant": {"slug": "t"},
}
TWILIO = {"account_sid": "AC", "auth_token": "t", "messaging_service_sid": "MG", "to": ["+1", "+2"]}
PAGERDUTY = {"api_token": "t", "routing_key": "k", "severity": "info"}


def plan(type: str, config: object, *, active: bool = True, secret: str | None = SECRET):
    delivery = Delivery(
        id=uuid4(), tenant_id=uuid4(), kind="cloud_hook", target_id=uuid4(), subject_id=uuid4(),
        event_id=UUID(int=1), event=EVENT, attempt=1, parts_sent=0, begun=MOMENT, claimed_until=MOMENT,
    )  # fmt: skip
    return CloudHooks().plan(CloudHook(type, config, active, secret), delivery, Addresses("http://ui"))


@pytest.mark.parametrize(
    ("type", "config", "secret", "parts", "is_signed"),
    [
        ("WEBHOOK", {"url": "http://x"}, SECRET, 1, True),
        ("WEBHOOK", {"url": "http://x"}, None, 1, False),
        ("SLACK_WEBHOOK", {"url": "http://x"}, SECRET, 1, False),
        ("TWILIO", TWILIO, SECRET, 2, False),
        ("PAGERDUTY", PAGERDUTY, SECRET, 1, False),
    ],
)
def test_only_webhooks_are_signed_and_only_with_a_secret(type, config, secret, parts, is_signed):
    made = plan(type, config, secret=secret)
    assert isinstance(made, Requests)
    assert len(made.parts) == parts
    assert {"webhook-signature" in part.headers for part in made.parts if isinstance(part, HookRequest)} == {
        is_signed
    }


def test_messages_are_written_and_what_is_off_says_so():
    assert isinstance(plan("PREFECT_MESSAGE", {}), Write)
    with pytest.raises(OrchestrationError, match="switched off"):
        plan("WEBHOOK", {"url": "http://x"}, active=False)
    with pytest.raises(OrchestrationError, match="Invalid config"):
        plan("WEBHOOK", {})
