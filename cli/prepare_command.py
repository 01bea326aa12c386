"""`lictor prepare`: what a deployment needs once before its processes start, and after each upgrade.

In: LICTOR_DATABASE_URL, and LICTOR_GRAPHQL_URL with its secret where a Hasura answers GraphQL. Out: a database that this
release's processes can work on, with a tenant, and a Hasura that serves this release's metadata, all of them consistent. May run any
number of times, and beside processes of the release before (docs/deploy.md).
"""

import time

from lictor.cli.commands import database_url, fail, settings_of


def prepare(*, timeout: float = 120.0) -> int:
    """Make the database and the Hasura of a deployment ready: migrate, add the first tenant, apply the metadata.

    Waits for both. The Hasura is the one at LICTOR_GRAPHQL_URL, with LICTOR_GRAPHQL_ADMIN_SECRET; without that
    variable there is none, and only the database is made ready.

    Parameters
    ----------
    timeout
        Seconds to wait for Postgres, and then for Hasura.
    """
    import asyncpg
    import psycopg
    from alembic.util import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    from lictor import migrations
    from lictor.cli.hasura_apply import ApplyError, apply
    from lictor.cli.tenants import ensure_default_tenant
    from lictor.engine.metadata import MetadataError

    settings, dsn = settings_of(), database_url()
    try:
        wait_for_postgres(dsn, timeout)
        migrations.ensure_needed(dsn)
        ensure_default_tenant(dsn)
        revision = migrations.current_revision(dsn)
    except (psycopg.Error, asyncpg.PostgresError, SQLAlchemyError, CommandError, OSError) as error:
        return fail(f"the database cannot be prepared: {getattr(error, 'orig', error)}")
    print(f"The database is at revision {revision}.", flush=True)
    if revision != (head := migrations.head_revision()):
        print(
            f"Up to {head} it still has what only older releases use: `lictor db upgrade` when none of them runs.",
            flush=True,
        )
    if settings.graphql_url is None:
        return 0
    secret = settings.graphql_admin_secret
    try:
        done = apply(settings.graphql_url, secret.get_secret_value() if secret else "", timeout=timeout)
    except (ApplyError, MetadataError) as error:
        return fail("\n  - ".join([str(error), *getattr(error, "inconsistencies", [])]))
    print(
        f"{done.endpoint} serves {done.tables} tables and {done.actions} actions; everything is consistent."
    )
    return 0


def wait_for_postgres(dsn: str, timeout: float) -> None:
    """Until it takes connections. Raises psycopg.Error: what the last attempt met, or at once what will not change."""
    import psycopg

    deadline = time.monotonic() + timeout
    while True:
        try:
            with psycopg.connect(dsn, connect_timeout=5):
                return
        except psycopg.OperationalError as error:
            # A wrong password or name has a code; a server that is not there or is starting has none, or this one.
            if error.sqlstate not in (None, "57P03") or time.monotonic() > deadline:
                raise
        # Nobody tells when a server has started.
        time.sleep(0.2)
