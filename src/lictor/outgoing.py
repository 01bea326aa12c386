"""Requests that Lictor makes to addresses which users gave it: the one place that knows the HTTP client.

In: HookRequests. Out: nothing, or OutgoingError with a text for the user. An address is looked up once, judged, and
connected to as it was judged, so that a name cannot point elsewhere a moment later. Never reaches the server's own
network unless the settings allow it, follows no redirect, takes no proxy from the environment, and reads no body:
what an answer holds is not shown to anybody.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from types import TracebackType
from typing import Self

import httpx2

import lictor
from lictor.orchestration.hook_requests import HookRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = ip_network("64:ff9b::/96")


class OutgoingError(Exception):
    """A request was not made, or not taken; `str(error)` says why. Never holds a URL's path, a key or a body."""


def parse_networks(text: str) -> tuple[Network, ...]:
    """The networks of a comma-separated list such as `10.0.0.0/8, fd00::/8`. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def is_allowed(address: Address, networks: Sequence[Network] = ()) -> bool:
    """Whether a request may go to `address`: it is public, or in one of `networks`."""
    address = _meant(address)
    if any(address.version == network.version and address in network for network in networks):
        return True
    return address.is_global and not address.is_multicast and not address.is_reserved


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it stands for one."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


class Outgoing:
    """An HTTP client for addresses of others; an async context manager.

    `networks` may be reached though they are not public; `tls` stands in for the system's trust in certificates.
    """

    def __init__(self, networks: Sequence[Network] = (), tls: ssl.SSLContext | None = None) -> None:
        self._networks = tuple(networks)
        self._client = httpx2.AsyncClient(
            headers={"user-agent": f"lictor/{lictor.__version__}"},
            verify=tls or True,
            follow_redirects=False,
            trust_env=False,
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def send(self, request: HookRequest) -> int:
        """Make a request; returns the status of its answer, 2xx. Raises OutgoingError for everything else."""
        try:
            url = httpx2.URL(request.url)
        except httpx2.InvalidURL:
            raise OutgoingError("The hook's URL is not valid.") from None
        if url.scheme not in ("http", "https") or not url.host:
            raise OutgoingError("The hook's URL is not an http or https URL.")
        if url.port is not None and not 0 < url.port < 65536:
            raise OutgoingError("The hook's URL is not valid: a port is 1 to 65535.")
        try:
            async with asyncio.timeout(request.timeout):
                status = await self._send(request, url)
        except TimeoutError:
            raise OutgoingError(f"{url.host} did not answer within {request.timeout:g} s.") from None
        # ValueError: what cannot be written into a header or a name; OSError: what the client does not translate.
        except (httpx2.HTTPError, ValueError, OSError) as error:
            raise OutgoingError(f"{url.host} could not be reached: {_reason(error)}.") from None
        if not 200 <= status < 300:
            hint = " (redirects are not followed)" if 300 <= status < 400 else ""
            raise OutgoingError(f"{url.host} answered HTTP {status}{hint}.")
        return status

    async def _send(self, request: HookRequest, url: httpx2.URL) -> int:
        """The status of the answer of the first address that takes a connection."""
        *others, last = await self._addresses(url)
        for address in others:
            try:
                return await self._post(request, url, address)
            except httpx2.ConnectError:
                continue
        return await self._post(request, url, last)

    async def _post(self, request: HookRequest, url: httpx2.URL, address: Address) -> int:
        auth = httpx2.BasicAuth(*request.auth) if request.auth else None
        if auth is None and url.userinfo:
            auth = httpx2.BasicAuth(url.username, url.password)
        async with self._client.stream(
            "POST",
            url.copy_with(host=str(address), userinfo=b""),
            headers={**request.headers, "host": url.netloc.decode("ascii").rpartition("@")[2]},
            json=request.json,
            data=dict(request.form) if request.form is not None else None,
            auth=auth,
            timeout=request.timeout,
            # The certificate is the name's, not the address's.
            extensions={"sni_hostname": url.host},
        ) as response:
            return response.status_code

    async def _addresses(self, url: httpx2.URL) -> list[Address]:
        """The addresses of the URL's host. Raises OutgoingError when there is none, or one we may not go to."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                url.host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
            )
        except (OSError, UnicodeError):
            raise OutgoingError(f"The name {url.host} has no address.") from None
        addresses = [ip_address(str(item[4][0]).partition("%")[0]) for item in found]
        for address in addresses:
            if not is_allowed(address, self._networks):
                raise OutgoingError(
                    f"{url.host} is {address}, which is not a public address. To let hooks reach it, the server's"
                    f" setting LICTOR_HOOK_NETWORKS has to name its network."
                )
        return addresses


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.splitlines()[0][:200].rstrip(".")
