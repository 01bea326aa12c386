"""E-mail through a real SMTP server (lictor.mail)."""

from __future__ import annotations

import shutil
import ssl
from typing import Any

import pytest

from lictor.mail import Mailer
from lictor.orchestration.delivery_plans import Email
from lictor.outgoing import OutgoingError
from lictor.settings import Settings
from tests.mail_server import MailServer
from tests.test_outgoing import make_certificate

EMAIL = Email(("a@example.org", "b@example.org"), "Flow run\nfailed: Grüße", "It failed.\n.\nEnd: ü")


@pytest.fixture
async def server():
    async with MailServer() as server:
        yield server


def mailer(server: MailServer, tls: ssl.SSLContext | None = None, **settings: Any) -> Mailer:
    given = {
        "smtp_host": "localhost",
        "smtp_port": server.port,
        "smtp_tls": "off",
        "smtp_from": "lictor@example.com",
    }
    return Mailer(Settings(**{**given, **settings}), tls)


async def test_a_message_arrives_with_all_its_recipients(server):
    await mailer(server).send(EMAIL)
    [handed] = server.handed
    assert (handed.sender, handed.to) == ("lictor@example.com", list(EMAIL.to))
    # A line break in a subject would be the beginning of another header.
    assert handed.message["subject"] == "Flow run failed: Grüße"
    assert handed.message["to"] == "a@example.org, b@example.org"
    assert handed.message.get_content().replace("\r\n", "\n").rstrip() == EMAIL.body
    assert handed.message["message-id"].endswith("@example.com>")


@pytest.mark.parametrize(
    ("answers", "permanent", "status", "words"),
    [
        ({"MAIL": "451 try later"}, False, 451, "The mail server answered 451: try later."),
        ({"DATA": "554 looks like spam"}, True, 554, "answered 554: looks like spam."),
        ({"RCPT": "450 greylisted"}, False, 450, "answered 450: greylisted."),
        ({"RCPT": "550 unknown"}, True, 550, "answered 550: unknown."),
    ],
)
async def test_a_refusal_is_told_and_whether_it_is_for_good(server, answers, permanent, status, words):
    server.answers = answers
    with pytest.raises(OutgoingError) as refused:
        await mailer(server).send(EMAIL)
    assert words in str(refused.value)
    assert (refused.value.permanent, refused.value.status) == (permanent, status)
    assert server.handed == []


async def test_a_recipient_who_is_refused_keeps_nothing_from_the_others_and_is_told(server):
    with pytest.raises(OutgoingError, match="550: there is no such user") as refused:
        await mailer(server).send(Email(("a@example.org", "nobody@example.org"), "s", "b"))
    assert refused.value.permanent
    assert [handed.to for handed in server.handed] == [["a@example.org"]]


async def test_without_a_server_nothing_is_sent(server):
    with pytest.raises(OutgoingError, match="LICTOR_SMTP_HOST") as refused:
        await Mailer(Settings()).send(EMAIL)
    assert refused.value.permanent
    with pytest.raises(OutgoingError, match="localhost could not be used") as away:
        await mailer(server, smtp_port=1).send(EMAIL)
    assert not away.value.permanent


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl, which makes the certificate, is not installed"
)
async def test_login_and_encryption(tmp_path, server):
    key, certificate = make_certificate(tmp_path, "localhost")
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.tls.load_cert_chain(certificate, key)
    server.login = ("name", "pässword")
    trust = ssl.create_default_context(cafile=certificate)
    login = {"smtp_tls": "starttls", "smtp_username": "name"}
    with pytest.raises(OutgoingError, match="535: who are you") as refused:
        await mailer(server, trust, **login, smtp_password="wrong").send(EMAIL)
    assert refused.value.permanent
    # A certificate that nobody vouches for.
    with pytest.raises(OutgoingError, match="could not be used"):
        await mailer(server, **login, smtp_password="password").send(EMAIL)
    server.login = ("name", "password")
    await mailer(server, trust, **login, smtp_password="password").send(EMAIL)
    assert server.encrypted == [True]
