"""Bodies that cannot be taken: each gets its status and a text that says what and where; nothing dies."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json

import pytest

from tests.actions.gateway.conftest import MIB, RunningGateway

HELLO = json.dumps({"query": "{ hello }"}).encode()


async def serves(gateway: RunningGateway) -> bool:
    answer = await gateway.client.post("/", content=HELLO)
    return answer.status_code == 200 and "errors" not in answer.json()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b'{"query": "{ hello }",\n "variables": tru}', "line 2, column 15"),
        (b'{"query": "{ hello }"', "line 1, column"),
        (b'{"query": "{ hello }"} x', "line 1, column 24"),
        (b'{"query": "\xff"}', "byte 0xff at offset 11"),
        (b'\xef\xbb\xbf{"query": "{ hello }"}', "BOM"),
        (b'{"query": "{ hello }", "variables": {"a": NaN}}', "column 43"),
        (b"7", "a number"),
        (b"null", "null"),
        (b'"{ hello }"', "a string"),
        (b"true", "a boolean"),
        (b"{}", "`query`"),
        (b'{"query": null}', "`query`"),
        (b'{"query": ""}', "`query`"),
        (b'{"query": ["{ hello }"]}', "`query`"),
        (b'{"query": "{ hello }", "operationName": 7}', "`operationName`"),
        (b"[" * 5000, "depth"),
        (b"query=%7Bhello%7D", "line 1, column 1"),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_malformed_bodies(gateway: RunningGateway, body: bytes, text: str) -> None:
    answer = await gateway.client.post("/graphql", content=body)
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert text in error["message"]
    assert isinstance(error["extensions"]["code"], str)
    assert "data" not in answer.json()
    assert await serves(gateway)


async def test_half_a_character_is_taken_as_the_original_did(gateway: RunningGateway) -> None:
    name = "lone \udc80 surrogate"
    query = "mutation ($input: create_tenant_input!) { create_tenant(input: $input) { id } }"
    variables = {"input": {"name": name, "slug": "lone-surrogate"}}
    for spelled in (variables, json.dumps(variables)):
        body = json.dumps({"query": query, "variables": spelled}).encode()
        answer = await gateway.client.post("/", content=body)
        assert answer.status_code == 200
    found = await gateway.post('{ tenant(where: {slug: {_eq: "lone-surrogate"}}) { name } }')
    assert found.json() == {"data": {"tenant": [{"name": "lone \ufffd surrogate"}]}}


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)


HEAD = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"


async def test_chunked_body(gateway: RunningGateway) -> None:
    head = HEAD + b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    parts = [chunked(HELLO[i : i + 5]) for i in range(0, len(HELLO), 5)]
    answer = await gateway.raw(head, *parts, b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'{"data":{"hello":' in answer


def is_413(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    message = json.loads(body)["errors"][0]["message"]
    return (
        head.startswith(b"HTTP/1.1 413")
        and b"connection: close" in head.lower()
        and b"retry-after" not in head.lower()
        and str(MIB) in message
        and "LICTOR_BODY_LIMIT" in message
    )


async def test_body_at_the_limit_is_taken(gateway: RunningGateway) -> None:
    body = HELLO[:-1] + b" " * (MIB - len(HELLO)) + b"}"
    assert len(body) == MIB
    assert (await gateway.client.post("/", content=body)).status_code == 200
    answer = await gateway.client.post("/", content=body + b" ")
    assert answer.status_code == 413


async def test_declared_too_large(gateway: RunningGateway) -> None:
    size = 3 * MIB
    head = HEAD + b"content-length: %d\r\n\r\n" % size
    answer = await gateway.raw(head, *[b" " * MIB] * 3)
    assert is_413(answer)
    assert await serves(gateway)


async def test_a_client_that_sends_all_before_it_reads_sees_the_413(gateway: RunningGateway) -> None:
    def post(size: int) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
        try:
            connection.request("POST", "/", body=b" " * size)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    for size in (MIB + 1, 3 * MIB):
        status, body = await asyncio.to_thread(post, size)
        assert status == 413
        assert b"LICTOR_BODY_LIMIT" in body


async def test_declared_too_large_with_expect_is_refused_at_once(gateway: RunningGateway) -> None:
    head = HEAD + b"content-length: 999999999999\r\nexpect: 100-continue\r\n\r\n"
    answer = await gateway.raw(head)
    assert b"100 Continue" not in answer
    assert is_413(answer)


async def test_chunked_too_large(gateway: RunningGateway) -> None:
    head = HEAD + b"transfer-encoding: chunked\r\n\r\n"
    answer = await gateway.raw(head, *[chunked(b" " * MIB)] * 2, b"0\r\n\r\n")
    assert is_413(answer)
    assert await serves(gateway)


async def test_endless_chunked_body_is_cut_off(gateway: RunningGateway) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(HEAD + b"transfer-encoding: chunked\r\n\r\n")
    sent = 0
    chunk = chunked(b" " * MIB)
    try:
        while sent < 100 and not reader.at_eof():
            writer.write(chunk)
            await asyncio.wait_for(writer.drain(), 10)
            sent += 1
    except (ConnectionError, BrokenPipeError):
        pass
    writer.close()
    assert sent < 100
    assert await serves(gateway)


@pytest.mark.parametrize("layers", [1, 2])
async def test_gzip_bomb(gateway: RunningGateway, layers: int) -> None:
    bomb = gzip.compress(b" " * (200 * MIB), 9) if layers == 1 else gzip.compress(b" " * (MIB - 10)) * 50
    assert len(bomb) < MIB
    answer = await gateway.client.post("/", content=bomb, headers={"content-encoding": "gzip"})
    assert answer.status_code == 413
    assert "LICTOR_BODY_LIMIT" in answer.json()["errors"][0]["message"]


async def test_client_that_leaves_in_the_middle(gateway: RunningGateway) -> None:
    for part in (b"", HELLO[:10]):
        _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(HEAD + b"content-length: %d\r\n\r\n" % len(HELLO) + part)
        await writer.drain()
        writer.transport.abort()
    assert await serves(gateway)


@pytest.mark.parametrize(
    "request_bytes",
    [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", b"\0" * 100],
)
async def test_no_http_at_all(
    gateway: RunningGateway, request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await gateway.raw(request_bytes)
    assert answer.startswith(b"HTTP/1.1 400")
    assert await serves(gateway)


async def test_two_requests_on_one_connection(gateway: RunningGateway) -> None:
    one = HEAD + b"content-length: %d\r\n\r\n" % len(HELLO) + HELLO
    last = HEAD + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(HELLO) + HELLO
    answer = await gateway.raw(one, last)
    assert answer.count(b"HTTP/1.1 200 OK") == 2
