"""The commands of `lictor`: what each takes from the command line, and how it tells what came of it.

In: arguments. Out: text on standard output (JSON with --json), an exit status. The work is done in the modules that
each command imports when it is called.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

if TYPE_CHECKING:
    from lictor.settings import Settings

STARTED = float(os.environ.get("LICTOR_DEMO_STARTED") or time.time())
"""When the command began, in seconds since the epoch: make says it, else as near as Python can tell."""

Verbose = Annotated[bool, Parameter(name=["--verbose", "-v"], negative="")]
Quiet = Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")]
Json = Annotated[bool, Parameter(name="--json", negative="")]


def up(
    *, data_dir: Path | None = None, port: int | None = None, verbose: Verbose = False, quiet: Quiet = False
) -> int:
    """Start everything on this machine and keep it running.

    Postgres, a Redis-protocol server, the API, the worker and the clock: started in order, restarted when they die,
    stopped by Ctrl-C. Data stay in the data directory.

    Examples:

        lictor up
        LICTOR_DATA_DIR=/srv/lictor LICTOR_PORT=4201 lictor up

    Parameters
    ----------
    data_dir
        Where data, log and state are kept; default LICTOR_DATA_DIR, else your user data directory.
    port
        Port of the API on 127.0.0.1, 0 for any free one; default LICTOR_PORT, else 4200.
    verbose
        Show every line of every service.
    quiet
        Show errors only.
    """
    from rich.console import Console

    from lictor.cli.up import up as run

    return run(settings_of(data_dir=data_dir, port=port), Console(), _verbosity(verbose, quiet))


def demo(
    *,
    exit: Annotated[bool, Parameter(name="--exit", negative="")] = False,
    data_dir: Path | None = None,
    port: int | None = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> int:
    """Start everything, and run example flows on it with an unmodified Prefect 1.4.1.

    The client gets a virtual environment and a home of its own below the data directory; your ~/.prefect is not
    touched. If `lictor up` already runs on the data directory, the flows run there.

    Examples:

        lictor demo
        lictor demo --exit && echo every run succeeded

    Parameters
    ----------
    exit
        Stop everything after the runs; status 0 only if every run succeeded.
    data_dir
        Where data, log and state are kept; default LICTOR_DATA_DIR, else your user data directory.
    port
        Port of the API on 127.0.0.1, 0 for any free one; default LICTOR_PORT, else 4200.
    verbose
        Show every line of every service.
    quiet
        Show errors and the result only.
    """
    from rich.console import Console

    from lictor.cli.demo import demo as run

    return run(
        settings_of(data_dir=data_dir, port=port), Console(), _verbosity(verbose, quiet), stay=not exit
    )


def version() -> str:
    """The version of Lictor that is installed."""
    from importlib.metadata import version as installed

    return installed("lictor")


def status(*, data_dir: Path | None = None, as_json: Json = False) -> int:
    """Tell what runs on the data directory, and where. Status 1 if nothing runs.

    Examples:

        lictor status
        psql "$(lictor status --json | jq -r .database_url)"

    Parameters
    ----------
    data_dir
        The directory that `lictor up` was given.
    as_json
        Everything as one JSON object, with the URLs of the database and of Redis (they hold passwords).
    """
    from lictor.cli.instance import Instance

    settings = settings_of(data_dir=data_dir)
    state = Instance(settings.data_dir).state()
    if as_json:
        print(json.dumps(state))
    elif state is None:
        print(f"Nothing runs on {settings.data_dir}. Start it: lictor up")
    else:
        _print_state(state)
    return 0 if state else 1


def _print_state(state: dict[str, Any]) -> None:
    print(f"Lictor is at {state['url']} (process {state['pid']}, since {state['started']})")
    print(f"  data {state['data_dir']}\n  log  {state['log']}\n")
    for name, service in state["services"].items():
        pid = f"process {service['pid']}" if service["pid"] else ""
        restarts = f", restarted {service['restarts']} times" if service["restarts"] else ""
        print(f"  {name:<10} {service['state']:<10} {pid}{restarts}")


def db_upgrade(revision: str = "head") -> int:
    """Bring the schema of LICTOR_DATABASE_URL, or of the running `lictor up`, to a revision.

    Parameters
    ----------
    revision
        An Alembic revision; "head" is the newest, "needed" what this
        release's processes need: those of the release before go on with it.
    """
    return _migrate("upgrade", revision)


def db_downgrade(revision: str) -> int:
    """Take the schema back to a revision. Tables added since go, with what is in them.

    Parameters
    ----------
    revision
        An Alembic revision; "base" removes everything.
    """
    return _migrate("downgrade", revision)


def _migrate(direction: str, revision: str) -> int:
    import psycopg
    from alembic.util import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    from lictor import migrations

    dsn = database_url()
    try:
        getattr(migrations, direction)(dsn, revision)
        print(migrations.current_revision(dsn) or "base")
    except (psycopg.Error, SQLAlchemyError, CommandError) as error:
        return fail(str(getattr(error, "orig", error)))
    return 0


def db_current(*, as_json: Json = False) -> int:
    """Print the schema's revision, and the newest one this release knows.

    Parameters
    ----------
    as_json
        As a JSON object with the keys current and head.
    """
    import psycopg
    from sqlalchemy.exc import SQLAlchemyError

    from lictor import migrations

    try:
        current = migrations.current_revision(database_url())
    except (psycopg.Error, SQLAlchemyError) as error:
        return fail(str(getattr(error, "orig", error)))
    head = migrations.head_revision()
    if as_json:
        print(json.dumps({"current": current, "head": head}))
    else:
        print(f"{current or 'empty'}{'' if current == head else f' (newest: {head})'}")
    return 0


def engine_serve() -> int:
    """Serve Hasura metadata over a Postgres database as GraphQL, as a Hasura container would.

    Set by Hasura's own variables. All names begin with HASURA_GRAPHQL_:

    - DATABASE_URL: what is served; the only one that must be set.
    - METADATA_DIR: a metadata directory, read at each start. Without it
      the metadata last stored through /v1/metadata are served, if any.
    - METADATA_DATABASE_URL: where they are stored; default DATABASE_URL.
    - SERVER_HOST, SERVER_PORT: where to listen; 127.0.0.1 and 8080.
    - ADMIN_SECRET: whoever sends it is admin, or the role of
      X-Hasura-Role. Without it everybody is.
    - UNAUTHORIZED_ROLE: who a request without the secret is.
    - CORS_DOMAIN (*), DISABLE_CORS (false)
    - PG_CONNECTIONS (20), LOG_LEVEL (info)
    - SCHEMA_SYNC_POLL_INTERVAL (1000 ms)
    - V1_BOOLEAN_NULL_COLLAPSE, STRINGIFY_NUMERIC_TYPES (false)
    - INFER_FUNCTION_PERMISSIONS (true)
    - LIVE_QUERIES_MULTIPLEXED_REFETCH_INTERVAL (1000 ms)
    - LIVE_QUERIES_MULTIPLEXED_BATCH_SIZE (100)
    - STREAMING_QUERIES_MULTIPLEXED_..., the same two
    - WEBSOCKET_KEEPALIVE (5 s)
    - WEBSOCKET_CONNECTION_INIT_TIMEOUT (3 s)

    Other variables of Hasura's are named in the log and ignored.

    Examples:

        HASURA_GRAPHQL_DATABASE_URL=postgresql://localhost/app lictor engine serve
        HASURA_GRAPHQL_DATABASE_URL=postgresql://localhost/app HASURA_GRAPHQL_METADATA_DIR=metadata lictor engine serve
    """
    import logging

    import uvicorn

    from lictor.engine.metadata import MetadataError, load
    from lictor.engine.server import ServerSettings, create_app

    try:
        settings = ServerSettings.from_environment(os.environ)
        if settings.metadata_dir is not None:
            # read once more when the server starts; here it can be told without a traceback
            load(settings.metadata_dir, settings.options.source)
    except (ValueError, MetadataError) as error:
        fail(str(error))
        return 2
    level = settings.log_level.replace("warn", "warning")
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    app = create_app(settings)
    # As long as proxies keep idle connections, so that they never meet the end of one.
    uvicorn.run(
        app, host=settings.host, port=settings.port, access_log=False, log_config=None, timeout_keep_alive=75
    )
    return 0


def tenant_create(name: str, *, slug: str | None = None, as_json: Json = False) -> int:
    """Create a tenant and print its id.

    Parameters
    ----------
    name
        The name people see.
    slug
        The name in URLs; default: made from the name.
    as_json
        As a JSON object with the key id.
    """
    import asyncpg

    from lictor.cli.tenants import TenantError, create_tenant

    try:
        identity = create_tenant(database_url(), name, slug)
    except (asyncpg.PostgresError, OSError, TenantError) as error:
        return fail(str(error))
    print(json.dumps({"id": identity}) if as_json else identity)
    return 0


def settings_of(**overrides: Any) -> "Settings":
    """The settings of the environment with those of the command line over them; exit status 2 if they are wrong."""
    from pydantic import ValidationError

    from lictor.settings import Settings

    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(map(str, problem["loc"])).upper()
            print(f"LICTOR_{name.removeprefix('LICTOR_')}: {problem['msg']}", file=sys.stderr)
        sys.exit(2)


def database_url() -> str:
    """LICTOR_DATABASE_URL, or the database of the `lictor up` that runs; exit status 1 if there is neither."""
    from lictor.cli.instance import Instance

    settings = settings_of()
    if "database_url" in settings.model_fields_set:
        return settings.database_url
    if state := Instance(settings.data_dir).state():
        return state["database_url"]
    sys.exit(fail(f"Nothing runs on {settings.data_dir}. Start `lictor up`, or set LICTOR_DATABASE_URL."))


def _verbosity(verbose: bool, quiet: bool) -> str:
    if verbose and quiet:
        print("--verbose and --quiet exclude each other", file=sys.stderr)
        sys.exit(2)
    return "verbose" if verbose else "quiet" if quiet else "normal"


def fail(text: str) -> int:
    print(f"error: {text}", file=sys.stderr)
    return 1
