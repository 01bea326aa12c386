"""One attempt: what follows from how it went; parts that were taken are not sent again (workers/delivery_attempts.py)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from lictor.mail import Mailer
from lictor.orchestration.delivery_plans import Delivery, Email
from lictor.orchestration.hook_requests import HookRequest
from lictor.outgoing import Outgoing, OutgoingError
from lictor.settings import Settings, parse_networks
from lictor.workers.delivery_attempts import Attempts
from tests.listener import Listener
from tests.mail_server import MailServer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DELIVERY = Delivery(
    id=uuid4(), tenant_id=uuid4(), kind="cloud_hook", target_id=uuid4(), subject_id=uuid4(), event_id=uuid4(),
    event={}, attempt=1, parts_sent=0, begun=NOW, claimed_until=NOW,
)  # fmt: skip


@pytest.fixture
async def listener():
    async with Listener() as listener:
        yield listener


@pytest.fixture
async def make():
    """Makes an attempt with these settings."""

    async def make(delivery: Delivery, parts: list[HookRequest | Email], **values: Any):
        settings = Settings(hook_networks="127.0.0.0/8", **values)
        async with Outgoing(parse_networks(settings.hook_networks)) as outgoing:
            return await Attempts(settings, outgoing, Mailer(settings)).make(delivery, parts)

    return make


def part(listener: Listener, name: str) -> HookRequest:
    return HookRequest(listener.url.replace("/hook", f"/{name}"), 2, json={})


def paths(listener: Listener) -> list[str]:
    return [request.path for request in listener.requests]


async def test_what_was_taken_is_not_sent_again(make, listener):
    parts = [part(listener, name) for name in "abc"]
    async with Listener(failing=1) as broken:
        outcome = await make(DELIVERY, [parts[0], part(broken, "x"), parts[2]])
    assert (outcome.result, outcome.parts_sent, outcome.status) == ("Failed", 1, 503)
    assert outcome.error == "127.0.0.1 answered HTTP 503."
    outcome = await make(replace(DELIVERY, attempt=2, parts_sent=outcome.parts_sent), parts)
    assert (outcome.result, outcome.parts_sent, outcome.status) == ("Delivered", 3, 200)
    assert paths(listener) == ["/a", "/b", "/c"]


async def test_a_part_that_is_refused_for_good_keeps_nothing_from_the_others(make, listener):
    async with Listener(failing=1, failure=(400, "")) as refusing, Listener(failing=1) as broken:
        outcome = await make(DELIVERY, [part(listener, "a"), part(refusing, "x"), part(listener, "c")])
        assert (outcome.result, outcome.status, outcome.parts_sent) == ("Dead", 400, 1)
        assert paths(listener) == ["/a", "/c"]
        # It is not forgotten because another has to be tried again.
        outcome = await make(DELIVERY, [part(refusing, "x"), part(listener, "b"), part(broken, "c")])
        assert (outcome.result, outcome.status, outcome.parts_sent) == ("Failed", 503, 0)


@pytest.mark.parametrize(
    ("attempt", "asked", "low", "high"),
    [
        (1, None, 5, 6.25),
        (2, None, 10, 12.5),
        (5, None, 80, 100),
        (11, None, 600, 750),
        (1, 60, 60, 75),
        (1, 86_400, 600, 750),
        (5, 1, 80, 100),
    ],
)
def test_the_pause_doubles_up_to_a_limit_and_is_as_long_as_asked(attempt, asked, low, high):
    settings = Settings(hook_retry_longest=600)
    attempts = Attempts(settings, None, None)  # pyright: ignore[reportArgumentType]
    delays = {
        attempts.failed(replace(DELIVERY, attempt=attempt), OutgoingError("no", retry_after=asked)).delay
        for _ in range(50)
    }
    assert low <= min(delays)
    assert max(delays) <= high
    # Not all at the same moment.
    assert len(delays) > 10


def test_the_last_attempt_is_the_last():
    attempts = Attempts(Settings(hook_max_attempts=3), None, None)  # pyright: ignore[reportArgumentType]
    results = [
        attempts.failed(replace(DELIVERY, attempt=n), OutgoingError("no")).result for n in (1, 2, 3, 4)
    ]
    assert results == ["Failed", "Failed", "Dead", "Dead"]


async def test_an_attempt_ends_before_its_claim_does(make, listener):
    listener.delay = 0.7
    outcome = await make(DELIVERY, [part(listener, name) for name in "abc"], hook_claim=1.5)
    assert (outcome.result, outcome.parts_sent) == ("Failed", 1)
    assert outcome.error == "There was time for 1 of 3 requests; the others follow."


async def test_email_and_requests_are_parts_alike(make, listener):
    email = Email(("a@example.org",), "subject", "body")
    async with MailServer() as server:
        smtp = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_tls": "off"}
        outcome = await make(DELIVERY, [email, part(listener, "a")], **smtp)
        assert (outcome.result, outcome.parts_sent) == ("Delivered", 2)
        server.answers = {"MAIL": "451 later"}
        outcome = await make(DELIVERY, [part(listener, "b"), email], **smtp)
        assert (outcome.result, outcome.parts_sent, outcome.status) == ("Failed", 1, 451)
        assert [handed.to for handed in server.handed] == [["a@example.org"]]
