"""Inserts as SQL.

In: a table as the role sees it, `Insert` and `OnConflict` of the plan. Out: the statement that inserts a list of
rows, with presets, defaults and the role's check; and, for objects nested in one another, one such statement per
table and level (`NestedSql`), whose results tell the columns that tie the levels together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lictor.engine.expressions import TRUE, BoolExp, Param, VariableAt
from lictor.engine.plan.nodes import Insert, OnConflict
from lictor.engine.plan.sources import ROWS_KEY, fetcher
from lictor.engine.schema.model import ColumnField, TableType
from lictor.engine.schema.scalars import JSONB
from lictor.engine.schema.writing import insert_columns
from lictor.engine.sql.conditions import Aliases, param_sql, where_sql
from lictor.engine.sql.fragment import Sql, cat, ident, join, qualified, render, text
from lictor.engine.sql.params import Encode, encoder
from lictor.engine.sql.rows import Batch, RowsReader

# No name of GraphQL or of a table in reach has spaces.
CHANGED = '"the changed rows"'
CHECK = '"the check"'
NOTHING: frozenset[str] = frozenset()


def insert_sql(
    table: TableType,
    on_conflict: OnConflict | None,
    aliases: Aliases,
    determined: frozenset[str] = NOTHING,
) -> Sql:
    """INSERT … RETURNING the rows and, if there is one, the role's check.

    Rows come as a JSON list of objects keyed by column; a column that an object lacks takes its default. The
    `determined` columns, which the user may not give, are in every object.
    """
    alias = aliases.next()
    source = qualified(table.source.schema, table.source.name)
    values: dict[str, Sql] = {column.column: _given(column) for column in insert_columns(table).values()}
    for column, preset in table.insert.presets if table.insert else ():
        values[column.column] = param_sql(preset)
    for name in sorted(determined):
        values[name] = cat(f"given.{ident(name)}")
    names = f" ({', '.join(ident(name) for name in values)})" if values else ""
    rows = Param(VariableAt(ROWS_KEY), JSONB, "text", "$")
    return cat(
        f"INSERT INTO {source} AS {alias}{names} SELECT ",
        join(", ", values.values()),
        " FROM json_array_elements((",
        rows,
        "::text)::json) WITH ORDINALITY AS item(value, place), "
        f"json_populate_record(NULL::{source}, item.value) AS given ORDER BY item.place",
        _on_conflict(on_conflict, alias, aliases),
        f" RETURNING {alias}.*",
        _check(table, on_conflict, alias, aliases),
    )


def is_checked(table: TableType, on_conflict: OnConflict | None) -> bool:
    """Does the statement of `insert_sql` tell the role's check?"""
    rule = table.insert
    if rule is not None and rule.check != TRUE:
        return True
    return _update_check(table, on_conflict) is not None and _update_check(table, on_conflict) != TRUE


def check_sql(condition: Sql) -> Sql:
    """The check as a column of RETURNING. Unknown is not fulfilled."""
    return cat(", coalesce(", condition, f", FALSE) AS {CHECK}")


def _given(column: ColumnField) -> Sql:
    return cat(
        f"CASE WHEN item.value -> {text(column.column)} IS NULL THEN {column.default_sql or 'NULL'}"
        f" ELSE given.{ident(column.column)} END"
    )


def _update_check(table: TableType, on_conflict: OnConflict | None) -> BoolExp | None:
    """The check of rows that an upsert updates, if it is another than that of new rows."""
    if on_conflict is None or not on_conflict.update or table.update is None:
        return None
    return table.update.check


def _check(table: TableType, on_conflict: OnConflict | None, alias: str, aliases: Aliases) -> Sql:
    if not is_checked(table, on_conflict):
        return cat("")
    assert table.insert is not None
    inserted = where_sql(table.insert.check, alias, aliases)
    updated = _update_check(table, on_conflict)
    if updated is None:
        return check_sql(inserted)
    # only a row that was there before has an xmax
    return check_sql(
        cat(
            f"CASE WHEN {alias}.xmax = 0 THEN ",
            inserted,
            " ELSE ",
            where_sql(updated, alias, aliases),
            " END",
        )
    )


def _on_conflict(conflict: OnConflict | None, alias: str, aliases: Aliases) -> Sql:
    if conflict is None:
        return cat("")
    head = f" ON CONFLICT ON CONSTRAINT {ident(conflict.constraint)} "
    if not conflict.update:
        return cat(head, "DO NOTHING")
    assignments = [cat(f"{ident(c.column)} = EXCLUDED.{ident(c.column)}") for c in conflict.update]
    assignments += [cat(f"{ident(c.column)} = ", param_sql(preset)) for c, preset in conflict.presets]
    return cat(
        head, "DO UPDATE SET ", join(", ", assignments), " WHERE ", where_sql(conflict.where, alias, aliases)
    )


# --- nested objects ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class LevelStatement:
    """Inserts rows of one table; its row has four columns:

    how many rows there are; are all checks fulfilled; the wanted columns of each row, as text; each row as the
    text of a JSON object. The latter two are null if they are not asked for, or without rows.
    """

    text: str
    encoders: tuple[Encode, ...]


class NestedSql:
    """The rows of an insert field, and the statements for those of its objects that are nested."""

    def __init__(self, insert: Insert) -> None:
        self.insert = insert
        self._levels: dict[tuple[Any, ...], LevelStatement] = {}

    @cached_property
    def _reader(self) -> RowsReader:
        return RowsReader(self.insert.table, self.insert.path, self.insert.read_conflict)

    def read(self, variables: Mapping[str, Any], literals: tuple[Any, ...]) -> Batch:
        """The rows of one request. Raises GraphQLFailure."""
        return self._reader.read(self._fetch(variables, literals))

    @cached_property
    def _fetch(self) -> Any:
        return fetcher(self.insert.rows)

    def level(
        self,
        table: TableType,
        determined: frozenset[str],
        columns: tuple[str, ...],
        *,
        whole: bool,
        on_conflict: OnConflict | None,
    ) -> LevelStatement:
        """The statement that inserts rows of `table` and tells `columns` or the `whole` rows."""
        if on_conflict is not None and on_conflict is not self.insert.on_conflict:
            return _level(table, determined, columns, whole, on_conflict)
        key = (table, determined, columns, whole, on_conflict is not None)
        found = self._levels.get(key)
        if found is None:
            found = self._levels[key] = _level(table, determined, columns, whole, on_conflict)
        return found


def _level(
    table: TableType,
    determined: frozenset[str],
    columns: tuple[str, ...],
    whole: bool,
    on_conflict: OnConflict | None,
) -> LevelStatement:
    change = insert_sql(table, on_conflict, Aliases(), determined)
    checked = f"coalesce(bool_and({CHECK}), TRUE)" if is_checked(table, on_conflict) else "TRUE"
    wanted = ", ".join(f"{ident(column)}::text" for column in columns)
    told = f"array_agg(ARRAY[{wanted}])" if columns else "NULL::text[]"
    rows = f"array_agg(row_to_json({CHANGED})::text)" if whole else "NULL::text[]"
    sql, params = render(
        cat(
            f"WITH {CHANGED} AS (",
            change,
            f") SELECT count(*)::int, {checked}, {told}, {rows} FROM {CHANGED}",
        )
    )
    return LevelStatement(sql, tuple(encoder(param) for param in params))
