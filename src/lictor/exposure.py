"""Where a server without authentication may listen: on loopback, unless somebody says otherwise.

The settings and an address come in; nothing goes out, or ExposedError.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address

from lictor.settings import Settings


class ExposedError(RuntimeError):
    """With authentication off, others than this machine would reach the server."""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens on `host`, an address or a name. Names are looked up."""
    try:
        return ip_address(host.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        pass
    if not host:
        return False  # every address
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return all(ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def check_exposure(settings: Settings, host: str) -> None:
    """Raises ExposedError where the settings do not let a server listen on `host`."""
    if settings.auth != "off" or settings.auth_off_anywhere or is_loopback(host):
        return
    raise ExposedError(
        f"LICTOR_AUTH=off, and {host or 'every address'} is not loopback: everybody who reaches it could do "
        "everything. Set LICTOR_AUTH=key (`lictor key create NAME` makes the first key), or LICTOR_HOST=127.0.0.1. "
        "If others are kept away by other means, set LICTOR_AUTH_OFF_ANYWHERE=1."
    )
