"""The database that a move writes to or reads from: the one of the settings, the running one, or the stopped one.

In: settings. Out: a DSN for as long as the context lasts. If nothing runs on the data directory, its Postgres is started
for this time and nothing else is: no agent asks, no schedule fires while data are on their way.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from lictor.cli.embedded import processes
from lictor.cli.embedded.postgres import PostgresServer
from lictor.cli.instance import MARKER, Instance
from lictor.cli.moving.errors import MoveError
from lictor.cli.stack import DATABASE
from lictor.settings import Settings


@contextmanager
def own_database(settings: Settings, *, make: bool) -> Iterator[str]:
    """The DSN. With `make`, a data directory that is empty gets a new database.

    Raises MoveError, AlreadyRunningError (somebody is just starting on the directory) and EmbeddedServerError.
    """
    if "database_url" in settings.model_fields_set:
        yield settings.database_url
        return
    instance = Instance(settings.data_dir)
    if state := instance.state():
        yield state["database_url"]
        return
    server = PostgresServer(instance.data_dir / "postgres")
    if not make and not (server.data_dir / "cluster").exists():
        raise MoveError(
            f"There is no database in {instance.data_dir}. Set LICTOR_DATA_DIR or LICTOR_DATABASE_URL."
        )
    instance.acquire()
    try:
        # What a killed `lictor up` has left works on this database still.
        processes.terminate(processes.pids_with_environment(MARKER, instance.marker))
        with server:
            if not server.database_exists(DATABASE):
                server.create_database(DATABASE)
            yield server.dsn(DATABASE, socket=True)
    finally:
        instance.release()
