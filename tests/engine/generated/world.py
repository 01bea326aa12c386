"""A random database with random rows, relationships and permissions, told to Postgres, to the engine and to Python.

In: a seed. Out: `World`: DDL, metadata as a document, and the rows. Small on purpose: few values, many nulls and
duplicates, so that comparisons meet each other.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

TYPES = {"integer": range(-2, 5), "text": ["", "a", "ab", "b", "é'\"\\", "%_"], "boolean": [True, False]}
SESSION = {"x-hasura-n": "1", "x-hasura-list": "{0,1,3}", "x-hasura-text": "ab"}
KINDS = ("insert", "update", "delete")
ROLES = ("one", "two", "both")  # the last inherits from the others
Row = dict[str, Any]


@dataclass
class Relationship:
    name: str
    is_array: bool
    target: str
    columns: tuple[tuple[str, str], ...]  # local, remote


@dataclass
class Permission:
    columns: list[str]
    filter: dict[str, Any]
    limit: int | None
    aggregations: bool


@dataclass
class Change:
    """What a role may insert, update or delete; `check` None is not declared."""

    columns: list[str]
    presets: dict[str, Any]
    filter: dict[str, Any]
    check: dict[str, Any] | None
    backend_only: bool

    def of_kind(self, kind: str) -> dict[str, Any]:
        """The permission as metadata have it."""
        backend_only = {"backend_only": True} if self.backend_only else {}
        if kind == "delete":
            return {"filter": self.filter, **backend_only}
        written = {"columns": self.columns, "set": self.presets, "check": self.check, **backend_only}
        return written if kind == "insert" else {**written, "filter": self.filter}


@dataclass
class Table:
    name: str
    columns: dict[str, str]  # name -> type; the key is "id"
    relationships: dict[str, Relationship] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    permissions: dict[str, Permission] = field(default_factory=dict)
    changes: dict[str, dict[str, Change]] = field(default_factory=dict)  # kind -> role


class World:
    def __init__(self, seed: int, schema: str = "world") -> None:
        self.random = random.Random(seed)
        self.schema = schema
        self.tables: dict[str, Table] = {}
        for number in range(self.random.randint(2, 4)):
            self._add_table(f"t{number}")
        for table in self.tables.values():
            for role in ROLES[:2]:
                if self.random.random() < 0.85:
                    table.permissions[role] = self._permission(table)
        for table in self.tables.values():
            table.changes = {kind: self._changes(table, kind) for kind in KINDS}

    # --- tables -----------------------------------------------------------------------------------------

    def _add_table(self, name: str) -> None:
        rng = self.random
        columns = {"id": "integer"}
        columns |= {f"c{i}": rng.choice(list(TYPES)) for i in range(rng.randint(1, 4))}
        table = self.tables[name] = Table(name, columns)
        for number in range(rng.randint(0, 2)):
            self._refer(table, rng.choice(list(self.tables.values())), f"f{number}")
        if rng.random() < 0.5:  # over columns that are no key on either side
            other = rng.choice(list(self.tables.values()))
            mine, theirs = rng.choice(self._integers(table)), rng.choice(self._integers(other))
            name_ = f"m_{other.name}"
            table.relationships[name_] = Relationship(name_, True, other.name, ((mine, theirs),))
        count = rng.randint(0, 7)
        for key in range(count):
            row: Row = {"id": key}
            for column, kind in list(columns.items())[1:]:
                row[column] = None if rng.random() < 0.25 else rng.choice(list(TYPES[kind]))
            table.rows.append(row)
        for relationship in [r for r in table.relationships.values() if not r.is_array]:
            keys = [row["id"] for row in self.tables[relationship.target].rows]
            for row in table.rows:
                missing = not keys or rng.random() < 0.25
                row[relationship.columns[0][0]] = None if missing else rng.choice(keys)

    def _refer(self, table: Table, target: Table, column: str) -> None:
        table.columns[column] = "integer"
        table.relationships[f"o_{column}"] = Relationship(
            f"o_{column}", False, target.name, ((column, "id"),)
        )
        back = f"a_{table.name}_{column}"
        target.relationships[back] = Relationship(back, True, table.name, (("id", column),))

    @staticmethod
    def _integers(table: Table) -> list[str]:
        return [column for column, kind in table.columns.items() if kind == "integer"]

    # --- permissions ------------------------------------------------------------------------------------

    def _permission(self, table: Table) -> Permission:
        rng = self.random
        columns = [c for c in table.columns if rng.random() < 0.75] or ["id"]
        limit = rng.choice([None, None, 1, 3])
        return Permission(columns, self._filter(table, 2), limit, rng.random() < 0.7)

    def _changes(self, table: Table, kind: str) -> dict[str, Change]:
        """Of the role that inherits, too: its parents do not differ about a change."""
        rng = self.random
        others = [column for column in table.columns if column != "id"]
        columns = [column for column in others if rng.random() < 0.7]
        if kind == "insert":
            columns.append("id")
        fixed = [column for column in others if rng.random() < 0.2]
        change = Change(
            [column for column in columns if column not in fixed],
            {column: self._preset(table.columns[column]) for column in fixed},
            self._filter(table, 1),
            self._filter(table, 1) if kind == "insert" or rng.random() < 0.6 else None,
            rng.random() < 0.15,
        )
        parents = rng.choice([ROLES[:1], ROLES[1:2], ROLES[:2]])
        return dict.fromkeys((*parents, ROLES[2]), change)

    def _preset(self, kind: str) -> Any:
        rng = self.random
        if kind == "boolean":
            return rng.random() < 0.5
        session = "X-Hasura-N" if kind == "integer" else "X-Hasura-Text"
        return session if rng.random() < 0.6 else rng.choice(list(TYPES[kind]))

    def _filter(self, table: Table, depth: int) -> dict[str, Any]:
        rng = self.random
        kind = rng.choice(["none", "value", "session", "column", "and", "or", "not", "relation", "exists"])
        if kind == "none" or (depth == 0 and kind in ("and", "or", "not", "relation", "exists")):
            return {}
        if kind == "value":
            return self.comparison(table, list(table.columns))
        if kind == "session":
            column = rng.choice(list(table.columns))
            if table.columns[column] == "text":
                return {column: {rng.choice(["_eq", "_neq"]): "X-Hasura-Text"}}
            if table.columns[column] == "boolean":
                return {column: True}
            return {
                column: rng.choice(
                    [{"_in": "X-Hasura-List"}, {"_gte": "X-Hasura-N"}, {"_in": ["X-Hasura-N", 3]}]
                )
            }
        if kind == "column":
            one, other = rng.choice(self._integers(table)), rng.choice(self._integers(table))
            return {one: {rng.choice(["_ceq", "_clte", "_cgt"]): other}}
        if kind in ("and", "or"):
            return {f"_{kind}": [self._filter(table, depth - 1) for _ in range(rng.randint(0, 2))]}
        if kind == "not":
            return {"_not": self._filter(table, depth - 1)}
        if kind == "relation" and table.relationships:
            relationship = rng.choice(list(table.relationships.values()))
            return {relationship.name: self._filter(self.tables[relationship.target], depth - 1)}
        target = rng.choice(list(self.tables.values()))
        where = self._filter(target, depth - 1)
        tie = {rng.choice(self._integers(target)): {"_ceq": ["$", rng.choice(self._integers(table))]}}
        source = {"schema": self.schema, "name": target.name}
        return {
            "_exists": {"_table": source, "_where": {"_and": [where, tie]} if rng.random() < 0.6 else where}
        }

    def comparison(self, table: Table, columns: list[str]) -> dict[str, Any]:
        """One comparison of one of the columns."""
        rng = self.random
        column = rng.choice(columns)
        kind = table.columns[column]
        value = rng.choice(list(TYPES[kind]))
        operators: list[tuple[str, Any]] = [("_eq", value), ("_neq", value), ("_is_null", rng.random() < 0.5)]
        operators += [("_in", rng.sample(list(TYPES[kind]), rng.randint(0, 2))), ("_nin", [value])]
        if kind != "boolean":
            operators += [("_gt", value), ("_lte", value)]
        operator, operand = rng.choice(operators)
        return {column: {operator: operand}}

    # --- for Postgres and the engine --------------------------------------------------------------------

    @property
    def ddl(self) -> str:
        lines = [f"CREATE SCHEMA {self.schema};"]
        for table in self.tables.values():
            columns = ", ".join(
                f"{name} {kind}{' COLLATE ' + chr(34) + 'C' + chr(34) if kind == 'text' else ''}"
                for name, kind in table.columns.items()
            )
            lines.append(f"CREATE TABLE {self.schema}.{table.name} ({columns}, PRIMARY KEY (id));")
        for table in self.tables.values():
            lines += [
                f"ALTER TABLE {self.schema}.{table.name} ADD FOREIGN KEY ({relationship.columns[0][0]})"
                f" REFERENCES {self.schema}.{relationship.target} (id) DEFERRABLE INITIALLY DEFERRED;"
                for relationship in table.relationships.values()
                if not relationship.is_array
            ]
        return "\n".join(lines)

    @property
    def metadata(self) -> dict[str, Any]:
        """The tables of the source and the inherited role."""
        return {
            "tables": [self._table_entry(table) for table in self.tables.values()],
            "inherited_roles": [{"role_name": ROLES[2], "role_set": list(ROLES[:2])}],
        }

    def _table_entry(self, table: Table) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "table": {"schema": self.schema, "name": table.name},
            "configuration": {"custom_name": table.name},
            "object_relationships": [],
            "array_relationships": [],
            "select_permissions": [],
        }
        for relationship in table.relationships.values():
            target = {"schema": self.schema, "name": relationship.target}
            local, remote = relationship.columns[0]
            if not relationship.is_array:
                using: Any = {"foreign_key_constraint_on": local}
            elif relationship.name.startswith("a_"):
                using = {"foreign_key_constraint_on": {"table": target, "column": remote}}
            else:
                using = {"manual_configuration": {"remote_table": target, "column_mapping": {local: remote}}}
            key = "array_relationships" if relationship.is_array else "object_relationships"
            entry[key].append({"name": relationship.name, "using": using})
        for role, permission in table.permissions.items():
            value = {
                "columns": permission.columns,
                "filter": permission.filter,
                "allow_aggregations": permission.aggregations,
            } | ({"limit": permission.limit} if permission.limit is not None else {})
            entry["select_permissions"].append({"role": role, "permission": value})
        for kind, by_role in table.changes.items():
            entry[f"{kind}_permissions"] = [
                {"role": role, "permission": change.of_kind(kind)}
                for role, change in by_role.items()
                if role != ROLES[2]
            ]
        return entry
