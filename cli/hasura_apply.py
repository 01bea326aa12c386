"""`lictor hasura apply`: loads Lictor's metadata into a running Hasura.

In: the endpoint and the admin secret of a Hasura (2.x), a Hasura project (default: Lictor's own). Out: the metadata of
that Hasura is replaced as a whole or not at all; a summary, or plain words on what is inconsistent and exit status 1.
`app` is the cyclopts command group `hasura` (lictor.cli.main registers it as "lictor.cli.hasura_apply:app");
`apply()` is the same for programs. Never prints the secret, never touches the database.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx2
from cyclopts import App, Parameter

import lictor
from lictor.cli.hasura_export import export_metadata
from lictor.engine.metadata import MetadataError

PROJECT = Path(lictor.__file__).parent / "hasura"
"""The Hasura project that comes with Lictor."""

_POLL_SECONDS = 0.25
_REPLY_SECONDS = 120.0
"""Replacing metadata makes Hasura read the whole database catalogue, which may take long."""

app = App(name="hasura", help="Work with the Hasura that serves the GraphQL API.")


class ApplyError(RuntimeError):
    """The metadata could not be applied; the text names the endpoint, what happened and what to do."""

    def __init__(self, message: str, inconsistencies: list[str] | None = None) -> None:
        super().__init__(message)
        self.inconsistencies = inconsistencies or []


@dataclass(frozen=True)
class Applied:
    """What a Hasura serves now."""

    endpoint: str
    tables: int
    relationships: int
    functions: int
    actions: int


def apply(endpoint: str, admin_secret: str, *, project: Path = PROJECT, timeout: float = 60.0) -> Applied:
    """Replace the metadata of the Hasura at `endpoint` by that of `project`.

    `timeout`: how many seconds to wait until the Hasura is healthy. Raises ApplyError when it is not reached, refuses,
    or finds the metadata inconsistent with its database; MetadataError when the project cannot be read.
    """
    document = export_metadata(project)
    with _client(endpoint, admin_secret) as client:
        _wait_until_healthy(client, timeout)
        arguments = {"allow_inconsistent_metadata": False, "metadata": document}
        _post(client, {"type": "replace_metadata", "version": 2, "args": arguments})
        found = _post(client, {"type": "get_inconsistent_metadata", "args": {}})
    if not found.get("is_consistent"):
        raise _inconsistent(endpoint, found.get("inconsistent_objects"))
    return _summary(endpoint, document)


@app.command(name="apply")
def apply_command(
    *,
    endpoint: str,
    admin_secret: Annotated[str, Parameter(env_var="HASURA_GRAPHQL_ADMIN_SECRET")],
    project: Annotated[Path, Parameter(show_default=False)] = PROJECT,
    timeout: float = 60.0,
    json_: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Replace the metadata of a Hasura by Lictor's.

    Parameters
    ----------
    endpoint
        URL of the Hasura, for example http://127.0.0.1:8080.
    admin_secret
        Its admin secret; better given as the environment variable than on the command line.
    project
        Directory of a Hasura project to apply instead of Lictor's own.
    timeout
        Seconds to wait until the Hasura is healthy.
    json_
        Print the outcome as JSON.
    """
    try:
        done = apply(endpoint, admin_secret, project=project, timeout=timeout)
    except (ApplyError, MetadataError) as error:
        inconsistencies = getattr(error, "inconsistencies", [])
        if json_:
            print(json.dumps({"applied": False, "error": str(error), "inconsistencies": inconsistencies}))
        else:
            print(f"Error: {error}", *(f"  - {line}" for line in inconsistencies), sep="\n", file=sys.stderr)
        return 1
    if json_:
        print(json.dumps({"applied": True, **asdict(done)}))
    else:
        print(
            f"{done.endpoint} now serves {done.tables} tables with {done.relationships} relationships, "
            f"{done.functions} functions and {done.actions} actions; everything is consistent."
        )
    return 0


def _client(endpoint: str, admin_secret: str) -> httpx2.Client:
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


def _wait_until_healthy(client: httpx2.Client, timeout: float) -> None:
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
        time.sleep(_POLL_SECONDS)


def _post(client: httpx2.Client, command: dict[str, Any]) -> dict[str, Any]:
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
        raise _inconsistent(str(client.base_url), answer["internal"], str(answer.get("error")))
    raise ApplyError(
        f"{what} failed with status {response.status_code}: {answer.get('error')} "
        f"(code {answer.get('code')}, at {answer.get('path')}). Is it a Hasura of version 2?"
    )


def _inconsistent(endpoint: str, objects: Any, text: str = "the metadata is inconsistent") -> ApplyError:
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


def _summary(endpoint: str, document: dict[str, Any]) -> Applied:
    tables = [table for source in document["sources"] for table in source.get("tables") or ()]
    kinds = ("object_relationships", "array_relationships")
    return Applied(
        endpoint=endpoint,
        tables=len(tables),
        relationships=sum(len(table.get(kind) or ()) for table in tables for kind in kinds),
        functions=sum(len(source.get("functions") or ()) for source in document["sources"]),
        actions=len(document.get("actions") or ()),
    )


if __name__ == "__main__":
    sys.exit(app())
