"""Answers requests over rows held in Python, the naive way; knows SQL's three-valued logic and nothing of the engine.

A `View` is what one role sees: rows its filters let through, columns it may see (an inherited role sees a value
where one of its parents does), limits and aggregates.
"""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from tests.engine.generated.world import ROLES, SESSION, Permission, Relationship, Row, Table, World
from tests.engine.naive import Truth, all_of, any_of, compare, in_order, negated


def _operand(value: Any, kind: str) -> Any:
    """A permission's operand with its session variables filled in."""
    if isinstance(value, list):
        return [_operand(item, kind) for item in value]
    if isinstance(value, str) and value.lower() in SESSION:
        text = SESSION[value.lower()]
        if text.startswith("{"):
            return [int(item) for item in text[1:-1].split(",")]
        return int(text) if kind == "integer" else text
    return value


class View:
    """What a role sees of a world; role None is admin."""

    def __init__(self, world: World, role: str | None) -> None:
        self.world = world
        self.role = role

    # --- permissions ------------------------------------------------------------------------------------

    def _parents(self, table: Table) -> list[Permission]:
        names = ROLES[:2] if self.role == ROLES[2] else (self.role,)
        return [table.permissions[name] for name in names if name in table.permissions]

    def sees(self, table: Table) -> bool:
        return self.role is None or bool(self._parents(table))

    def columns(self, table: Table) -> list[str]:
        if self.role is None:
            return list(table.columns)
        return [c for c in table.columns if any(c in p.columns for p in self._parents(table))]

    def aggregations(self, table: Table) -> bool:
        return self.role is None or any(p.aggregations for p in self._parents(table))

    def limit(self, table: Table) -> int | None:
        limits = [] if self.role is None else [p.limit for p in self._parents(table)]
        return None if not limits or None in limits else max(limit for limit in limits if limit is not None)

    def rows(self, table: Table) -> list[Row]:
        """The rows the role sees, with the values it sees."""
        if self.role is None:
            return table.rows
        return [self.shown(row, table) for row in table.rows if self._allowing(row, table)]

    def shown(self, row: Row, table: Table) -> Row:
        """A row, seen or not, with the values the role sees. What all its parents may see, it sees in every row."""
        parents, allowing = self._parents(table), self._allowing(row, table)
        shown = {
            c: row[c]
            if all(c in p.columns for p in parents) or any(c in p.columns for p in allowing)
            else None
            for c in table.columns
        }
        return {**shown, "\0": row}

    def _allowing(self, row: Row, table: Table) -> list[Permission]:
        return [p for p in self._parents(table) if self.permits(row, table, p.filter)]

    def permits(self, row: Row, table: Table, where: dict[str, Any]) -> bool:
        """Does the row fulfil a permission's condition?"""
        return self._permits(row, table, where, row, table) is True

    def _permits(self, row: Row, table: Table, where: dict[str, Any], root: Row, root_table: Table) -> Truth:
        truths: list[Truth] = []
        for key, value in where.items():
            if key in ("_and", "_or"):
                parts = [self._permits(row, table, item, root, root_table) for item in value]
                truths.append(all_of(parts) if key == "_and" else any_of(parts))
            elif key == "_not":
                inner = self._permits(row, table, value, root, root_table)
                truths.append(negated(inner))
            elif key == "_exists":
                other = self.world.tables[value["_table"]["name"]]
                found = (self._permits(r, other, value["_where"], root, root_table) for r in other.rows)
                truths.append(any(truth is True for truth in found))
            elif key in table.columns:
                truths += self._permits_column(row, table, key, value, root)
            else:
                relationship = table.relationships[key]
                other = self.world.tables[relationship.target]
                near = [r for r in other.rows if related(row, r, relationship)]
                truths.append(any(self._permits(r, other, value, root, root_table) is True for r in near))
        return all_of(truths)

    def _permits_column(self, row: Row, table: Table, column: str, value: Any, root: Row) -> list[Truth]:
        if not isinstance(value, dict):
            value = {"_eq": value}
        truths: list[Truth] = []
        for operator, operand in value.items():
            if operator.startswith("_c"):
                other = root[operand[1]] if isinstance(operand, list) else row[operand]
                truths.append(compare("_" + operator[2:], row[column], other))
            else:
                truths.append(compare(operator, row[column], _operand(operand, table.columns[column])))
        return truths

    # --- requests ---------------------------------------------------------------------------------------

    def near(self, row: Row, relationship: Relationship) -> list[Row]:
        """The related rows the role sees."""
        other = self.world.tables[relationship.target]
        full = row.get("\0", row)
        return [r for r in self.rows(other) if related(full, r.get("\0", r), relationship)]

    def holds(self, row: Row, table: Table, where: dict[str, Any]) -> Truth:
        truths: list[Truth] = []
        for key, value in where.items():
            if key in ("_and", "_or"):
                parts = [self.holds(row, table, item) for item in value]
                truths.append(all_of(parts) if key == "_and" else any_of(parts))
            elif key == "_not":
                inner = self.holds(row, table, value)
                truths.append(negated(inner))
            elif key in table.columns:
                truths += [compare(operator, row[key], operand) for operator, operand in value.items()]
            else:
                relationship = table.relationships[key]
                other = self.world.tables[relationship.target]
                truths.append(any(self.holds(r, other, value) is True for r in self.near(row, relationship)))
        return all_of(truths)

    def chosen(
        self, rows: list[Row], table: Table, arguments: dict[str, Any], *, bounded: bool = True
    ) -> list[Row]:
        """where, order_by, offset, limit; `bounded`: the role's limit counts."""
        where = arguments.get("where", {})
        kept = [row for row in rows if self.holds(row, table, where) is True]
        kept.sort(key=cmp_to_key(lambda a, b: self._order(a, b, table, arguments.get("order_by", []))))
        kept = kept[arguments.get("offset") or 0 :]
        limits = [arguments.get("limit"), self.limit(table) if bounded else None]
        limits = [limit for limit in limits if limit is not None]
        return kept[: min(limits)] if limits else kept

    def _order(self, a: Row, b: Row, table: Table, order: list[dict[str, Any]]) -> int:
        for item in order:
            ((key, direction),) = item.items()
            one, other = self._key(a, table, key, direction), self._key(b, table, key, direction)
            while isinstance(direction, dict):
                (direction,) = direction.values()
            if found := in_order(one, other, direction):
                return found
        return 0

    def _key(self, row: Row, table: Table, key: str, direction: Any) -> Any:
        if key in table.columns:
            return row[key]
        relationship = table.relationships[key.removesuffix("_aggregate")]
        near = self.near(row, relationship)
        if relationship.is_array:
            return len(near)
        ((column, _),) = direction.items()
        return near[0][column] if near else None


def related(row: Row, other: Row, relationship: Relationship) -> bool:
    return all(
        row[local] is not None and row[local] == other[remote] for local, remote in relationship.columns
    )
