"""Whose pages may call this server while it asks for no key.

A browser on a machine that reaches the server runs pages of any site, and each could call it: from its own origin (a form,
`fetch`), or as the server's own under a name that its owner lets point here (DNS rebinding). Headers of a request come in;
nothing goes out, or HttpProblem 403. With LICTOR_AUTH=key there is nothing to look at: no page has a key that it was not
given, and there are no cookies. Programs name no origin and are let in.
"""

from __future__ import annotations

import functools
from ipaddress import ip_address
from urllib.parse import urlsplit

from lictor.actions.gateway.errors import FORBIDDEN, HttpProblem
from lictor.actions.gateway.headers import Headers
from lictor.settings import Settings, parse_origins

_OWN_NAMES = (".localhost", ".internal")
"""Ends of names that nobody can buy; Docker calls the machine host.docker.internal."""
_SHOWN = 200


class Pages:
    """The rule as the settings have it."""

    def __init__(self, settings: Settings) -> None:
        self._off = settings.auth == "off"
        self._origins = parse_origins(settings.allowed_origins)
        named = {name.strip().lower() for name in settings.allowed_hosts.split(",") if name.strip()}
        # Beyond loopback people call it by whatever names they have, unless they say which.
        self._any_host = "*" in named or (settings.auth_off_anywhere and not named)
        seen = urlsplit(settings.ui_url or "").hostname
        self._hosts = named | ({seen} if seen else set[str]())
        self._may_name = functools.lru_cache(maxsize=256)(self._is_ours)

    def check(self, headers: Headers) -> None:
        """Raises HttpProblem for a page of somebody else."""
        if not self._off:
            return
        self.check_host(headers)
        origin = headers.get(b"origin")
        if origin and not self._may_call(origin.decode("latin-1").strip().lower(), headers):
            raise HttpProblem(
                403,
                f"Pages of {_shown(origin)} may not call this server, which asks for no key. If they should, name this "
                "origin in LICTOR_ALLOWED_ORIGINS, or set LICTOR_AUTH=key.",
                FORBIDDEN,
            )

    def check_host(self, headers: Headers) -> None:
        """Raises HttpProblem for a name that a page of somebody else may have let point here."""
        host = headers.get(b"host", b"")
        if self._off and not self._any_host and not self._may_name(host):
            raise HttpProblem(
                403,
                f"This server does not know the name {_shown(host)} as its own. If it is, name it in "
                "LICTOR_ALLOWED_HOSTS, or set LICTOR_AUTH=key.",
                FORBIDDEN,
            )

    def _is_ours(self, host: bytes) -> bool:
        name = _name_of(host)
        if name is None:
            return not host  # HTTP/1.0
        # A page cannot be at an address that is ours, and names without a dot are not for sale.
        return _is_address(name) or "." not in name or name.endswith(_OWN_NAMES) or name in self._hosts

    def _may_call(self, origin: str, headers: Headers) -> bool:
        if "*" in self._origins or origin in self._origins:
            return True
        try:
            found = urlsplit(origin)
            name = found.hostname
        except ValueError:
            return False
        if found.scheme not in ("http", "https") or not name:
            return False  # null: a sandbox, a file
        # Prefect's original UI comes from another port of the same host, or of the machine of who looks at it.
        if (
            name == "localhost"
            or name.endswith(".localhost")
            or (_is_address(name) and ip_address(name).is_loopback)
        ):
            return True
        # Preflights do not grant X-Forwarded-Host: it is a proxy's word, not a page's.
        forwarded = headers.get(b"x-forwarded-host", b"").partition(b",")[0].strip()
        return name in self._hosts or name in (_name_of(headers.get(b"host", b"")), _name_of(forwarded))


def _name_of(host: bytes) -> str | None:
    """The name or address in a Host header, without the port; None where there is none."""
    try:
        name = urlsplit(f"//{host.decode('ascii')}").hostname
    except ValueError:
        return None
    return (name or "").rstrip(".") or None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _shown(value: bytes) -> str:
    return ascii(value[:_SHOWN].decode("latin-1"))
