"""The bytes of a request body, bounded while they arrive.

ASGI messages come in, the whole body (decompressed) goes out, or an `HttpProblem` that names what is wrong.
Never holds more than the limit in memory and never lets a slow sender hold a place for ever.
"""

from __future__ import annotations

import asyncio
import zlib

from lictor.actions.gateway.errors import HttpProblem
from lictor.actions.gateway.headers import Headers
from lictor.actions.gateway.limits import Limits
from lictor.actions.gateway.responses import Receive

_CLOSE = ((b"connection", b"close"),)
# A body that is too large is read (and thrown away) up to this many times the limit before the answer:
# clients that send everything before they read would otherwise see a reset connection and no answer.
_DRAIN_TIMES = 4
_DRAIN_SECONDS = 15.0


class Disconnected(Exception):
    """The client went away before its request was complete."""


async def read_body(receive: Receive, headers: Headers, limits: Limits) -> bytes:
    """The body of the request. Raises HttpProblem (408, 413, 415, 400) and Disconnected."""
    length = _declared_length(headers)
    if length > limits.body:
        if headers.get(b"expect", b"").lower() != b"100-continue":
            await _drain(receive, limits.body * _DRAIN_TIMES)
        raise _too_large(limits)
    try:
        async with asyncio.timeout(limits.body_seconds):
            message = await receive()
            body = message.get("body", b"")
            if message["type"] == "http.disconnect":
                raise Disconnected
            if message.get("more_body", False):
                body = await _read_rest(receive, body, limits)
    except TimeoutError:
        text = f"The request body did not arrive within {limits.body_seconds:g} seconds."
        raise HttpProblem(408, text, headers=_CLOSE) from None
    if len(body) > limits.body:
        raise _too_large(limits)
    encoding = headers.get(b"content-encoding")
    return body if encoding is None else await _decoded(body, encoding, limits)


def _declared_length(headers: Headers) -> int:
    value = headers.get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0


async def _read_rest(receive: Receive, first: bytes, limits: Limits) -> bytes:
    chunks, size, more = [first], len(first), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        more = message.get("more_body", False)
        if size > limits.body:
            chunks.clear()
            if more:
                await _drain(receive, limits.body * _DRAIN_TIMES)
            raise _too_large(limits)
        chunks.append(chunk)
    return b"".join(chunks)


async def _drain(receive: Receive, most: int) -> None:
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            while most > 0:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Disconnected
                if not message.get("more_body", False):
                    return
                most -= len(message.get("body", b""))
    except TimeoutError:
        return


def _too_large(limits: Limits) -> HttpProblem:
    text = (
        f"The request body is larger than the limit of {limits.body} bytes. "
        "The limit is the setting LICTOR_BODY_LIMIT of the server."
    )
    return HttpProblem(413, text, "PAYLOAD_TOO_LARGE", _CLOSE)


async def _decoded(body: bytes, encoding: bytes, limits: Limits) -> bytes:
    name = encoding.strip().lower()
    if name in (b"", b"identity"):
        return body
    if name not in (b"gzip", b"x-gzip"):
        shown = name.decode("ascii", "replace")
        raise HttpProblem(415, f"The content encoding {shown!r} is not known; send gzip or none.")
    return await asyncio.to_thread(_gunzip, body, limits)


def _gunzip(body: bytes, limits: Limits) -> bytes:
    """All members of a gzip body; stops as soon as the result is larger than the limit."""
    parts: list[bytes] = []
    size = 0
    while body:
        member = zlib.decompressobj(31)
        try:
            part = member.decompress(body, limits.body + 1 - size)
        except zlib.error as exc:
            raise HttpProblem(400, f"The request body is no valid gzip: {exc}.") from None
        size += len(part)
        if size > limits.body:
            raise _too_large(limits)
        if not member.eof:
            raise HttpProblem(400, "The request body is no valid gzip: it ends too early.")
        parts.append(part)
        body = member.unused_data
    return b"".join(parts)
