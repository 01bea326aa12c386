"""`run_sql` of /v2/query: SQL of an administrator, run as libpq runs it.

In: `{sql, source, cascade, check_metadata_consistency, read_only}`. Out: `{"result_type", "result"}`, the last
statement's, every value as Postgres writes it. Several statements are one transaction (unless `no_transaction`).
SQL that may change the catalog is run with the metadata held still: what it takes away that the metadata names is
followed (renames), untracked, or refused while something else depends on it.
Raises ApiFailure with what Postgres said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.pq import ExecStatus

from lictor.engine.api import EngineState
from lictor.engine.metadata.document import Node
from lictor.engine.server.change import Change
from lictor.engine.server.commands import drop_dependents
from lictor.engine.server.failure import ApiFailure
from lictor.engine.server.management import Management
from lictor.engine.server.schema_change import Identities, catalog_now, follow

_MAY_CHANGE_CATALOG = re.compile(r"\b(alter|create|drop|replace|comment|do|call|import)\b", re.IGNORECASE)


@dataclass(frozen=True)
class RunSql:
    """The arguments. `check` None leaves it to the SQL's words whether the catalog may change."""

    sql: str
    source: str
    cascade: bool
    check: bool | None
    read_only: bool
    no_transaction: bool

    @classmethod
    def read(cls, args: Node) -> RunSql:
        """Raises MetadataError if the arguments are not what they must be."""
        sql = args["sql"].expect(str, what="a string")
        if "\0" in sql:
            raise args["sql"].refuse("SQL cannot hold the character NUL")
        return cls(
            sql=sql,
            source=args.text_or_none("source") or "default",
            cascade=args.flag("cascade"),
            check=None
            if args.maybe("check_metadata_consistency") is None
            else args.flag("check_metadata_consistency"),
            read_only=args.flag("read_only"),
            no_transaction=args.flag("no_transaction"),
        )

    @property
    def may_change_catalog(self) -> bool:
        if self.read_only:
            return False
        return bool(_MAY_CHANGE_CATALOG.search(self.sql)) if self.check is None else self.check


async def run_sql(management: Management, database_url: str, command: RunSql) -> dict[str, Any]:
    """The answer of `command`."""
    if command.source != management.engine.state.metadata.source:
        raise ApiFailure(f'source with name "{command.source}" does not exist', "not-exists", path="$")
    watched = command.may_change_catalog and not command.no_transaction
    try:
        async with await psycopg.AsyncConnection.connect(
            database_url, autocommit=command.no_transaction, client_encoding="utf-8"
        ) as connection:
            if command.read_only:
                await connection.set_read_only(True)
            if watched:
                return await management.change(_Watched(connection, command).run)
            answer = await _execute(connection, command.sql)
            # here and not on leaving: psycopg leaves a connection open whose last commit fails
            await connection.commit()
    except psycopg.Error as error:
        raise _refused(error, command.sql) from error
    if command.may_change_catalog:
        await management.change(_reload)
    return answer


class _Watched:
    """SQL that may change the catalog, and the metadata following it."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], command: RunSql) -> None:
        self.connection = connection
        self.command = command
        self.answer: dict[str, Any] | None = None

    async def run(self, change: Change) -> dict[str, Any]:
        """Runs the SQL once, however often it is called; the metadata follow anew each time."""
        if self.answer is None:
            self.before = await Identities.read(self.connection)
            self.answer = await _execute(self.connection, self.command.sql)
            self.after = await Identities.read(self.connection)
            self.catalog = await catalog_now(self.connection)
        state = await change.state()
        if self.catalog != state.catalog:
            await self._follow(change, state)
        # nothing is served or stored unless the SQL counts
        await self.connection.commit()
        return self.answer

    async def _follow(self, change: Change, state: EngineState) -> None:
        known = {one.identity for one in state.schema.inconsistencies}
        document = change.copy()
        follow(state, document, self.before, self.after)
        change.replace(document, self.catalog)
        await drop_dependents(change, known, cascade=self.command.cascade, path="$")


async def _reload(change: Change) -> None:
    change.reload()
    await change.state()


async def _execute(connection: psycopg.AsyncConnection[Any], sql: str) -> dict[str, Any]:
    """The last statement's result. Without parameters psycopg sends the text as it is, in one simple query."""
    cursor = await connection.execute(sql.encode())
    while cursor.nextset():
        pass
    result = cursor.pgresult
    if result is None or result.status != ExecStatus.TUPLES_OK:
        return {"result_type": "CommandOk", "result": None}
    names = [_text(result.fname(column)) for column in range(result.nfields)]
    rows = [
        [_text(result.get_value(row, column)) for column in range(result.nfields)]
        for row in range(result.ntuples)
    ]
    return {"result_type": "TuplesOk", "result": [names, *rows]}


def _text(value: bytes | None) -> str:
    """As Hasura shows a value; it shows NULL by its name."""
    return "NULL" if value is None else value.decode()


def _refused(error: psycopg.Error, sql: str) -> ApiFailure:
    """What Postgres said, in Hasura's words."""
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
        return ApiFailure("connection error", "postgres-error", path="$", status=500, internal=str(error))
    internal = {
        "statement": sql,
        "prepared": False,
        "error": {
            "exec_status": "FatalError",
            "hint": error.diag.message_hint,
            "message": error.diag.message_primary or str(error),
            "status_code": error.sqlstate,
            "description": error.diag.message_detail,
        },
        "arguments": [],
    }
    return ApiFailure("query execution failed", "postgres-error", path="$", internal=internal)
