"""A Hasura's metadata API, as the `lictor hasura` commands use it.

In: the URL and the admin secret of a Hasura (2.x), and commands. Out: its answers, or an ApplyError that says in plain
words what is wrong and what to do. Never prints the secret.
"""

import time
from typing import Any

import httpx2

_POLL_SECONDS = 0.25
_REPLY_SECONDS = 120.0
"""Replacing metadata makes Hasura read the whole database catalogue, which may take long."""


class ApplyError(RuntimeError):
    """The metadata could not be applied; the text names the endpoint, what happened and what to do."""

    def __init__(self, message: str, inconsistencies: list[str] | None = None) -> None:
        super().__init__(message)
        self.inconsistencies = inconsistencies or []


def connected(endpoint: str, admin_secret: str) -> httpx2.Client:
    base = endpoint.rstrip("/")
    for suffix in ("/v1/graphql", "/v1/metadata", "/console"):
        base = base.removesuffix(suffix)
    try:
        url = httpx2.URL(base)
    except httpx2.InvalidURL as error:
        raise ApplyError(f"{endpoint!r} is not a URL: {error}.") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ApplyError(f"{endpoint!r} is not a URL of a Hasura; it looks like http://127.0.0.1:8080.")
    if not (admin_secret.isascii() and admin_secret.isprintable()):
        raise ApplyError(
            "The admin secret may only hold printable ASCII characters, since it is sent as a header."
        )
    return httpx2.Client(
        base_url=url, headers={"X-Hasura-Admin-Secret": admin_secret}, timeout=_REPLY_SECONDS
    )


def wait_until_healthy(client: httpx2.Client, timeout: float) -> None:
    """Poll /healthz. A Hasura whose present metadata is inconsistent is healthy enough to be given other metadata."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            response = client.get("/healthz", timeout=min(5.0, max(0.1, timeout)))
        except httpx2.HTTPError as error:
            problem = f"cannot be reached ({error or type(error).__name__}). Is Hasura running there?"
        else:
            if response.is_success:
                return
            if response.status_code < 500:
                raise ApplyError(
                    f"{client.base_url} answers /healthz with status {response.status_code}, so it is not a Hasura. "
                    "Give the root of its URL, for example http://127.0.0.1:8080."
                )
            problem = f"answers /healthz with status {response.status_code}: {_excerpt(response)}"
        if time.monotonic() + _POLL_SECONDS > deadline:
            raise ApplyError(
                f"Hasura at {client.base_url} {problem} Waited {timeout:g} s; --timeout waits longer."
            )
        # Another machine, maybe: only asking tells.
        time.sleep(_POLL_SECONDS)


def command(client: httpx2.Client, command: dict[str, Any]) -> dict[str, Any]:
    """One command of Hasura's metadata API. Raises ApplyError for whatever is not its success."""
    what = f"{client.base_url.join('/v1/metadata')} ({command['type']})"
    try:
        response = client.post("/v1/metadata", json=command)
    except httpx2.HTTPError as error:
        raise ApplyError(
            f"{what} broke off: {error or type(error).__name__}. Look at Hasura's log."
        ) from error
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if response.is_success and isinstance(answer, dict):
        return answer
    if not isinstance(answer, dict):
        raise ApplyError(
            f"{what} answered with status {response.status_code} and no JSON object: {_excerpt(response)} "
            "Is there a proxy between here and Hasura?"
        )
    if answer.get("code") == "access-denied" or response.status_code in {401, 403}:
        raise ApplyError(
            f"{what} refuses the admin secret (status {response.status_code}: {answer.get('error')}). "
            "Give the value of HASURA_GRAPHQL_ADMIN_SECRET of that Hasura."
        )
    if isinstance(answer.get("internal"), list):
        raise inconsistent(str(client.base_url), answer["internal"], str(answer.get("error")))
    raise ApplyError(
        f"{what} failed with status {response.status_code}: {answer.get('error')} "
        f"(code {answer.get('code')}, at {answer.get('path')}). Is it a Hasura of version 2?"
    )


def inconsistent(endpoint: str, objects: Any, text: str = "the metadata is inconsistent") -> ApplyError:
    lines = [_in_words(entry) for entry in objects or () if isinstance(entry, dict)]
    return ApplyError(
        f"Hasura at {endpoint} does not accept the metadata: {text}. Migrate its database first "
        "(`lictor db upgrade`), and set LICTOR_ACTIONS_URL and LICTOR_ACTIONS_SECRET for it. Inconsistent:",
        lines,
    )


def _in_words(entry: dict[str, Any]) -> str:
    """An entry of `inconsistent_objects`, for people."""
    name, kind, reason = entry.get("name"), entry.get("type"), entry.get("reason") or entry.get("message")
    if not name:
        definition = entry.get("definition")
        name = definition.get("name", definition) if isinstance(definition, dict) else definition
    return f"{kind or 'object'} {name}: {reason or 'no reason given'}"


def _excerpt(response: httpx2.Response) -> str:
    text = " ".join(response.text.split())
    return (text[:200] + "…" if len(text) > 200 else text) or "(empty body)."
