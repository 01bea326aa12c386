"""Where this server is, as the other side of its proxies sees it, and whose pages may reach it.

Headers, the scheme of the connection and the settings come in; addresses, shorter paths and a yes or no go out.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lictor.actions.gateway.headers import Headers
from lictor.actions.gateway.responses import Scope
from lictor.settings import Settings, parse_origins

_HOST = re.compile(r"[A-Za-z0-9._-]+(?::\d+)?|\[[0-9A-Fa-f:.]+\](?::\d+)?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def host_of(headers: Headers) -> str | None:
    """Host and port to which the browser spoke; None where no header says so in a form that can be believed."""
    for name in (b"x-forwarded-host", b"host"):
        host = _first(headers, name)
        if _HOST.fullmatch(host):
            return host
    return None


def address_of(headers: Headers, scope: Scope, settings: Settings) -> str:
    """The URL of this server as the browser sees it, without a slash at its end."""
    forwarded = _first(headers, b"x-forwarded-proto").lower()
    scheme = forwarded if forwarded in _DEFAULT_PORTS else scope["scheme"]
    return f"{scheme}://{host_of(headers) or f'127.0.0.1:{settings.port}'}{settings.root_path}"


def below_root(scope: Scope, root_path: str) -> Scope:
    """The scope as it would be without LICTOR_ROOT_PATH before its path; paths without it stay as they are."""
    path: str = scope["path"]
    if not root_path or not (path == root_path or path.startswith(f"{root_path}/")):
        return scope
    raw = scope.get("raw_path") or path.encode()
    # Empty where the root itself was asked for, without a slash.
    return {
        **scope,
        "path": path.removeprefix(root_path) or "/",
        "raw_path": raw.removeprefix(root_path.encode()),
    }


def _first(headers: Headers, name: bytes) -> str:
    """The first of a list, which is what the outermost proxy said."""
    return headers.get(name, b"").decode("latin-1").partition(",")[0].strip()


class Origins:
    """Whose pages may open websockets. Without authentication a page of any site could, in the browser of whoever
    reaches this server; with it, such a page has no key.
    """

    def __init__(self, settings: Settings) -> None:
        self._open = settings.auth == "key"
        self._allowed = parse_origins(settings.allowed_origins)

    def allow(self, headers: Headers) -> bool:
        """Whether the page that these headers of a handshake name may; who is no browser names none."""
        origin = headers.get(b"origin", b"").decode("latin-1").strip().lower()
        if self._open or not origin or "*" in self._allowed or origin in self._allowed:
            return True
        try:
            scheme, host = urlsplit(origin)[:2]
        except ValueError:
            return False
        default = _DEFAULT_PORTS.get(scheme)
        if default is None or not host:
            return False
        own = (_first(headers, name).lower() for name in (b"host", b"x-forwarded-host"))
        return any(host.removesuffix(default) == name.removesuffix(default) for name in own)
