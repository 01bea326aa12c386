"""Generated databases, permissions and queries: the engine's SQL against the naive evaluator, for every role."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from lictor.engine import Engine, GraphQLFailure, Session
from tests.engine.generated.evaluator import View
from tests.engine.generated.world import ROLES, SESSION, TYPES, Relationship, Row, Table, World

WORLDS = 14
QUERIES = 40  # for each role
DIRECTIONS = ["asc", "asc_nulls_first", "asc_nulls_last", "desc", "desc_nulls_first", "desc_nulls_last"]


class Asker:
    """Writes random queries and knows their answers."""

    def __init__(self, world: World, view: View, rng: random.Random) -> None:
        self.world = world
        self.view = view
        self.rng = rng

    def arguments(self, table: Table) -> dict[str, Any]:
        rng = self.rng
        found: dict[str, Any] = {}
        if rng.random() < 0.6:
            found["where"] = self.where(table, 2)
        # the key last, so that there is one right order; without it only the set of rows is known
        if self._has_key(table):
            order = [self.order(table) for _ in range(rng.randint(0, 2))]
            found["order_by"] = [item for item in order if item] + [{"id": rng.choice(DIRECTIONS)}]
            if rng.random() < 0.4:
                found["limit"] = rng.randint(0, 4)
            if rng.random() < 0.3:
                found["offset"] = rng.randint(0, 3)
        return found

    def _has_key(self, table: Table) -> bool:
        """The key is seen in every row, so that it makes an order total."""
        return "id" in self.view.columns(table) and all(
            row["id"] is not None for row in self.view.rows(table)
        )

    def where(self, table: Table, depth: int) -> dict[str, Any]:
        rng = self.rng
        kind = rng.choice(["column", "column", "and", "or", "not", "relation"])
        if depth and kind in ("and", "or"):
            return {f"_{kind}": [self.where(table, depth - 1) for _ in range(rng.randint(0, 2))]}
        if depth and kind == "not":
            return {"_not": self.where(table, depth - 1)}
        if depth and kind == "relation" and (near := self._relationships(table)):
            relationship = rng.choice(near)
            return {relationship.name: self.where(self.world.tables[relationship.target], depth - 1)}
        columns = self.view.columns(table)
        return self.world.comparison(table, columns) if columns else {}

    def order(self, table: Table) -> dict[str, Any]:
        rng, direction = self.rng, self.rng.choice(DIRECTIONS)
        choices: list[dict[str, Any]] = [{c: direction} for c in self.view.columns(table)]
        for relationship in self._relationships(table):
            target = self.world.tables[relationship.target]
            if relationship.is_array and self.view.aggregations(target):
                choices.append({f"{relationship.name}_aggregate": {"count": direction}})
            elif not relationship.is_array:
                choices += [{relationship.name: {c: direction}} for c in self.view.columns(target)]
        return rng.choice(choices) if choices else {}

    def _relationships(self, table: Table) -> list[Relationship]:
        return [r for r in table.relationships.values() if self.view.sees(self.world.tables[r.target])]

    # --- a selection and its answer ---------------------------------------------------------------------

    def fields(self, table: Table, depth: int) -> dict[str, Any]:
        rng = self.rng
        chosen: dict[str, Any] = {c: None for c in self.view.columns(table) if rng.random() < 0.6}
        for relationship in self._relationships(table):
            if not depth or rng.random() > 0.4:
                continue
            target = self.world.tables[relationship.target]
            if not relationship.is_array:
                chosen[relationship.name] = ({}, self.fields(target, depth - 1))
                continue
            chosen[relationship.name] = (self.arguments(target), self.fields(target, depth - 1))
            if self.view.aggregations(target) and rng.random() < 0.5:
                chosen[f"{relationship.name}_aggregate"] = self.aggregate(target)
        return chosen or {"__typename": None}

    def aggregate(self, table: Table) -> tuple[dict[str, Any], dict[str, Any]]:
        columns = self.view.columns(table)
        numbers = [c for c in columns if table.columns[c] == "integer"]
        inner: dict[str, Any] = {"count": None}
        if numbers:
            column = self.rng.choice(numbers)
            inner |= {"sum": {column: None}, "max": {column: None}, "min": {column: None}}
        shown = dict.fromkeys(columns[:2]) or {"__typename": None}
        return self.arguments(table), {"aggregate": inner, "nodes": ({}, shown)}

    def answer(self, row: Row, table: Table, fields: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, inner in fields.items():
            if name == "__typename":
                found[name] = table.name
            elif name in table.columns:
                found[name] = row[name]
            else:
                relationship = table.relationships[name.removesuffix("_aggregate")]
                target = self.world.tables[relationship.target]
                near = self.view.near(row, relationship)
                if name.endswith("_aggregate"):
                    found[name] = self.aggregated(near, target, *inner)
                elif relationship.is_array:
                    rows = self.view.chosen(near, target, inner[0])
                    found[name] = [self.answer(r, target, inner[1]) for r in rows]
                else:
                    found[name] = self.answer(near[0], target, inner[1]) if near else None
        return found

    def aggregated(
        self, rows: list[Row], table: Table, arguments: dict[str, Any], fields: dict[str, Any]
    ) -> dict[str, Any]:
        counted = self.view.chosen(rows, table, arguments, bounded=False)
        values: dict[str, Any] = {}
        for function, columns in fields["aggregate"].items():
            if function == "count":
                values["count"] = len(counted)
                continue
            for column in columns:
                known = [row[column] for row in counted if row[column] is not None]
                of = {"sum": sum, "max": max, "min": min}[function]
                values[function] = {column: of(known) if known else None}
        shown = counted[: self.view.limit(table)]
        return {"aggregate": values, "nodes": [self.answer(r, table, fields["nodes"][1]) for r in shown]}


def write(value: Any) -> str:
    """A GraphQL literal."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {write(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(write(item) for item in value) + "]"
    return value if value in DIRECTIONS else json.dumps(value)


def select(name: str, arguments: dict[str, Any], fields: dict[str, Any]) -> str:
    given = f"({', '.join(f'{k}: {write(v)}' for k, v in arguments.items())})" if arguments else ""
    inner = []
    for field, below in fields.items():
        if isinstance(below, tuple):
            inner.append(select(field, *below))
        elif isinstance(below, dict):
            inner.append(select(field, {}, below))
        else:
            inner.append(field)
    return f"{name}{given} {{ {' '.join(inner)} }}"


def unordered(value: Any, fields: dict[str, Any], arguments: dict[str, Any]) -> Any:
    """Lists without an order in a canonical one."""
    if isinstance(value, list):
        rows = [unordered(item, fields, arguments) for item in value]
        return rows if "order_by" in arguments else sorted(rows, key=lambda row: orjson.dumps(row))
    if isinstance(value, dict):
        found = {}
        for key, item in value.items():
            below = fields.get(key)
            if key == "nodes":
                found[key] = unordered(item, fields["nodes"][1], arguments)
            elif isinstance(below, tuple):
                found[key] = unordered(item, below[1], below[0])
            else:
                found[key] = item
        return found
    return value


def undetermined(
    view: View, world: World, table: Table, arguments: dict[str, Any], fields: dict[str, Any]
) -> bool:
    """Would a limit of the role choose among rows in no order?"""
    if "order_by" not in arguments and view.limit(table) is not None:
        return True
    for name, below in fields.items():
        if isinstance(below, tuple) and name != "nodes":
            relationship = table.relationships[name.removesuffix("_aggregate")]
            arguments_of = below[0] if relationship.is_array else {"order_by": []}
            target = world.tables[relationship.target]
            inner = {} if name.endswith("_aggregate") else below[1]
            if undetermined(view, world, target, arguments_of, inner):
                return True
    return False


async def _start(world: World, pool: Any, target: Path) -> Engine:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(world.ddl)
        for table in world.tables.values():
            names = list(table.columns)
            await connection.copy_records_to_table(
                table.name,
                schema_name=world.schema,
                columns=names,
                records=[tuple(row[name] for name in names) for row in table.rows],
            )
    document = world.metadata
    source = {"name": "default", "kind": "postgres", "tables": document["tables"]}
    (target / "databases").mkdir(parents=True)
    (target / "version.yaml").write_text("version: 3\n")
    (target / "databases/databases.yaml").write_text(yaml.safe_dump([source]))
    (target / "inherited_roles.yaml").write_text(yaml.safe_dump(document["inherited_roles"]))
    return await Engine.start(pool, target)


@pytest.mark.parametrize("seed", range(WORLDS))
@pytest.mark.parametrize("role", ["admin", *ROLES])
async def test_selects(library_pool, tmp_path, seed: int, role: str) -> None:
    world = World(seed, f"world_{seed}_{role}")
    await library_pool.execute(f"DROP SCHEMA IF EXISTS {world.schema} CASCADE")
    engine = await _start(world, library_pool, tmp_path)
    assert engine.inconsistencies == ()
    rng = world.random = random.Random(f"{seed} {role}")
    view = View(world, None if role == "admin" else role)
    asker = Asker(world, view, rng)
    session = Session(role, dict(SESSION))
    seen = [table for table in world.tables.values() if view.sees(table)]
    for _ in range(QUERIES if seen else 0):
        table = rng.choice(seen)
        whole = view.aggregations(table) and rng.random() < 0.3
        arguments, fields = (
            asker.aggregate(table) if whole else (asker.arguments(table), asker.fields(table, 2))
        )
        if undetermined(view, world, table, arguments, {} if whole else fields):
            continue
        name = f"{table.name}_aggregate" if whole else table.name
        query = "{ " + select(name, arguments, fields) + " }"
        rows = view.rows(table)
        if whole:
            expected: Any = asker.aggregated(rows, table, arguments, fields)
        else:
            expected = [asker.answer(r, table, fields) for r in view.chosen(rows, table, arguments)]
        answer = orjson.loads(await engine.execute(query, None, None, session))["data"][name]
        assert unordered(answer, fields, arguments) == unordered(expected, fields, arguments), query
    for table in world.tables.values():
        if not view.sees(table):
            with pytest.raises(GraphQLFailure):
                await engine.execute(f"{{ {table.name} {{ id }} }}", None, None, session)
    await library_pool.execute(f"DROP SCHEMA {world.schema} CASCADE")


def test_worlds_differ() -> None:
    """The generator makes what the test is about: every kind of filter and of relationship, nulls, hidden columns."""
    worlds = [World(seed) for seed in range(WORLDS)]
    tables = [table for world in worlds for table in world.tables.values()]
    written = json.dumps([permission.filter for table in tables for permission in table.permissions.values()])
    for word in ("_exists", "_not", "_or", "_ceq", '"$"', "X-Hasura-List", "o_f", "a_t"):
        assert word in written
    assert any(None in row.values() for table in tables for row in table.rows)
    assert {kind for table in tables for kind in table.columns.values()} == set(TYPES)
