"""Changes of rows held in Python, the naive way: one row after the other, by the letter of the permissions.

In: a `Field` of a mutation, as data. Out: its answer, and the world's rows changed; or `Refused`, and the rows as they
were. Conditions see the rows as they were before the field, and of a changed row the new values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.engine.generated.evaluator import View, _operand
from tests.engine.generated.world import Change, Row, Table

NO_CHANGE = Change([], {}, {}, None, False)


class Refused(Exception):
    """The code of the error."""


@dataclass
class Field:
    """One field. `arguments` are those of GraphQL; `many` are the updates of update_…_many."""

    kind: str  # insert, update, delete
    table: Table
    by_pk: bool
    arguments: dict[str, Any]
    many: list[dict[str, Any]] | None = None
    selected: list[str] = field(default_factory=list)


class Changes:
    """Changes made by one role; None is admin."""

    def __init__(self, view: View) -> None:
        self.view = view

    def rule(self, table: Table, kind: str) -> Change | None:
        """What the role may do."""
        return NO_CHANGE if self.view.role is None else table.changes[kind].get(self.view.role)

    def operation(self, fields: list[Field]) -> list[Any]:
        """The answers; all or nothing."""
        before = {name: list(table.rows) for name, table in self.view.world.tables.items()}
        try:
            answers = [self._field(one) for one in fields]
            self._check_references()
        except Refused:
            for name, table in self.view.world.tables.items():
                table.rows = before[name]
            raise
        return answers

    def _field(self, one: Field) -> Any:
        rule = self.rule(one.table, one.kind)
        assert rule is not None
        if one.many is not None:
            return [self._answer(one, self._update(one.table, rule, part)) for part in one.many]
        if one.kind == "insert":
            changed = self._insert(one.table, rule, one.arguments)
        elif one.kind == "update":
            changed = self._update(one.table, rule, one.arguments)
        else:
            changed = self._delete(one.table, rule, one.arguments)
        return self._answer(one, changed)

    def _answer(self, one: Field, changed: list[Row]) -> Any:
        shown = [{c: row[c] for c in one.selected} for row in changed]
        if one.by_pk:
            return shown[0] if shown else None
        answer: dict[str, Any] = {"affected_rows": len(changed)}
        return answer | {"returning": shown} if one.selected else answer

    # --- the changes: each gives the changed rows as the role sees them -----------------------------------

    def _insert(self, table: Table, rule: Change, arguments: dict[str, Any]) -> list[Row]:
        objects = arguments["objects"] if "objects" in arguments else [arguments["object"]]
        conflict = arguments.get("on_conflict")
        rows, checked = list(table.rows), []
        for given in objects:
            row = {c: given.get(c) for c in table.columns} | self._presets(table, rule)
            if row["id"] is None:
                raise Refused("constraint-violation")
            place = next((i for i, other in enumerate(rows) if other["id"] == row["id"]), None)
            if place is None:
                rows.append(row)
                checked.append((row, rule.check or {}))
            elif conflict is None:
                raise Refused("constraint-violation")
            elif conflict["update_columns"]:
                update = self.rule(table, "update") or NO_CHANGE
                if self._meets(rows[place], table, update.filter, conflict.get("where", {})):
                    rows[place] = {
                        **rows[place],
                        **{c: row[c] for c in conflict["update_columns"]},
                        **self._presets(table, update),
                    }
                    check = update.check if update.check is not None else rule.check
                    checked.append((rows[place], check or {}))
        return self._checked(table, checked, rows)

    def _update(self, table: Table, rule: Change, arguments: dict[str, Any]) -> list[Row]:
        if not (arguments.get("_set") or arguments.get("_inc") or rule.presets):
            return []  # as Hasura has it, nothing to change is no change of any row
        rows, checked = [], []
        for row in table.rows:
            if self._matches(row, table, rule, arguments):
                row = {**row, **arguments.get("_set", {}), **self._presets(table, rule)}
                for column, number in arguments.get("_inc", {}).items():
                    row[column] = None if row[column] is None else row[column] + number
                checked.append((row, rule.check or {}))
            rows.append(row)
        return self._checked(table, checked, rows)

    def _delete(self, table: Table, rule: Change, arguments: dict[str, Any]) -> list[Row]:
        gone = [row for row in table.rows if self._matches(row, table, rule, arguments)]
        shown = [self.view.shown(row, table) for row in gone]
        table.rows = [row for row in table.rows if row not in gone]
        return shown

    def _checked(self, table: Table, changed: list[tuple[Row, dict[str, Any]]], rows: list[Row]) -> list[Row]:
        if not all(self.view.permits(row, table, check) for row, check in changed):
            raise Refused("permission-error")
        shown = [self.view.shown(row, table) for row, _ in changed]
        table.rows = rows
        return shown

    # --- parts --------------------------------------------------------------------------------------------

    def _matches(self, row: Row, table: Table, rule: Change, arguments: dict[str, Any]) -> bool:
        if "where" in arguments:
            where = arguments["where"]
        else:
            where = {"id": {"_eq": arguments.get("pk_columns", arguments)["id"]}}
        return self._meets(row, table, rule.filter, where)

    def _meets(self, row: Row, table: Table, rule: dict[str, Any], where: dict[str, Any]) -> bool:
        """The role's condition over the row as it is, the request's over what the role sees of it."""
        shown = self.view.shown(row, table)
        return self.view.permits(row, table, rule) and self.view.holds(shown, table, where) is True

    @staticmethod
    def _presets(table: Table, rule: Change) -> Row:
        return {c: _operand(value, table.columns[c]) for c, value in rule.presets.items()}

    def _check_references(self) -> None:
        """Foreign keys are looked at when all is done."""
        tables = self.view.world.tables
        for table in tables.values():
            for relationship in table.relationships.values():
                if relationship.is_array:
                    continue
                keys = {row["id"] for row in tables[relationship.target].rows}
                column = relationship.columns[0][0]
                if any(row[column] is not None and row[column] not in keys for row in table.rows):
                    raise Refused("constraint-violation")
