"""Requests to addresses of others: where they may go, what they tell when they fail (lictor.outgoing)."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import time
from ipaddress import ip_address
from pathlib import Path

import pytest

from lictor.orchestration.hook_requests import HookRequest
from lictor.outgoing import Outgoing, OutgoingError, is_allowed, retry_after
from lictor.settings import Settings, parse_networks
from tests.listener import Listener
from tests.receiver import Receiver

LOOPBACK = parse_networks("127.0.0.0/8, ::1/128")


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


async def send(request: HookRequest, networks=LOOPBACK) -> int:
    async with Outgoing(networks) as outgoing:
        return await outgoing.send(request)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "::1", "::", "fe80::1", "fd00::1", "ff02::1",
        "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1", "64:ff9b::7f00:1", "2002:a00:1::",
        "fd00:ec2::254",
    ],
)  # fmt: skip
def test_addresses_inside_are_refused(address):
    assert not is_allowed(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_allowed(address):
    assert is_allowed(ip_address(address))


@pytest.mark.parametrize(
    ("address", "networks", "allowed"),
    [
        ("10.1.2.3", "10.0.0.0/8", True),
        ("::ffff:10.1.2.3", "10.0.0.0/8", True),
        ("11.0.0.1", "10.0.0.0/8", True),
        ("192.168.0.1", "10.0.0.0/8", False),
        ("fd00::1", "10.0.0.0/8,fd00::/8", True),
        ("10.0.0.1", "fd00::/8", False),
    ],
)
def test_networks_add_to_what_is_public(address, networks, allowed):
    assert is_allowed(ip_address(address), parse_networks(networks)) is allowed


def test_networks_that_are_none_are_refused_at_start():
    with pytest.raises(ValueError, match=r"hook_networks[\s\S]*10\.0\.0\.1/8"):
        Settings(hook_networks="10.0.0.1/8")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f000001", "127.1"]
)
async def test_without_leave_nothing_inside_is_reached(receiver, host):
    with pytest.raises(OutgoingError, match=r"not a public address.*LICTOR_HOOK_NETWORKS|has no address"):
        await send(HookRequest(f"http://{host}:{receiver.port}/", 2, json={}), networks=())
    assert receiver.requests == []


async def test_a_request_arrives_under_the_name_it_was_sent_to(receiver):
    # A name with two addresses, of which one listens, as `localhost` often has.
    url = f"http://user:pass@localhost:{receiver.port}/path?q=1"
    assert await send(HookRequest(url, 2, {"X-A": "b"}, json={"k": "ü"})) == 200
    [request] = receiver.requests
    assert request.path == "/path?q=1"
    assert request.headers["host"] == f"localhost:{receiver.port}"
    assert request.headers["x-a"] == "b"
    assert request.headers["authorization"] == "Basic dXNlcjpwYXNz"
    assert request.headers["user-agent"].startswith("lictor/")
    assert request.json == {"k": "ü"}


async def test_forms_and_credentials(receiver):
    await send(HookRequest(receiver.url, 2, form={"To": "+1 2", "Body": "a\nb"}, auth=("sid", "token")))
    [request] = receiver.requests
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.body == b"To=%2B1+2&Body=a%0Ab"
    assert request.headers["authorization"] == "Basic c2lkOnRva2Vu"


@pytest.mark.parametrize("status", [301, 302, 400, 404, 500])
async def test_an_answer_that_is_no_success_is_told_without_its_body(receiver, status):
    receiver.status, receiver.location = status, f"{receiver.url}/elsewhere"
    with pytest.raises(OutgoingError) as refused:
        await send(HookRequest(f"{receiver.url}/token", 2, json={}))
    assert f"127.0.0.1 answered HTTP {status}" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "token" not in str(refused.value)
    assert [request.path for request in receiver.requests] == ["/token"]


async def test_the_time_limit_holds_for_the_whole_request(receiver):
    receiver.speaks.clear()
    started = time.monotonic()
    with pytest.raises(OutgoingError, match=r"127\.0\.0\.1 did not answer within 0\.2 s"):
        await send(HookRequest(receiver.url, 0.2, json={}))
    assert time.monotonic() - started < 5


async def test_drops_of_an_answer_do_not_stretch_the_limit():
    """A server that says a byte now and then never lets a per-read time-out run out."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"HTTP/1.1 200 OK\r\nx: ")
            while True:
                writer.write(b"y")
                await writer.drain()
                await asyncio.sleep(0.02)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(OutgoingError, match="did not answer within"):
            await send(HookRequest(f"http://127.0.0.1:{port}/", 0.3, json={}))


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("ftp://127.0.0.1/", "not an http or https URL"),
        ("file:///etc/passwd", "not an http or https URL"),
        ("nonsense", "not an http or https URL"),
        ("http://", "not an http or https URL"),
        ("http://127.0.0.1:99999/", "not valid"),
        ("http://nowhere.invalid/", "has no address"),
        (f"http://{'a' * 300}.invalid/", "not valid|has no address|could not be reached"),
    ],
)
async def test_what_cannot_be_reached_is_told(url, text):
    with pytest.raises(OutgoingError, match=text):
        await send(HookRequest(url, 5, json={}))


async def test_a_port_nobody_listens_on_and_a_header_that_cannot_be_sent(receiver):
    with Receiver() as other:
        free = other.url
    with pytest.raises(OutgoingError, match=r"127\.0\.0\.1 could not be reached"):
        await send(HookRequest(free, 2, json={}))
    for value in ("a\r\nX-B: c", "ü\u0100"):
        with pytest.raises(OutgoingError, match="could not be reached"):
            await send(HookRequest(receiver.url, 2, {"Authorization": value}, json={}))
    assert receiver.requests == []


def make_certificate(directory: Path, name: str) -> tuple[Path, Path]:
    """A key and a certificate of `name`, signed by itself."""
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-keyout", key, "-out", certificate, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, certificate


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl, which makes the certificates, is not installed"
)
@pytest.mark.parametrize(("certified", "accepted"), [("localhost", True), ("other.example", False)])
async def test_a_certificate_is_that_of_the_name_not_of_the_address(tmp_path, certified, accepted):
    key, certificate = make_certificate(tmp_path, certified)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.create_default_context(cafile=certificate)
    with Receiver(tls=server) as receiver:
        request = HookRequest(f"https://localhost:{receiver.port}/", 5, json={})
        async with Outgoing(LOOPBACK, client) as outgoing:
            if accepted:
                assert await outgoing.send(request) == 200
            else:
                with pytest.raises(OutgoingError, match="certificate"):
                    await outgoing.send(request)
        async with Outgoing(LOOPBACK) as outgoing:
            with pytest.raises(OutgoingError, match="certificate"):
                await outgoing.send(request)
        assert len(receiver.requests) == accepted


# What the delivery of hooks relies on -------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(301, True), (400, True), (404, True), (410, True), (408, False), (425, False), (429, False), (500, False), (503, False)],
)  # fmt: skip
async def test_whether_an_answer_is_for_good(receiver, status, permanent):
    receiver.status = status
    with pytest.raises(OutgoingError) as refused:
        await send(HookRequest(receiver.url, 2, json={}))
    assert (refused.value.status, refused.value.permanent) == (status, permanent)


async def test_what_cannot_be_sent_is_wrong_for_good_and_what_cannot_be_reached_is_not(receiver):
    for request, networks in (
        (HookRequest("ftp://a/", 2), LOOPBACK),
        (HookRequest(receiver.url, 2), ()),
        (HookRequest(receiver.url, 2, {"a": "b\r\nc"}, json={}), LOOPBACK),
    ):
        with pytest.raises(OutgoingError) as refused:
            await send(request, networks)
        assert refused.value.permanent
    for url in ("http://nowhere.invalid/", "http://127.0.0.1:1/"):
        with pytest.raises(OutgoingError) as away:
            await send(HookRequest(url, 5, json={}))
        assert not away.value.permanent


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [("0", 0, 0), ("120", 120, 120), (" 7 ", 7, 7), ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0), ("Fri, 31 Dec 2100 23:59:59 GMT", 10**9, 10**10)],
)  # fmt: skip
def test_how_long_an_answer_asks_to_wait(value, low, high):
    wait = retry_after({"retry-after": value})
    assert wait is not None
    assert low <= wait <= high


@pytest.mark.parametrize(
    "headers", [{}, {"retry-after": "soon"}, {"retry-after": "-1"}, {"retry-after": "\u0661"}]
)
def test_what_asks_for_no_time(headers):
    assert retry_after(headers) is None


async def test_connections_are_used_again_each_for_its_own_name():
    async with Listener() as listener, Outgoing(LOOPBACK) as outgoing:
        for _ in range(5):
            await outgoing.send(HookRequest(listener.url, 2, json={}))
        assert listener.connections == 1
        # Another name of the same address: nothing that was agreed with one holds for the other.
        await outgoing.send(HookRequest(listener.url.replace("127.0.0.1", "localhost"), 2, json={}))
        assert listener.connections == 2


async def test_an_endless_answer_costs_its_connection_and_no_more():
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 1000)
                await writer.drain()
                await asyncio.sleep(0.001)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    async with server, Outgoing(LOOPBACK) as outgoing:
        port = server.sockets[0].getsockname()[1]
        assert await outgoing.send(HookRequest(f"http://127.0.0.1:{port}/", 5, json={})) == 200


async def test_of_many_names_only_some_connections_are_kept():
    async with Listener() as listener, Outgoing(LOOPBACK) as outgoing:
        servers = [await asyncio.start_server(listener._serve, "127.0.0.1", 0) for _ in range(105)]
        for server in servers:
            port = server.sockets[0].getsockname()[1]
            await outgoing.send(HookRequest(f"http://127.0.0.1:{port}/", 5, json={}))
        assert len(outgoing._clients) == 100
        for server in servers:
            server.close()
