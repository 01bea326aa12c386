"""Makes the database of `lictor up` ready: create it, migrate it, add the default tenant; and the key file. Then ends.

In: LICTOR_DATA_DIR and LICTOR_DATABASE_URL. Out: a database at the newest revision with one tenant at least. A process
of its own because what it imports would stay in the supervisor's memory for good. May run any number of times.
"""

import sys

from lictor.cli.embedded.postgres import PostgresServer
from lictor.cli.instance import Instance
from lictor.settings import get_settings


def main() -> None:
    """Exit status 1, with the reason on standard error, if the database cannot be made ready."""
    import asyncpg
    import psycopg
    import sqlalchemy.exc
    from psycopg.conninfo import conninfo_to_dict

    from lictor.cli.accounts import ensure_key_file

    settings = get_settings()
    key_file = Instance(settings.data_dir).secret_key_path
    if settings.secret_key_file == key_file:
        ensure_key_file(key_file)
    name = str(conninfo_to_dict(settings.database_url).get("dbname", "lictor"))
    server = PostgresServer(settings.data_dir / "postgres")
    # Ours only if it is the very one: a user's own database is never created.
    embedded = server.postmaster_pid() is not None and settings.database_url == server.dsn(name, socket=True)
    if embedded and not server.database_exists(name):
        server.create_database(name)
    try:
        prepare(settings.database_url)
    except (psycopg.Error, asyncpg.PostgresError, sqlalchemy.exc.SQLAlchemyError) as error:
        sys.exit(f"ERROR: the database cannot be prepared: {getattr(error, 'orig', error)}")


def prepare(dsn: str) -> None:
    """Migrate the database at `dsn` and see that it has a tenant. Raises psycopg.Error."""
    from lictor import migrations
    from lictor.cli.tenants import ensure_default_tenant

    migrations.ensure_head(dsn)
    ensure_default_tenant(dsn)


if __name__ == "__main__":
    main()
