"""Requests that Lictor makes to addresses which users gave it: the one place that knows the HTTP client.

In: HookRequests. Out: nothing, or OutgoingError with a text for the user. An address is looked up once, judged, and
connected to as it was judged, so that a name cannot point elsewhere a moment later. Never reaches the server's own
network unless the settings allow it, follows no redirect, takes no proxy from the environment, and shows no body:
what an answer holds is not told to anybody. Connections are kept for a while, each for the name it was made for.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import TracebackType
from typing import Self

import httpx2

import lictor
from lictor import tracing
from lictor.orchestration.hook_requests import HookRequest
from lictor.settings import Network

Address = IPv4Address | IPv6Address

_NAT64 = ip_network("64:ff9b::/96")
_KEPT_NAMES = 100
"""Of how many names connections are kept."""
_KEPT_FOR = 5.0
"""Seconds that a connection is kept for the next request: most servers wait at least as long."""
_BODY_LIMIT, _BODY_TIME = 16_384, 0.2
"""Bytes and seconds of an answer's body that are read, so that its connection can be kept."""
_PASSING = frozenset({408, 425, 429})


class OutgoingError(Exception):
    """A request was not made, or not taken; `str(error)` says why. Never holds a URL's path, a key or a body.

    `status`: of the answer, if there was one. `retry_after`: seconds that it asks us to wait. `permanent`: the same
    request would end the same way, for what is wrong is the request, or the settings.
    """

    def __init__(
        self,
        text: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        permanent: bool = False,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.retry_after = retry_after
        self.permanent = permanent


def is_passing(status: int) -> bool:
    """Whether an answer that is no success may be another one next time."""
    return status >= 500 or status in _PASSING


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a Retry-After header asks to wait, as a number or a date; None without a valid one."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


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
        # Made once: reading the system's certificates takes longer than a request.
        self._tls = tls or httpx2.create_ssl_context(trust_env=False)
        # A client for each name. An address may be that of many, and what a certificate said of one holds for no other.
        self._clients: OrderedDict[tuple[str, str, int | None], httpx2.AsyncClient] = OrderedDict()
        self._in_use: dict[httpx2.AsyncClient, int] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._clients:
            await self._clients.popitem()[1].aclose()

    @contextlib.asynccontextmanager
    async def _client(self, url: httpx2.URL) -> AsyncIterator[httpx2.AsyncClient]:
        """The client of the URL's name."""
        key = (url.scheme, url.host, url.port)
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = httpx2.AsyncClient(
                headers={"user-agent": f"lictor/{lictor.__version__}"},
                verify=self._tls,
                follow_redirects=False,
                trust_env=False,
                limits=httpx2.Limits(keepalive_expiry=_KEPT_FOR),
            )
        self._clients.move_to_end(key)
        self._in_use[client] = self._in_use.get(client, 0) + 1
        try:
            yield client
        finally:
            self._in_use[client] -= 1
            if not self._in_use[client]:
                del self._in_use[client]
            await self._close_unused()

    async def _close_unused(self) -> None:
        for key, client in list(self._clients.items())[: max(0, len(self._clients) - _KEPT_NAMES)]:
            if client not in self._in_use:
                del self._clients[key]
                await client.aclose()

    async def send(self, request: HookRequest) -> int:
        """Make a request; returns the status of its answer, one that means it was taken. Raises OutgoingError for others."""
        try:
            url = httpx2.URL(request.url)
        except httpx2.InvalidURL:
            raise OutgoingError("The hook's URL is not valid.", permanent=True) from None
        if url.scheme not in ("http", "https") or not url.host:
            raise OutgoingError("The hook's URL is not an http or https URL.", permanent=True)
        if url.port is not None and not 0 < url.port < 65536:
            raise OutgoingError("The hook's URL is not valid: a port is 1 to 65535.", permanent=True)
        try:
            # Not the path: with some receivers it is the secret.
            with tracing.span("deliver", {"server.address": url.host, "url.scheme": url.scheme}):
                async with asyncio.timeout(request.timeout):
                    status, headers = await self._send(request, url)
        except TimeoutError:
            raise OutgoingError(f"{url.host} did not answer within {request.timeout:g} s.") from None
        # ValueError: what cannot be written into a header or a name; OSError: what the client does not translate.
        except (httpx2.HTTPError, ValueError, OSError) as error:
            raise OutgoingError(
                f"{url.host} could not be reached: {_reason(error)}.", permanent=_is_ours(error)
            ) from None
        if not (200 <= status < 300 if request.taken_by is None else status in request.taken_by):
            hint = " (redirects are not followed)" if 300 <= status < 400 else ""
            if request.taken_by is not None and 200 <= status < 300:
                hint = f"; only {', '.join(map(str, sorted(request.taken_by)))} means that it was taken"
            raise OutgoingError(
                f"{url.host} answered HTTP {status}{hint}.",
                status=status,
                retry_after=retry_after(headers),
                permanent=not is_passing(status),
            )
        return status

    async def _send(self, request: HookRequest, url: httpx2.URL) -> tuple[int, Mapping[str, str]]:
        """Status and headers of the answer of the first address that takes a connection."""
        *others, last = await self._addresses(url)
        for address in others:
            try:
                return await self._post(request, url, address)
            except httpx2.ConnectError:
                continue
        return await self._post(request, url, last)

    async def _post(
        self, request: HookRequest, url: httpx2.URL, address: Address
    ) -> tuple[int, Mapping[str, str]]:
        auth = httpx2.BasicAuth(*request.auth) if request.auth else None
        if auth is None and url.userinfo:
            auth = httpx2.BasicAuth(url.username, url.password)
        async with (
            self._client(url) as client,
            client.stream(
                "POST",
                url.copy_with(host=str(address), userinfo=b""),
                headers={**request.headers, "host": url.netloc.decode("ascii").rpartition("@")[2]},
                json=request.json,
                content=request.content,
                data=dict(request.form) if request.form is not None else None,
                auth=auth,
                timeout=request.timeout,
                # The certificate is the name's, not the address's.
                extensions={"sni_hostname": url.host},
            ) as response,
        ):
            await _finish(response)
            return response.status_code, response.headers

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
                    f" setting LICTOR_HOOK_NETWORKS has to name its network.",
                    permanent=True,
                )
        return addresses


async def _finish(response: httpx2.Response) -> None:
    """Read a short rest of an answer, so that the next request can use its connection; a longer one costs it."""
    size = 0
    with contextlib.suppress(TimeoutError, httpx2.HTTPError):
        async with asyncio.timeout(_BODY_TIME):
            async for chunk in response.aiter_raw():
                size += len(chunk)
                if size > _BODY_LIMIT:
                    break


def _is_ours(error: Exception) -> bool:
    """Whether it is what we were to send that cannot be sent, and not the network."""
    return isinstance(error, ValueError | httpx2.LocalProtocolError | httpx2.UnsupportedProtocol)


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.splitlines()[0][:200].rstrip(".")
