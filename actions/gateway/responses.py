"""What goes back over the wire.

A status, bytes of JSON (or a page) and extra headers come in; two ASGI messages go out. Large answers are
compressed when the client asks for it. Never looks into the body.
"""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, NamedTuple

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

# Below this the bytes saved are not worth the time: most answers are under 1 KiB and go over a fast network.
COMPRESS_FROM = 64 * 1024
# From here on compressing takes milliseconds and must not hold up the event loop (zlib releases the GIL).
COMPRESS_IN_THREAD_FROM = 256 * 1024

JSON = b"application/json; charset=utf-8"
HTML = b"text/html; charset=utf-8"
_ANY_ORIGIN: Header = (b"access-control-allow-origin", b"*")
NOTHING_RUNS = b"default-src 'none'; frame-ancestors 'none'"
"""The policy of what is no page: opened in a browser, it loads and runs nothing and stands in no frame."""
_POLICY = b"content-security-policy"
_HARDENED: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)
_OF_PAGES: tuple[Header, ...] = (
    (b"cross-origin-opener-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    # For browsers that do not know frame-ancestors.
    (b"x-frame-options", b"DENY"),
)
_GZIP = re.compile(
    rb"(?:^|,)\s*(?:x-)?gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[0-9.]+\s*)?(?:,|$)", re.IGNORECASE
)


class Answer(NamedTuple):
    """An answer before it is sent: the HTTP status, the body, headers beyond the usual ones, the content type."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = ()
    kind: bytes = JSON


def hardening(kind: bytes, extra: tuple[Header, ...] = ()) -> tuple[Header, ...]:
    """What every answer of this kind tells browsers, beside `extra`, whose policy goes before (docs/security.md)."""
    policy = () if any(name == _POLICY for name, _ in extra) else ((_POLICY, NOTHING_RUNS),)
    return (*policy, *_HARDENED, *(_OF_PAGES if kind == HTML else ()))


async def send_answer(send: Send, answer: Answer, accept_encoding: bytes | None = None) -> None:
    """Send `answer`, readable from any origin (server.md 3.1)."""
    status, body, extra, kind = answer
    if len(body) >= COMPRESS_FROM and not any(name == b"content-encoding" for name, _ in extra):
        if not any(name == b"vary" for name, _ in extra):
            extra = (*extra, (b"vary", b"accept-encoding"))
        if accept_encoding is not None and _GZIP.search(accept_encoding):
            body = await _compressed(body)
            extra = (*extra, (b"content-encoding", b"gzip"))
    await _send(send, status, body, ((b"content-type", kind), *extra, *hardening(kind, extra)))


async def send_nothing(send: Send, status: int, extra: Iterable[Header] = ()) -> None:
    """Send headers only."""
    await send(
        {"type": "http.response.start", "status": status, "headers": [_ANY_ORIGIN, *_HARDENED, *extra]}
    )
    await send({"type": "http.response.body", "body": b""})


async def _send(send: Send, status: int, body: bytes, extra: Iterable[Header]) -> None:
    headers = [_ANY_ORIGIN, *extra]
    if status != 304:  # its length would be that of the body it is not
        headers.insert(0, (b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _compressed(body: bytes) -> bytes:
    if len(body) < COMPRESS_IN_THREAD_FROM:
        return zlib.compress(body, 1, 31)
    return await asyncio.to_thread(zlib.compress, body, 1, 31)
