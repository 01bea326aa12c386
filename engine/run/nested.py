"""Inserts objects that are nested in one another.

In: a `Batch` and a connection in a transaction. Out: the rows of the field's own table, and how many rows were
inserted on all levels. Object relationships over the row's own key come before the row, all others after it.

There are two ways. All rows of a level in one statement, where results are matched to objects by their order: for
objects without on_conflict. And row by row, as Hasura does: with on_conflict, which may leave rows out, and again
after a failure of the first way (`NotExact`), so that the error is told of the right row.
Raises GraphQLFailure with Hasura's texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from asyncpg.pool import PoolConnectionProxy

from lictor.engine.errors import GraphQLFailure
from lictor.engine.plan.nodes import OnConflict
from lictor.engine.plan.sources import CONFLICT_KEY, ROWS_KEY
from lictor.engine.run.pgerrors import DATABASE_ERRORS, logged_failure
from lictor.engine.schema.model import RelationshipField, TableType
from lictor.engine.sql.inserts import LevelStatement, NestedSql
from lictor.engine.sql.rows import Batch, Nested, rows_text

# The wanted columns of an inserted row as text, by name.
Row = dict[str, Any]


class NotExact(Exception):
    """Rows inserted level by level were refused, or not all of them are there."""


def check_failed(path: str) -> GraphQLFailure:
    """A row does not fulfil the role's check."""
    message = "check constraint of an insert/update permission has failed"
    return GraphQLFailure.of(message, path=path, code="permission-error", kind="data")


class NestedInsert:
    """One insert field of one request. `affected` counts the rows of all levels, `rows` are those of the field's
    own table as the text of a JSON list."""

    def __init__(
        self,
        connection: PoolConnectionProxy,
        sql: NestedSql,
        variables: Mapping[str, Any],
        literals: tuple[Any, ...],
    ) -> None:
        self.connection = connection
        self.sql = sql
        self.variables = variables
        self.literals = literals
        self.affected = 0
        self._rows: list[str] = []

    @property
    def rows(self) -> str:
        return "[" + ",".join(self._rows) + "]"

    async def run(self, batch: Batch, *, exactly: bool) -> None:
        """Inserts everything."""
        on_conflict = self.sql.insert.on_conflict
        if not exactly and on_conflict is None and not _has_conflicts(batch):
            await self._level([batch], [{} for _ in batch.values], (), top=True)
            return
        for place in range(len(batch.values)):
            await self._object(batch, place, {}, on_conflict, (), top=True)

    # --- level by level ---------------------------------------------------------------------------------

    async def _level(
        self, batches: list[Batch], parents: list[Row], wanted: tuple[str, ...], *, top: bool = False
    ) -> list[Row]:
        """Inserts the rows of batches of one table, each with what its parent determines, and all below them."""
        table = batches[0].table
        rows = [
            {**row, **parent}
            for row, parent in zip((row for b in batches for row in b.values), parents, strict=True)
        ]
        groups = _by_relationship(batches)
        for relationship, found in groups:
            if not relationship.after_parent:
                columns = tuple(remote for _, remote in relationship.join)
                of_parts = await self._level([part.batch for _, part in found], [{} for _ in found], columns)
                for (place, _), got in zip(found, of_parts, strict=True):
                    rows[place] |= {local: got[remote] for local, remote in relationship.join}
        after = [(relationship, found) for relationship, found in groups if relationship.after_parent]
        told = _columns(wanted, [relationship for relationship, _ in after])
        made = await self._insert_alike(table, rows, told, top=top)
        for relationship, found in after:
            determined = [
                {remote: made[place][local] for local, remote in relationship.join}
                for place, part in found
                for _ in part.batch.values
            ]
            await self._level([part.batch for _, part in found], determined, ())
        return made

    async def _insert_alike(
        self, table: TableType, rows: list[Row], wanted: tuple[str, ...], *, top: bool
    ) -> list[Row]:
        """One statement for all rows, or one for each set of columns that parents determine."""
        groups: dict[frozenset[str], list[int]] = {}
        for place, row in enumerate(rows):
            groups.setdefault(_unusual(table, row), []).append(place)
        made: list[Row] = [{} for _ in rows]
        texts: dict[int, str] = {}
        for determined, places in groups.items():
            part = [rows[place] for place in places]
            statement = self.sql.level(table, determined, wanted, whole=top, on_conflict=None)
            try:
                count, found, of_rows = await self._fetch(statement, wanted, part, None, self.sql.insert.path)
            except GraphQLFailure as error:
                if error.kind == "data":
                    raise NotExact from error
                raise
            if count != len(places):
                raise NotExact  # a trigger left some out, or is of several minds
            for place, row in zip(places, found, strict=True) if wanted else ():
                made[place] = row
            texts |= zip(places, of_rows, strict=False)
        if top:
            self._rows += [texts[place] for place in sorted(texts)]
        return made

    # --- row by row -------------------------------------------------------------------------------------

    async def _object(
        self,
        batch: Batch,
        place: int,
        parent: Row,
        on_conflict: OnConflict | None,
        wanted: tuple[str, ...],
        *,
        top: bool = False,
    ) -> Row | None:
        """Inserts a row of a batch and all that is nested in it. None if the row is not there afterwards."""
        path = batch.row_path(place)
        row = {**batch.values[place], **parent}
        nested = batch.nested.get(place, [])
        for part in nested:
            relationship = part.relationship
            if not relationship.after_parent:
                columns = tuple(remote for _, remote in relationship.join)
                got = await self._object(part.batch, 0, {}, _plan(part.batch), columns)
                if got is None:
                    raise _zero_rows(f'object relation "{relationship.name}"', part.batch.table, part.path)
                row |= {local: got[remote] for local, remote in relationship.join}
        after = [part for part in nested if part.relationship.after_parent]
        told = _columns(wanted, [part.relationship for part in after])
        made = await self._insert(batch, [row], on_conflict, told, path, top=top)
        if not made:
            if after:
                raise _zero_rows("array relations", batch.table, path)
            return None
        for part in after:
            determined = {remote: made[0][local] for local, remote in part.relationship.join}
            await self._children(part.batch, determined)
        return made[0]

    async def _children(self, batch: Batch, parent: Row) -> None:
        on_conflict = _plan(batch)
        if not batch.nested:
            rows = [{**row, **parent} for row in batch.values]
            await self._insert(batch, rows, on_conflict, (), batch.path, top=False)
            return
        for place in range(len(batch.values)):
            await self._object(batch, place, parent, on_conflict, ())

    async def _insert(
        self,
        batch: Batch,
        rows: list[Row],
        on_conflict: OnConflict | None,
        wanted: tuple[str, ...],
        path: str,
        *,
        top: bool,
    ) -> list[Row]:
        """One statement; as many rows as there are afterwards, empty if no columns of them are wanted."""
        table = batch.table
        determined = _unusual(table, rows[0])
        statement = self.sql.level(table, determined, wanted, whole=top, on_conflict=on_conflict)
        count, found, texts = await self._fetch(statement, wanted, rows, batch, path)
        self._rows += texts
        return found if wanted else [{}] * count

    # --- both -------------------------------------------------------------------------------------------

    async def _fetch(
        self,
        statement: LevelStatement,
        wanted: tuple[str, ...],
        rows: list[Row],
        batch: Batch | None,
        path: str,
    ) -> tuple[int, list[Row], list[str]]:
        """How many rows were inserted, their wanted columns, and the rows as json if they are told."""
        variables = {**self.variables, ROWS_KEY: rows_text(rows, path)}
        if batch is not None and batch.conflict is not None:
            variables[CONFLICT_KEY] = batch.conflict.value
        values = [encode(variables, self.literals) for encode in statement.encoders]
        try:
            record = await self.connection.fetchrow(statement.text, *values)
        except DATABASE_ERRORS as error:
            raise logged_failure(error, statement.text, path) from error
        assert record is not None  # an aggregate has one row
        count, fulfilled, told, texts = record
        if not fulfilled:
            raise check_failed(path)
        self.affected += count
        return count, [dict(zip(wanted, row, strict=True)) for row in told or ()], texts or []


def _plan(batch: Batch) -> OnConflict | None:
    return None if batch.conflict is None else batch.conflict.plan


def _has_conflicts(batch: Batch) -> bool:
    return batch.conflict is not None or any(
        _has_conflicts(part.batch) for parts in batch.nested.values() for part in parts
    )


def _unusual(table: TableType, row: Row) -> frozenset[str]:
    """The columns of a row that the role may not give but the ways between the tables determine."""
    usual = {column.column for column in table.insert.columns.values()} if table.insert else set[str]()
    return frozenset(row.keys() - usual)


def _columns(wanted: tuple[str, ...], after: list[RelationshipField]) -> tuple[str, ...]:
    """The columns of a row that must be known: those wanted and those that determine what comes after it."""
    return tuple(sorted({*wanted, *(local for relationship in after for local, _ in relationship.join)}))


def _by_relationship(batches: list[Batch]) -> list[tuple[RelationshipField, list[tuple[int, Nested]]]]:
    """What is nested in the rows of all batches, by relationship, with the place of its row among all rows."""
    found: dict[str, tuple[RelationshipField, list[tuple[int, Nested]]]] = {}
    start = 0
    for batch in batches:
        for place, parts in batch.nested.items():
            for part in parts:
                entry = found.setdefault(part.relationship.name, (part.relationship, []))
                entry[1].append((start + place, part))
        start += len(batch.values)
    return list(found.values())


def _zero_rows(what: str, table: TableType, path: str) -> GraphQLFailure:
    message = f'cannot proceed to insert {what} since insert to table "{table.source}" affects zero rows'
    return GraphQLFailure.of(message, path=path, code="not-supported", kind="data")
