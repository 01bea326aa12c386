"""The commands `lictor audit …`.

In: arguments. Out: text on standard output (JSON lines for `export`), an exit status. The rules stand in
`lictor.orchestration.audit`, imported when a command is called.
"""

import json
import sys
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from cyclopts import Parameter

from lictor.cli.commands import Json, database_url, fail

Since = Annotated[
    datetime | None,
    Parameter(help="Rows from this moment on, such as 2026-11-01 or 2026-11-01T08:00:00+01:00 (else UTC)."),
]
Until = Annotated[datetime | None, Parameter(help="Rows before this moment.")]
User = Annotated[str | None, Parameter(help="What this user did: a name or an id.")]
Object = Annotated[
    UUID | None, Parameter(name="--object", help="What was done to this object: the id of a flow, a key, …")
]
Tenant = Annotated[str | None, Parameter(help="The trail of this tenant: its slug or id.")]


class Unknown(Exception):
    """A user or a tenant that there is not."""


def list_(
    *,
    since: Since = None,
    until: Until = None,
    user: User = None,
    object_id: Object = None,
    tenant: Tenant = None,
    most: Annotated[int, Parameter(name="--most", help="How many rows at most.")] = 50,
    as_json: Json = False,
) -> int:
    """Show what was done last, newest first.

    What was deleted yesterday, by whom and from where:

        lictor audit list --since 2026-11-22 | grep delete_

    A row is a mutation or a sign-in: when, the outcome (done, refused, failed), the address, and a sentence. --json shows all
    that is known of each.
    """
    from lictor.orchestration import audit

    async def work(connection: Any) -> list[dict[str, Any]]:
        return await audit.listed(
            connection, await _asked(connection, since, until, user, object_id, tenant), most
        )

    found = _run(work)
    if isinstance(found, int):
        return found
    if as_json:
        print(json.dumps(found, default=_plain))
        return 0
    if not found:
        print("Nothing was recorded.")
    for row in found:
        address = row["address"] or "-"
        print(f"{row['timestamp']:%Y-%m-%d %H:%M:%S}  {row['outcome']:<7}  {address:<15}  {row['message']}")
    return 0


def export(
    *,
    since: Since = None,
    until: Until = None,
    user: User = None,
    object_id: Object = None,
    tenant: Tenant = None,
) -> int:
    """Write the trail as JSON lines to standard output, oldest first, a row a line.

    A month, to be kept elsewhere:

        lictor audit export --since 2026-10-01 --until 2026-11-01 | gzip > audit-2026-10.jsonl.gz

    Rows never change, so the same months give the same file again. However many there are, they are read in parts.
    """
    from lictor.orchestration import audit

    async def work(connection: Any) -> None:
        asked = await _asked(connection, since, until, user, object_id, tenant)
        async for row in audit.exported(connection, asked):
            sys.stdout.write(json.dumps(row, default=_plain, ensure_ascii=False) + "\n")

    try:
        status = _run(work)
        sys.stdout.flush()
    except BrokenPipeError:
        # `| head` has seen enough.
        sys.stderr.close()
        return 0
    return status or 0


def _run(work: Any) -> Any:
    """What `work` returns; an exit status where it fails."""
    import asyncpg

    from lictor.cli.tenants import run

    try:
        return run(database_url(), work)
    except BrokenPipeError:
        raise
    except (Unknown, asyncpg.PostgresError, OSError) as error:
        return fail(str(error))


async def _asked(
    connection: Any,
    since: datetime | None,
    until: datetime | None,
    user: str | None,
    object_id: UUID | None,
    tenant: str | None,
) -> Any:
    from lictor.orchestration import audit

    return audit.Asked(
        _in_utc(since),
        _in_utc(until),
        await _id(connection, tenant, audit.tenant_named, "tenant"),
        await _id(connection, user, audit.user_named, "user"),
        object_id,
    )


async def _id(connection: Any, given: str | None, find: Any, what: str) -> UUID | None:
    if given is None:
        return None
    try:
        # Of who has been deleted the trail still tells.
        return UUID(given)
    except ValueError:
        found = await find(connection, given)
    if found is None:
        raise Unknown(f"There is no {what} named {given}. Give an id for one that has been deleted.")
    return found


def _in_utc(moment: datetime | None) -> datetime | None:
    from datetime import UTC

    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
