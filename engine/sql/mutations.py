"""Changes of tables as SQL.

In: a `MutationRoot` of the plan. Out: `MutationStatement`: one statement that changes and answers, or, where the
answer reads related rows, a statement that changes and a second one that answers: a statement does not see its
own changes, and a related row may be one of them. Both run in the operation's transaction. A role's check is a
column beside the answer: whoever runs the statement undoes it if the check is not fulfilled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lictor.engine.errors import ROOT_PATH
from lictor.engine.expressions import TRUE, BoolExp, Param
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
    Update,
    UpdateManyRoot,
)
from lictor.engine.schema.model import ComputedField
from lictor.engine.sql.conditions import Aliases, param_sql, where_sql
from lictor.engine.sql.fragment import Sql, cat, ident, join, qualified, render, text
from lictor.engine.sql.inserts import CHANGED, CHECK, NestedSql, check_sql, insert_sql, is_checked
from lictor.engine.sql.params import Encode, encoder
from lictor.engine.sql.select import SelectBuilder, json_object


@dataclass(frozen=True, eq=False)
class Answer:
    """A statement that answers. Its $1 is what the change gave, its $2 the number of rows affected."""

    text: str
    encoders: tuple[Encode, ...]


@dataclass(frozen=True, eq=False)
class MutationStatement:
    """A change; `answer` is the second statement, if there is one.

    `checked`: the first statement's second column says whether the role's check is fulfilled. `nested` reads the
    rows of an insert. `path` is where the errors of the database point to.
    """

    key: str
    path: str
    text: str
    encoders: tuple[Encode, ...]
    checked: bool = False
    answer: Answer | None = None
    nested: NestedSql | None = None
    root: MutationRoot | None = None
    stringify_numbers: bool = False

    @cached_property
    def nested_answer(self) -> Answer:
        """What answers for rows that were inserted level by level: $1 are the rows as json, $2 their number."""
        assert self.root is not None
        return _answer_of_rows(self.root, SelectBuilder(self.stringify_numbers), AFFECTED)


@dataclass(frozen=True, eq=False)
class StatementList:
    """Changes whose answers make up a list."""

    key: str
    statements: tuple[MutationStatement, ...]


AFFECTED = "($2::text)::int"


def build_mutation(
    root: MutationRoot | UpdateManyRoot | SelectRoot | AggregateRoot, stringify_numbers: bool
) -> MutationStatement | StatementList:
    """The statements of one mutation field; a select calls a function that changes something."""
    if isinstance(root, UpdateManyRoot):
        parts = tuple(_build(update, stringify_numbers) for update in root.updates)
        return StatementList(root.key, parts)
    if isinstance(root, MutationRoot):
        return _build(root, stringify_numbers)
    sql, params = render(cat("SELECT ", SelectBuilder(stringify_numbers).root(root), "::text"))
    return MutationStatement(root.key, ROOT_PATH, sql, _encoders(params))


def _build(root: MutationRoot, stringify_numbers: bool) -> MutationStatement:
    builder = SelectBuilder(stringify_numbers)
    change = cat(f"WITH {CHANGED} AS (", _change(root, builder.aliases), ") ")
    checked = _is_checked(root)
    check = f", (SELECT coalesce(bool_and({CHECK}), TRUE) FROM {CHANGED})" if checked else ""
    answer = None
    if _reads_others(root):
        answer = _answer_of_rows(root, builder, None)
        told = cat(f"(SELECT coalesce(json_agg({CHANGED}), '[]') FROM {CHANGED})::text")
    else:
        told = cat(_answer(root, CHANGED, builder, None), "::text")
    sql, params = render(cat(change, "SELECT ", told, check))
    return MutationStatement(
        key=root.key,
        path=root.path,
        text=sql,
        encoders=_encoders(params),
        checked=checked,
        answer=answer,
        nested=NestedSql(root.change) if isinstance(root.change, Insert) else None,
        root=root,
        stringify_numbers=stringify_numbers,
    )


def _encoders(params: tuple[Param, ...]) -> tuple[Encode, ...]:
    return tuple(encoder(param) for param in params)


def _is_checked(root: MutationRoot) -> bool:
    change = root.change
    if isinstance(change, Insert):
        return is_checked(change.table, change.on_conflict)
    return isinstance(change, Update) and _update_check(change) is not None


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


# --- answers ----------------------------------------------------------------------------------------------


def _answer_of_rows(root: MutationRoot, builder: SelectBuilder, affected: str | None) -> Answer:
    source = root.change.table.source
    rows = f"json_populate_recordset(NULL::{qualified(source.schema, source.name)}, ($1::text)::json)"
    used = cat("SELECT ", _answer(root, rows, builder, affected), "::text")
    if affected is not None:
        # whatever is selected, the parameters have a type
        used = cat(used, f" WHERE $1::text IS NOT NULL AND {affected} >= 0")
    sql, params = render(used, first=2 if affected is None else 3)
    return Answer(sql, _encoders(params))


def _answer(root: MutationRoot, rows: str, builder: SelectBuilder, affected: str | None) -> Sql:
    """The json of the field over the changed rows, of which there are as many unless `affected` is given."""
    if root.single:
        return builder.row_over(rows, root.row)
    pairs: list[tuple[str, Sql]] = []
    for part in root.response:
        if isinstance(part, AffectedRows):
            pairs.append((part.key, cat(affected or f"(SELECT count(*) FROM {rows})")))
        elif isinstance(part, TypenameLeaf):
            pairs.append((part.key, cat(f"{text(part.value)}::text")))
        else:
            pairs.append((part.key, builder.rows_over(rows, part.fields)))
    return json_object(pairs)


# --- changes ----------------------------------------------------------------------------------------------


def _change(root: MutationRoot, aliases: Aliases) -> Sql:
    change = root.change
    if isinstance(change, Insert):
        return insert_sql(change.table, change.on_conflict, aliases)
    alias = aliases.next()
    source = qualified(change.table.source.schema, change.table.source.name)
    where = where_sql(change.where, alias, aliases)
    if isinstance(change, Delete):
        return cat(f"DELETE FROM {source} AS {alias} WHERE ", where, f" RETURNING {alias}.*")
    check = _update_check(change)
    told = cat("") if check is None else check_sql(where_sql(check, alias, aliases))
    if not change.assignments:  # nothing to change is no change
        return cat(f"SELECT {alias}.*", told, f" FROM {source} AS {alias} WHERE FALSE AND ", where)
    assignments = [_assignment(assignment, alias) for assignment in change.assignments]
    return cat(
        f"UPDATE {source} AS {alias} SET ",
        join(", ", assignments),
        " WHERE ",
        where,
        f" RETURNING {alias}.*",
        told,
    )


def _update_check(change: Update) -> BoolExp | None:
    """The condition that the updated rows must fulfil, or None."""
    rule = change.table.update
    assert rule is not None
    return None if rule.check is None or rule.check == TRUE else rule.check


def _assignment(assignment: Assignment, alias: str) -> Sql:
    column = ident(assignment.column.column)
    if assignment.operand is None:
        return cat(f"{column} = NULL")
    before, after = assignment.sql.replace("{0}", f"{alias}.{column}").split("{1}")
    return cat(f"{column} = {before}", param_sql(assignment.operand), after)
