"""`lictor hasura apply`, `diff` and `export`: Lictor's metadata and those of a running Hasura.

In: the URL and the admin secret of a Hasura (2.x), a Hasura project (default: Lictor's own). Out: the metadata of
that Hasura is replaced as a whole or not at all; a summary, or plain words on what is inconsistent and exit status 1.
`app` is the cyclopts command group `hasura` (lictor.cli.main registers it as "lictor.cli.hasura_apply:app");
`apply()` is the same for programs. Never prints the secret, never touches the database.
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

import lictor
from lictor.cli.hasura_api import ApplyError, command, connected, inconsistent, wait_until_healthy
from lictor.cli.hasura_diff import difference
from lictor.cli.hasura_export import export_metadata
from lictor.engine.metadata import MetadataError

PROJECT = Path(lictor.__file__).parent / "hasura"
"""The Hasura project that comes with Lictor."""

app = App(name="hasura", help="Work with the Hasura that serves the GraphQL API.")


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
    with connected(endpoint, admin_secret) as client:
        wait_until_healthy(client, timeout)
        # Hasura reads a database when it starts, and what has been migrated since it would not know.
        command(client, {"type": "reload_metadata", "args": {"reload_sources": True}})
        arguments = {"allow_inconsistent_metadata": False, "metadata": document}
        command(client, {"type": "replace_metadata", "version": 2, "args": arguments})
        found = command(client, {"type": "get_inconsistent_metadata", "args": {}})
    if not found.get("is_consistent"):
        raise inconsistent(endpoint, found.get("inconsistent_objects"))
    return _summary(endpoint, document)


Url = Annotated[str, Parameter(name=["--url", "--endpoint"], env_var="LICTOR_GRAPHQL_URL")]
Secret = Annotated[
    str, Parameter(env_var=["HASURA_GRAPHQL_ADMIN_SECRET", "LICTOR_GRAPHQL_ADMIN_SECRET"], show_default=False)
]
Project = Annotated[Path, Parameter(show_default=False)]
Json = Annotated[bool, Parameter(name="--json", negative="")]


@app.command(name="apply")
def apply_command(
    *,
    endpoint: Url,
    admin_secret: Secret,
    project: Project = PROJECT,
    timeout: float = 60.0,
    json_: Json = False,
) -> int:
    """Replace the metadata of a Hasura by Lictor's.

    Parameters
    ----------
    endpoint
        URL of the Hasura, for example http://127.0.0.1:8080.
    admin_secret
        Its admin secret; better given as the environment variable than on the command line.
    project
        Directory of a Hasura project, or file that `lictor hasura export` wrote, instead of Lictor's own.
    timeout
        Seconds to wait until the Hasura is healthy.
    json_
        Print the outcome as JSON.
    """
    try:
        done = apply(endpoint, admin_secret, project=project, timeout=timeout)
    except (ApplyError, MetadataError) as error:
        return _failed(error, json_, applied=False)
    if json_:
        print(json.dumps({"applied": True, **asdict(done)}))
    else:
        print(
            f"{done.endpoint} now serves {done.tables} tables with {done.relationships} relationships, "
            f"{done.functions} functions and {done.actions} actions; everything is consistent."
        )
    return 0


@app.command(name="diff")
def diff_command(
    *,
    endpoint: Url,
    admin_secret: Secret,
    project: Project = PROJECT,
    timeout: float = 60.0,
    json_: Json = False,
) -> int:
    """Show what `apply` would change. Status 0 if nothing, 3 if something, 1 if it cannot be told.

    Parameters
    ----------
    endpoint
        URL of the Hasura, for example http://127.0.0.1:8080.
    admin_secret
        Its admin secret; better given as the environment variable than on the command line.
    project
        Directory of a Hasura project, or file that `lictor hasura export` wrote, instead of Lictor's own.
    timeout
        Seconds to wait until the Hasura is healthy.
    json_
        Print the differences as JSON.
    """
    try:
        found = difference(exported(endpoint, admin_secret, timeout), export_metadata(project))
    except (ApplyError, MetadataError) as error:
        return _failed(error, json_)
    if json_:
        print(json.dumps({"same": not found, **asdict(found)}))
    else:
        print(found.text or f"{endpoint} serves these metadata.")
    return 3 if found else 0


@app.command(name="export")
def export_command(
    *, endpoint: Url, admin_secret: Secret, output: Path | None = None, timeout: float = 60.0
) -> int:
    """Print the metadata that a Hasura has now, as JSON; `apply --project FILE` gives them back.

    Parameters
    ----------
    endpoint
        URL of the Hasura, for example http://127.0.0.1:8080.
    admin_secret
        Its admin secret; better given as the environment variable than on the command line.
    output
        File to write instead of standard output.
    timeout
        Seconds to wait until the Hasura is healthy.
    """
    try:
        text = json.dumps(exported(endpoint, admin_secret, timeout), indent=2) + "\n"
    except ApplyError as error:
        return _failed(error, False)
    if output is None:
        sys.stdout.write(text)
        return 0
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"Error: {output} cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def exported(endpoint: str, admin_secret: str, timeout: float = 60.0) -> dict[str, Any]:
    """The metadata document of the Hasura at `endpoint`. Raises ApplyError."""
    with connected(endpoint, admin_secret) as client:
        wait_until_healthy(client, timeout)
        answer = command(client, {"type": "export_metadata", "version": 2, "args": {}})
    # Version 2 of the command has the version of the resource beside it; older servers have the document alone.
    return answer.get("metadata", answer)


def _failed(error: Exception, as_json: bool, **more: Any) -> int:
    inconsistencies = getattr(error, "inconsistencies", [])
    if as_json:
        print(json.dumps({**more, "error": str(error), "inconsistencies": inconsistencies}))
    else:
        print(f"Error: {error}", *(f"  - {line}" for line in inconsistencies), sep="\n", file=sys.stderr)
    return 1


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
