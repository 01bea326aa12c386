"""Changes of tables as SQL.

In: a `MutationRoot` of the plan. Out: `MutationStatement`: one statement that changes and answers, or, where the
answer reads related rows, a statement that changes and a second one that answers: a statement does not see its
own changes, and a related row may be one of them. Both run in the operation's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from lictor.engine.errors import ROOT_PATH
from lictor.engine.expressions import Param
from lictor.engine.plan.nodes import (
    AffectedRows,
    AggregateRoot,
    Assignment,
    ColumnLeaf,
    ComputedRowsLeaf,
    Delete,
    Insert,
    Leaf,
    MutationRoot,
    RelationAggregateLeaf,
    RelationLeaf,
    Returning,
    SelectRoot,
    TypenameLeaf,
)
from lictor.engine.schema.model import ComputedField
from lictor.engine.sql.conditions import Aliases, param_sql, where_sql
from lictor.engine.sql.fragment import Sql, cat, ident, join, qualified, render, text
from lictor.engine.sql.params import Encode, encoder
from lictor.engine.sql.select import SelectBuilder, json_object

CHANGED = '"the changed rows"'  # no name of GraphQL or of a table in reach has spaces


@dataclass(frozen=True, eq=False)
class MutationStatement:
    """`answer` is the text of the second statement; $1 of it is what the first one gives."""

    key: str
    text: str
    encoders: tuple[Encode, ...]
    answer: str | None
    answer_encoders: tuple[Encode, ...]
    path: str


def build_mutation(
    root: MutationRoot | SelectRoot | AggregateRoot, stringify_numbers: bool
) -> MutationStatement:
    """The statement or statements of one mutation field; a select calls a function that changes something."""
    builder = SelectBuilder(stringify_numbers)
    if not isinstance(root, MutationRoot):
        sql, params = render(cat("SELECT ", builder.root(root), "::text"))
        return MutationStatement(root.key, sql, _encoders(params), None, (), ROOT_PATH)
    change = cat(f"WITH {CHANGED} AS (", _change(root, builder.aliases), ") ")
    if not _reads_others(root):
        sql, params = render(cat(change, "SELECT ", _answer(root, CHANGED, builder), "::text"))
        return MutationStatement(root.key, sql, _encoders(params), None, (), root.path)
    sql, params = render(cat(change, f"SELECT coalesce(json_agg({CHANGED}), '[]')::text FROM {CHANGED}"))
    source = root.change.table.source
    rows = f"json_populate_recordset(NULL::{qualified(source.schema, source.name)}, ($1::text)::json)"
    answer, answer_params = render(cat("SELECT ", _answer(root, rows, builder), "::text"), first=2)
    return MutationStatement(root.key, sql, _encoders(params), answer, _encoders(answer_params), root.path)


def _encoders(params: tuple[Param, ...]) -> tuple[Encode, ...]:
    return tuple(encoder(param) for param in params)


def _reads_others(root: MutationRoot) -> bool:
    fields: list[Leaf] = list(root.row)
    for part in root.response:
        if isinstance(part, Returning):
            fields += part.fields
    others = (RelationLeaf, RelationAggregateLeaf, ComputedRowsLeaf)
    # the function of a computed field may read the changed table itself
    return any(
        isinstance(field, others)
        or (isinstance(field, ColumnLeaf) and isinstance(field.column, ComputedField))
        for field in fields
    )


def _answer(root: MutationRoot, rows: str, builder: SelectBuilder) -> Sql:
    """The json of the field over the changed rows."""
    if root.single:
        return builder.row_over(rows, root.row)
    pairs: list[tuple[str, Sql]] = []
    for part in root.response:
        if isinstance(part, AffectedRows):
            pairs.append((part.key, cat(f"(SELECT count(*) FROM {rows})")))
        elif isinstance(part, TypenameLeaf):
            pairs.append((part.key, cat(f"{text(part.value)}::text")))
        else:
            pairs.append((part.key, builder.rows_over(rows, part.fields)))
    return json_object(pairs)


# --- changes ----------------------------------------------------------------------------------------------


def _change(root: MutationRoot, aliases: Aliases) -> Sql:
    change = root.change
    alias = aliases.next()
    source = qualified(change.table.source.schema, change.table.source.name)
    if isinstance(change, Insert):
        return _insert(change, source, alias, aliases)
    where = where_sql(change.where, alias, aliases)
    if isinstance(change, Delete):
        return cat(f"DELETE FROM {source} AS {alias} WHERE ", where, f" RETURNING {alias}.*")
    if not change.assignments:  # nothing to change is no change
        return cat(f"SELECT {alias}.* FROM {source} AS {alias} WHERE FALSE AND ", where)
    assignments = [_assignment(assignment, alias) for assignment in change.assignments]
    return cat(
        f"UPDATE {source} AS {alias} SET ", join(", ", assignments), " WHERE ", where, f" RETURNING {alias}.*"
    )


def _assignment(assignment: Assignment, alias: str) -> Sql:
    column = ident(assignment.column.column)
    if assignment.operand is None:
        return cat(f"{column} = NULL")
    before, after = assignment.sql.replace("{0}", f"{alias}.{column}").split("{1}")
    return cat(f"{column} = {before}", param_sql(assignment.operand), after)


def _insert(change: Insert, source: str, alias: str, aliases: Aliases) -> Sql:
    """Rows come as a json list of objects keyed by column; a column that an object lacks takes its default."""
    columns = change.rows.columns
    names = ", ".join(ident(column.column) for column in columns)
    values = ", ".join(
        f"CASE WHEN item.value -> {text(column.column)} IS NULL THEN {column.default_sql or 'NULL'}"
        f" ELSE given.{ident(column.column)} END"
        for column in columns
    )
    return cat(
        f"INSERT INTO {source} AS {alias} ({names}) SELECT {values} FROM json_array_elements((",
        change.rows,
        f"::text)::json) WITH ORDINALITY AS item(value, place), "
        f"json_populate_record(NULL::{source}, item.value) AS given ORDER BY item.place",
        _on_conflict(change, alias, aliases),
        f" RETURNING {alias}.*",
    )


def _on_conflict(change: Insert, alias: str, aliases: Aliases) -> Sql:
    conflict = change.on_conflict
    if conflict is None:
        return cat("")
    head = f" ON CONFLICT ON CONSTRAINT {ident(conflict.constraint)} "
    if not conflict.update:
        return cat(head, "DO NOTHING")
    updated = ", ".join(f"{ident(c.column)} = EXCLUDED.{ident(c.column)}" for c in conflict.update)
    return cat(head, f"DO UPDATE SET {updated} WHERE ", where_sql(conflict.where, alias, aliases))
