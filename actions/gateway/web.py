"""The built web UI: its files, and its page at every path that is nothing else.

A path and the headers of a GET come in, an `Answer` goes out. Files are read from the directory when they are asked
for, so that a new build is served at once; nothing outside of it can be named. Knows nothing of what the UI does.
"""

from __future__ import annotations

import asyncio
import re
from hashlib import blake2b
from pathlib import Path

import orjson

import lictor
from lictor.actions.gateway.addresses import address_of, host_of
from lictor.actions.gateway.headers import Headers
from lictor.actions.gateway.responses import HTML, Answer, Header, Scope
from lictor.settings import Settings

BUILT = Path(lictor.__file__).parent / "web"
"""Where a built UI is: in the wheel, and by a link in a checkout."""
INDEX = "index.html"
HASHED = "assets/"
"""Files below have a hash of their content in their names."""

_BASE = re.compile(rb'<base href="\./"(?= ?/?>)')
_SEGMENT = re.compile(r"[A-Za-z0-9_@+~-][A-Za-z0-9_@+~.-]*")
_ENCODINGS = ((b"br", ".br"), (b"gzip", ".gz"))
# Our own table: what the machine's says differs from one to the next.
_KINDS = {
    ".html": HTML,
    ".js": b"text/javascript; charset=utf-8",
    ".mjs": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".json": b"application/json; charset=utf-8",
    ".map": b"application/json; charset=utf-8",
    ".webmanifest": b"application/manifest+json; charset=utf-8",
    ".txt": b"text/plain; charset=utf-8",
    ".svg": b"image/svg+xml",
    ".png": b"image/png",
    ".jpg": b"image/jpeg",
    ".webp": b"image/webp",
    ".ico": b"image/x-icon",
    ".woff2": b"font/woff2",
    ".woff": b"font/woff",
    ".wasm": b"application/wasm",
}
_SCRIPT = _KINDS[".js"]
_OF_SCRIPTS = b"default-src 'self'; frame-ancestors 'none'"
_REVALIDATE: Header = (b"cache-control", b"no-cache")
_FOR_EVER: Header = (b"cache-control", b"public, max-age=31536000, immutable")


class Web:
    """The UI in the directory that the settings name, if it has been built."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._directory = settings.ui_dir or BUILT

    async def page(self, scope: Scope, headers: Headers) -> Answer | None:
        """The UI's page for this path, which finds its way back to the root from there; None without a UI."""
        if scope.get("raw_path") == b"":
            return self._with_slash(scope)
        found = await asyncio.to_thread(self._read, INDEX)
        if found is None:
            return None
        body = _BASE.sub(b'<base href="%s"' % way_back(_raw_path(scope)), found, count=1)
        security = (b"content-security-policy", _policy(host_of(headers)))
        return _conditional(body, HTML, (_REVALIDATE, security), headers)

    async def file(self, path: str, headers: Headers) -> Answer | None:
        """The file at this path of a URL; None where there is none."""
        name = path.removeprefix("/")
        if name == INDEX or not all(_SEGMENT.fullmatch(part) for part in name.split("/")):
            return None
        accepted = _accepted(headers.get(b"accept-encoding", b""))
        return await asyncio.to_thread(self._file, name, accepted, headers)

    def settings_json(self, scope: Scope, headers: Headers) -> Answer:
        """What the original UI asks for: where the API is, as the browser sees it (ui-and-cloud.md A.0.1)."""
        url = f"{address_of(headers, scope, self._settings)}/graphql"
        return Answer(200, orjson.dumps({"server_url": url, "base_url": "/"}), (_REVALIDATE,))

    def _with_slash(self, scope: Scope) -> Answer:
        """The root itself was asked for without the slash that relative addresses need."""
        query = scope["query_string"]
        location = f"{self._settings.root_path}/".encode() + (b"?" + query if query else b"")
        return Answer(308, b"", ((b"location", location),))

    def _file(self, name: str, accepted: frozenset[bytes], headers: Headers) -> Answer | None:
        extra: tuple[Header, ...] = (_FOR_EVER if name.startswith(HASHED) else _REVALIDATE,)
        kind = _KINDS.get(Path(name).suffix.lower(), b"application/octet-stream")
        if kind == _SCRIPT:
            # A worker obeys the policy that came with its script.
            extra = (*extra, (b"content-security-policy", _OF_SCRIPTS))
        place = self._place(name)
        if place is None:
            return None
        shorter = [
            (encoding, found)
            for encoding, end in _ENCODINGS
            if (found := self._place(name + end)) is not None
        ]
        if shorter:
            extra = (*extra, (b"vary", b"accept-encoding"))
        for encoding, found in shorter:
            if encoding in accepted:
                extra, place = (*extra, (b"content-encoding", encoding)), found
                break
        try:
            return _conditional(place.read_bytes(), kind, extra, headers)
        except OSError:
            return None  # replaced by a new build at this moment

    def _read(self, name: str) -> bytes | None:
        place = self._place(name)
        try:
            return None if place is None else place.read_bytes()
        except OSError:
            return None

    def _place(self, name: str) -> Path | None:
        """The file of this name, if it is one and, links followed, in the directory."""
        try:
            root = self._directory.resolve(strict=True)
            place = (root / name).resolve(strict=True)
        except (OSError, RuntimeError):
            return None
        return place if place.is_relative_to(root) and place.is_file() else None


def way_back(raw_path: bytes) -> bytes:
    """The relative address of the root for a page at this path, as it was sent: browsers count its slashes."""
    return b"../" * (raw_path.count(b"/") - 1) or b"./"


def _raw_path(scope: Scope) -> bytes:
    return (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]


def _policy(host: str | None) -> bytes:
    # Older browsers do not take websockets of the same host for 'self'.
    sockets = f" ws://{host} wss://{host}" if host else ""
    return (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; "
        f"font-src 'self' data:; connect-src 'self'{sockets}; worker-src 'self' blob:; object-src 'none'; "
        "frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    ).encode()


def _accepted(accept_encoding: bytes) -> frozenset[bytes]:
    """The encodings that a client names and does not refuse (q=0)."""
    found = set[bytes]()
    for part in accept_encoding.lower().split(b","):
        name, _, weight = part.partition(b";")
        if weight.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000"):
            found.add(name.strip())
    return frozenset(found)


def _conditional(body: bytes, kind: bytes, extra: tuple[Header, ...], headers: Headers) -> Answer:
    """The answer, or 304 for a client that has this very body."""
    tag = b'"' + blake2b(body, digest_size=12).hexdigest().encode() + b'"'
    known = headers.get(b"if-none-match", b"")
    extra = (*extra, (b"etag", tag))
    if known.strip() == b"*" or tag in (one.strip().removeprefix(b"W/") for one in known.split(b",")):
        return Answer(304, b"", extra, kind)
    return Answer(200, body, extra, kind)
