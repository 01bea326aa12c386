"""The commands `lictor import`, `lictor backup` and `lictor restore`.

In: arguments. Out: text on standard output (JSON with --json), progress on standard error, an exit status. The work is done
in `lictor.cli.moving`, imported when a command is called.
"""

import dataclasses
import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from lictor.cli.commands import Json, Quiet, fail, settings_of

Flag = Annotated[bool, Parameter(negative="")]


def import_(
    *,
    from_: Annotated[str, Parameter(name="--from")],
    to: str | None = None,
    dry_run: Flag = False,
    batch_rows: Annotated[int, Parameter(validator=Number(gte=1))] = 50_000,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Take over the database of a Prefect Server: everything, with its ids.

    The source is only read, in one snapshot; it may be in use. Every row is compared at the end. Killed at any moment, the
    same command goes on where it stopped; called again, it takes over what has changed since. See docs/moving.md.

    Examples:

        lictor import --from postgresql://prefect:PASSWORD@localhost:5432/prefect_server --dry-run
        lictor import --from postgresql://prefect:PASSWORD@localhost:5432/prefect_server

    Parameters
    ----------
    from_
        Where the Prefect Server's database is: a libpq URL.
    to
        Lictor's database; default LICTOR_DATABASE_URL, else the one in LICTOR_DATA_DIR, which is started for this time if
        it is not running.
    dry_run
        Tell what would be taken over, and write nothing.
    batch_rows
        Rows written in one transaction.
    quiet
        Show no progress.
    as_json
        As a JSON object.
    """
    from lictor.cli.moving.database import own_database
    from lictor.cli.moving.errors import MoveError
    from lictor.cli.moving.importing import preview, run
    from lictor.cli.moving.progress import Progress
    from lictor.cli.up import FAILURES

    progress = Progress(quiet)
    try:
        if dry_run:
            report = preview(from_, progress)
        else:
            with own_database(settings_of(database_url=to), make=True) as dsn:
                report = run(from_, dsn, progress, batch_rows)
    except (MoveError, *FAILURES) as error:
        return fail(str(error))
    if as_json:
        print(json.dumps(dataclasses.asdict(report)))
        return 0
    for name, rows in report.rows.items():
        print(f"  {name:<20}{rows:>14,}  {report.checksums.get(name, '')}")
    for note in report.notes:
        print(note)
    for name, count in report.newer_here.items():
        print(f"{name}: {count:,} rows were changed here since; they stay as they are here.")
    for name, count in report.only_here.items():
        print(f"{name}: {count:,} rows are only here: made here since, or deleted in the source.")
    total = sum(report.rows.values())
    if dry_run:
        print(f"{total:,} rows would be taken over, from revision {report.revision}. Nothing was written.")
    elif report.written:
        print(f"{report.written:,} of {total:,} rows taken over and all compared in {report.seconds:.1f} s.")
    else:
        print(f"No change: all {total:,} rows were here already, as they are in the source.")
    return 0


def backup(file: Path, *, quiet: Quiet = False, as_json: Json = False) -> int:
    """Write the whole database to a file, while it is in use.

    The file holds everything but the keys that open secrets: keep the key file (secret.key in the data directory, or
    LICTOR_SECRET_KEY_FILE) with it, in another place. `lictor restore` puts it into any database of the same or a newer
    release, on whatever Postgres that runs.

    Examples:

        lictor backup lictor-$(date +%F).zip
        LICTOR_DATABASE_URL=postgresql://lictor:PASSWORD@db/lictor lictor backup production.zip

    Parameters
    ----------
    file
        The file to make.
    quiet
        Show no progress.
    as_json
        As a JSON object: the file's manifest.
    """
    from lictor.cli.moving.backup import backup as run
    from lictor.cli.moving.database import own_database
    from lictor.cli.moving.errors import MoveError
    from lictor.cli.moving.progress import Progress
    from lictor.cli.up import FAILURES

    try:
        with own_database(settings_of(), make=False) as dsn:
            manifest = run(dsn, file, Progress(quiet))
    except (MoveError, *FAILURES) as error:
        return fail(str(error))
    if as_json:
        print(json.dumps(manifest))
    else:
        rows = sum(table["rows"] for table in manifest["tables"])
        print(f"{file}: {rows:,} rows, revision {manifest['revision']}, {file.stat().st_size:,} bytes.")
        print("Keep the server's key file with it, in another place: without it the secrets stay sealed.")
    return 0


def restore(file: Path, *, force: Flag = False, quiet: Quiet = False, as_json: Json = False) -> int:
    """Put a backup into an empty database, whole or not at all, and bring it to this release's revision.

    All rows are compared with the backup before they are committed. Stop `lictor up` first (not Postgres, if it is one of
    your own). Copy the key file of the old server, too, or its secrets stay sealed.

    Examples:

        lictor restore lictor-2026-11-23.zip
        LICTOR_DATABASE_URL=postgresql://lictor:PASSWORD@db/lictor lictor restore laptop.zip

    Parameters
    ----------
    file
        What `lictor backup` made.
    force
        Delete everything that is in the database first.
    quiet
        Show no progress.
    as_json
        As a JSON object: the file's manifest.
    """
    from lictor.cli.moving.database import own_database
    from lictor.cli.moving.errors import MoveError
    from lictor.cli.moving.progress import Progress
    from lictor.cli.moving.restore import restore as run
    from lictor.cli.up import FAILURES

    try:
        with own_database(settings_of(), make=True) as dsn:
            manifest = run(file, dsn, Progress(quiet), force=force)
    except (MoveError, *FAILURES) as error:
        return fail(str(error))
    if as_json:
        print(json.dumps(manifest))
    else:
        rows = sum(table["rows"] for table in manifest["tables"])
        print(f"{rows:,} rows restored and compared; the backup was made {manifest['made']}.")
    return 0
