"""Generated changes by every role, with generated permissions, against a naive evaluator over the same rows.

After every operation the rows of all tables are those of the evaluator, and the answer, or the code of the refusal,
is its own.
"""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest

from lictor.engine import GraphQLFailure, Session
from tests.engine.generated.changes import Changes, Field, Refused
from tests.engine.generated.evaluator import View
from tests.engine.generated.test_generated import Asker, _start, write
from tests.engine.generated.world import KINDS, ROLES, SESSION, TYPES, Table, World

WORLDS = 10
OPERATIONS = 25
CONSTRAINT = "\0constraint"  # what `write` shall not quote


class Changer:
    """Makes random fields that the role may ask for, or just not."""

    def __init__(self, world: World, view: View, rng: random.Random) -> None:
        self.world = world
        self.view = view
        self.rng = rng
        self.asker = Asker(world, view, rng)
        self.changes = Changes(view)

    def field(self) -> Field:
        rng = self.rng
        table, kind = rng.choice(list(self.world.tables.values())), rng.choice(KINDS)
        columns = self.view.columns(table) if self.view.sees(table) else []
        selected = [c for c in columns if rng.random() < 0.6]
        by_pk = bool(selected) and rng.random() < 0.25
        if kind == "insert":
            return Field(kind, table, by_pk, self._insert(table, by_pk), None, selected)
        if kind == "update" and rng.random() < 0.2:
            many = [
                {"where": self.where(table), **self._assignments(table)} for _ in range(rng.randint(0, 3))
            ]
            return Field(kind, table, False, {}, many, selected)
        given = self._assignments(table) if kind == "update" else {}
        key = {"id": rng.randint(0, 8)}
        if not by_pk:
            where = {"where": self.where(table)}
        else:
            where = {"pk_columns": key} if kind == "update" else key
        return Field(kind, table, by_pk, {**where, **given}, None, selected)

    def where(self, table: Table) -> dict[str, Any]:
        return self.asker.where(table, 2) if self.view.sees(table) and self.rng.random() < 0.7 else {}

    def _columns(self, table: Table, kind: str) -> list[str]:
        rule = self.changes.rule(table, kind)
        if self.view.role is None:
            return [c for c in table.columns if kind == "insert" or c != "id"]
        return [] if rule is None else rule.columns

    def _value(self, table: Table, column: str) -> Any:
        rng = self.rng
        if column == "id":
            return rng.randint(0, 12)
        return None if rng.random() < 0.2 else rng.choice(list(TYPES[table.columns[column]]))

    def _row(self, table: Table, kind: str) -> dict[str, Any]:
        columns = [c for c in self._columns(table, kind) if c == "id" or self.rng.random() < 0.7]
        return {c: self._value(table, c) for c in columns}

    def _insert(self, table: Table, single: bool) -> dict[str, Any]:
        rng = self.rng
        rows = [self._row(table, "insert") for _ in range(1 if single else rng.randint(0, 3))]
        # one statement may not update a row twice
        rows = list({row.get("id"): row for row in rows}.values())
        given: dict[str, Any] = {"object": rows[0]} if single else {"objects": rows}
        if rng.random() < 0.5:
            columns = [c for c in self._columns(table, "update") if rng.random() < 0.6]
            conflict = {"constraint": CONSTRAINT, "update_columns": columns, "where": self.where(table)}
            given["on_conflict"] = conflict
        return given

    def _assignments(self, table: Table) -> dict[str, Any]:
        """At least one operator, even if it says nothing; `_inc` and `_set` of different columns."""
        values = self._row(table, "update")
        numbers = [c for c in values if table.columns[c] == "integer" and values[c] is not None]
        inc = {c: values.pop(c) for c in numbers if self.rng.random() < 0.3}
        return {"_set": values, **({"_inc": inc} if inc else {})}


def text_of(one: Field, key: str) -> str:
    """The field as GraphQL."""
    name = one.table.name
    if one.many is not None:
        root, arguments = f"update_{name}_many", {"updates": one.many}
    elif one.by_pk:
        root, arguments = f"{one.kind}_{name}_{'one' if one.kind == 'insert' else 'by_pk'}", one.arguments
    else:
        root, arguments = f"{one.kind}_{name}", one.arguments
    given = ", ".join(f"{k}: {_argument(k, value, name)}" for k, value in arguments.items())
    selected = " ".join(one.selected)
    answer = selected if one.by_pk else f"affected_rows{f' returning {{ {selected} }}' if selected else ''}"
    return f"{key}: {root}({given}) {{ {answer} }}"


def _argument(key: str, value: Any, table: str) -> str:
    if key != "on_conflict":
        return write(value)
    columns = ", ".join(value["update_columns"])
    return f"{{constraint: {table}_pkey, update_columns: [{columns}], where: {write(value['where'])}}}"


def is_there(changes: Changes, one: Field, *, backend: bool) -> bool:
    """Does the role's schema have the field?"""
    rule, view = changes.rule(one.table, one.kind), changes.view
    if rule is None or (rule.backend_only and not backend):
        return False
    if one.kind == "update" and view.role is not None and not rule.columns and not rule.presets:
        return False
    if one.by_pk and one.kind != "insert" and "id" not in view.columns(one.table):
        return False
    conflict = one.arguments.get("on_conflict")
    if conflict and conflict["update_columns"]:
        update = changes.rule(one.table, "update")
        return update is not None and (backend or not update.backend_only)
    operators = [part for part in (one.many if one.many is not None else [one.arguments]) if "_set" in part]
    return not operators or view.role is None or bool(rule.columns)


async def rows_of(pool: Any, world: World) -> dict[str, list[Any]]:
    found = {}
    for name, table in world.tables.items():
        columns = list(table.columns)
        rows = await pool.fetch(f"SELECT * FROM {world.schema}.{name} ORDER BY id")
        found[name] = [{c: row[c] for c in columns} for row in rows]
    return found


def comparable(answer: Any) -> Any:
    """Rows come in no order."""
    if isinstance(answer, list):
        return [comparable(item) for item in answer]
    if isinstance(answer, dict) and "returning" in answer:
        return {**answer, "returning": sorted(answer["returning"], key=orjson.dumps)}
    return answer


@pytest.mark.parametrize("seed", range(WORLDS))
@pytest.mark.parametrize("role", ["admin", *ROLES])
async def test_changes(library_pool, tmp_path, seed: int, role: str) -> None:
    world = World(seed, f"changing_{seed}_{role}")
    await library_pool.execute(f"DROP SCHEMA IF EXISTS {world.schema} CASCADE")
    engine = await _start(world, library_pool, tmp_path)
    assert engine.inconsistencies == ()
    rng = world.random = random.Random(f"changes {seed} {role}")
    view = View(world, None if role == "admin" else role)
    changer = Changer(world, view, rng)
    for _ in range(OPERATIONS):
        backend = rng.random() < 0.5
        fields = [changer.field() for _ in range(rng.choice([1, 1, 2]))]
        document = "mutation { " + " ".join(text_of(one, f"f{i}") for i, one in enumerate(fields)) + " }"
        session = Session(role, dict(SESSION), backend)
        expected: Any
        if all(is_there(changer.changes, one, backend=backend) for one in fields):
            try:
                expected = {f"f{i}": a for i, a in enumerate(changer.changes.operation(fields))}
            except Refused as refused:
                expected = str(refused)
        else:
            expected = "validation-failed"
        try:
            answer = orjson.loads(await engine.execute(document, None, None, session))["data"]
        except GraphQLFailure as failure:
            answer = failure.errors[0]["extensions"]["code"]
        if isinstance(answer, dict) and isinstance(expected, dict):
            answer = {key: comparable(value) for key, value in answer.items()}
            expected = {key: comparable(value) for key, value in expected.items()}
        assert answer == expected, document
        rows = {name: sorted(t.rows, key=lambda row: row["id"]) for name, t in world.tables.items()}
        assert await rows_of(library_pool, world) == rows, document
    await library_pool.execute(f"DROP SCHEMA {world.schema} CASCADE")
