"""Random nested inserts against an evaluator that makes one row after the other, as Hasura documents it.

Both start from the same rows; afterwards the same rows are there, the same number was affected, or the same error
is told of the same place.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lictor.engine import GraphQLFailure, Session
from tests.engine.company import Company, Permissions, company

TYPES = {
    "person": {"name": "text", "email": "text", "age": "int", "team_id": "int", "boss_id": "int", "created_by": "text"},
    "team": {"name": "text", "budget": "numeric"},
    "badge": {"person_id": "int", "code": "text"},
    "task": {"owner_id": "int", "title": "text", "points": "int"},
    "task_tag": {"task_id": "bigint", "tag": "text", "weight": "float8"},
    "tag": {"name": "text", "color": "text"},
}  # fmt: skip
# relationship: does the related row come first, its table, (local, remote) column
TIES = {
    ("person", "team"): (True, "team", ("team_id", "id")),
    ("person", "boss"): (True, "person", ("boss_id", "id")),
    ("person", "badge"): (False, "badge", ("id", "person_id")),
    ("person", "tasks"): (False, "task", ("id", "owner_id")),
    ("person", "reports"): (False, "person", ("id", "boss_id")),
    ("task", "tags"): (False, "task_tag", ("id", "task_id")),
    ("task_tag", "label"): (True, "tag", ("tag", "name")),
}
ANY: dict[str, Any] = {"columns": "*", "check": {}}
PERMISSIONS: Permissions = {
    "person": {"insert": {"user": {**ANY, "set": {"created_by": "X-Hasura-User-Id"}}},
               "update": {"user": {"columns": ["name"], "filter": {"age": {"_is_null": True}}, "check": {"email": {"_neq": "b@x"}}}}},
    "team": {"insert": {"user": {**ANY, "check": {"name": {"_neq": "bad"}}}},
             "update": {"user": {"columns": ["budget"], "filter": {"name": {"_neq": "blue"}}}}},
    "badge": {"insert": {"user": ANY}},
    "task": {"insert": {"user": {**ANY, "check": {"_or": [{"points": {"_lt": 5}}, {"points": {"_is_null": True}}]}}}},
    "task_tag": {"insert": {"user": ANY}},
    "tag": {"insert": {"user": {**ANY, "set": {"color": "grey"}}}, "update": {"user": {"columns": ["name", "color"], "filter": {}}}},
}  # fmt: skip
DUMP = {
    "person": "SELECT p.name, p.email, p.age, p.created_by, t.name AS team, b.name AS boss, g.code FROM person p"
    " LEFT JOIN team t ON t.id = p.team_id LEFT JOIN person b ON b.id = p.boss_id LEFT JOIN badge g ON g.person_id = p.id",
    "team": "SELECT name, budget::text FROM team",
    "task": "SELECT p.name, t.title, t.points FROM task t JOIN person p ON p.id = t.owner_id",
    "task_tag": "SELECT p.name, t.title, g.tag, g.weight FROM task_tag g JOIN task t ON t.id = g.task_id JOIN person p ON p.id = t.owner_id",
    "tag": "SELECT name, color FROM tag",
}  # fmt: skip


@pytest.fixture(scope="module")
async def shop(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    target = tmp_path_factory.mktemp("property")
    async with company(postgres, "engine_nested_property", target, PERMISSIONS) as found:
        yield found


# --- the requests -----------------------------------------------------------------------------------------


def _conflict(constraint: str, *columns: str) -> st.SearchStrategy[Any]:
    chosen = st.sampled_from([[], list(columns)]) if columns else st.just([])
    return st.none() | chosen.map(lambda found: {"constraint": constraint, "update_columns": found})


def _often(*values: Any) -> st.SearchStrategy[Any]:
    """One of the values, but mostly one that nothing else has."""
    return st.sampled_from([*values, *[""] * 30])


def _object(fields: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields, optional=optional)


def _nested(data: Any, conflict: Any = None) -> st.SearchStrategy[dict[str, Any]]:
    return _object({"data": data}, {} if conflict is None else {"on_conflict": conflict})


def _unique(items: Any, key: str) -> st.SearchStrategy[list[Any]]:
    return st.lists(items, max_size=3, unique_by=lambda item: repr(item.get(key, item.get("label"))))


_team = _object({"name": _often("red", "t1", "bad", None)}, {"budget": st.integers(0, 9)})
_tag = _object({"name": _often("hot", "n1")}, {})
_task_tag = _object(
    {"tag": st.sampled_from(["hot", "cold"])}, {"weight": st.sampled_from([0.1, 1e300])}
) | _object({"label": _nested(_tag, _conflict("tag_pkey", "color"))}, {})
_task = _object({"title": st.sampled_from(["a", "b", "c", "d"])}, {
    "points": st.sampled_from([None, *[1] * 20, 7]), "tags": _nested(_unique(_task_tag, "tag"), _conflict("task_tag_pkey"))})  # fmt: skip


def _person(below: Any) -> st.SearchStrategy[dict[str, Any]]:
    optional: dict[str, Any] = {
        "email": _often("a@x", "b@x", "ada@x", None),
        "age": st.sampled_from([None, *[5] * 20, -1]),
        "badge": _nested(_object({"code": _often("A", "B", None)}, {})),
        "tasks": _nested(_unique(_task, "title")),
    }
    team = {"team": _nested(_team, _conflict("team_name_key", "budget"))}
    if below is not None:
        optional |= {"boss": _nested(below), "reports": _nested(st.lists(below, max_size=2))}
    with_team = _object({"name": st.just("")}, optional | team)
    return with_team | _object(
        {"name": st.just("")}, optional | {"team_id": st.sampled_from([*[1, 2] * 20, 99])}
    )


_people = st.lists(_person(_person(_person(None))), max_size=3)


def _name(value: Any, numbers: Any, without: str = "") -> Any:
    """An empty string becomes one that nothing else has; reports have no boss but the one they are nested in."""
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k != without}
        inner = {"reports": "boss", "data": without}
        return {
            k: f"new {next(numbers)}" if v == "" else _name(v, numbers, inner.get(k, ""))
            for k, v in kept.items()
        }
    return [_name(item, numbers, without) for item in value] if isinstance(value, list) else value


# --- the evaluator ----------------------------------------------------------------------------------------


class Refused(Exception):
    """(code, path)"""


@dataclass
class Naive:
    connection: Any
    user: bool
    affected: int = 0
    made: list[Any] = field(default_factory=list)

    async def many(
        self, table: str, rows: list[Any], parent: dict[str, Any], conflict: Any, path: str, single: bool
    ) -> None:
        plain = not any(self.ties(table, row) for row in rows)
        inserted = []
        for place, row in enumerate(rows):
            here = path if plain or single else f"{path}[{place}]"
            if plain:
                inserted.append(await self.insert(table, row | parent, conflict, here))
            else:
                await self.one(table, row, parent, conflict, here)
        for told in inserted:
            self.check(table, told, path)

    @staticmethod
    def ties(table: str, row: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in row.items() if (table, k) in TIES and v["data"] != []}

    async def one(
        self, table: str, row: dict[str, Any], parent: dict[str, Any], conflict: Any, path: str
    ) -> Any:
        nested = self.ties(table, row)
        values = {k: v for k, v in row.items() if (table, k) not in TIES} | parent
        for name, part in nested.items():
            first, remote, (local, other) = TIES[table, name]
            if first:
                got = await self.one(remote, part["data"], {}, part.get("on_conflict"), f"{path}.{name}.data")
                if got is None:
                    raise Refused("not-supported", f"{path}.{name}")
                values[local] = got[other]
        told = await self.insert(table, values, conflict, path)
        self.check(table, told, path)
        after = {name: part for name, part in nested.items() if not TIES[table, name][0]}
        if told is None:
            if after:
                raise Refused("not-supported", path)
            return None
        # Hasura: arrays and then objects, each in the order of the request
        for name, part in after.items():
            _, remote, (local, other) = TIES[table, name]
            single = not isinstance(part["data"], list)
            rows = [part["data"]] if single else part["data"]
            await self.many(remote, rows, {other: told[local]},
                            part.get("on_conflict"), f"{path}.{name}.data", single)  # fmt: skip
        return told

    async def insert(self, table: str, row: dict[str, Any], conflict: Any, path: str) -> Any:
        values = {k: v for k, v in row.items() if (table, k) not in TIES}
        updates: list[str] = []
        condition = "TRUE"
        if self.user:
            values |= (
                {"created_by": "u"} if table == "person" else {"color": "grey"} if table == "tag" else {}
            )
            condition = {"person": "t.age IS NULL", "team": "t.name <> 'blue'"}.get(table, "TRUE")
        if conflict is not None:
            updates = [f"{c} = EXCLUDED.{c}" for c in conflict["update_columns"]]
        columns = ", ".join(values)
        params = ", ".join(f"${i}::text::{TYPES[table][c]}" for i, c in enumerate(values, 1))
        does = (
            ""
            if conflict is None
            else f"ON CONFLICT ON CONSTRAINT {conflict['constraint']} DO "
            + (f"UPDATE SET {', '.join(updates)} WHERE {condition}" if updates else "NOTHING")
        )
        sql = f"INSERT INTO {table} AS t ({columns}) VALUES ({params}) {does} RETURNING t.*, t.xmax::text <> '0' AS was_there"
        try:
            told = await self.connection.fetchrow(
                sql, *(None if v is None else str(v) for v in values.values())
            )
        except asyncpg.IntegrityConstraintViolationError as error:
            code = "permission-error" if error.sqlstate == "23514" else "constraint-violation"
            raise Refused(code, path) from error
        self.affected += told is not None
        return told

    def check(self, table: str, row: Any, path: str) -> None:
        """The role's checks, by hand; unknown is not fulfilled."""
        if row is None or not self.user:
            return
        fulfilled = True
        if table == "person" and row["was_there"]:
            fulfilled = row["email"] is not None and row["email"] != "b@x"
        elif table == "team":
            fulfilled = row["name"] is not None and row["name"] != "bad"
        elif table == "task":
            fulfilled = row["points"] is None or row["points"] < 5
        if not fulfilled:
            raise Refused("permission-error", path)


async def _dump(connection: Any) -> dict[str, list[Any]]:
    return {name: sorted(map(repr, await connection.fetch(sql))) for name, sql in DUMP.items()}


class Undo(Exception):
    """Ends the evaluator's transaction."""


@settings(max_examples=120, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
@given(people=_people, conflict=_conflict("person_email_key", "name"), user=st.booleans())
async def test_as_row_by_row(shop: Company, people: list[Any], conflict: Any, user: bool) -> None:
    people = _name(people, count())
    emails = [person.get("email") for person in people]
    if conflict is not None and conflict["update_columns"] and len(set(emails)) < len(emails):
        conflict = {**conflict, "update_columns": []}  # one statement cannot update a row twice
    await shop.reset()
    async with shop.pool.acquire() as connection:
        naive = Naive(connection, user)
        expected: Any
        try:
            async with connection.transaction():
                at = "$.selectionSet.insert_person.args.objects"
                await naive.many("person", people, {}, conflict, at, False)
                expected = (naive.affected, await _dump(connection))
                raise Undo
        except Undo:
            pass
        except Refused as refused:
            expected = refused.args
        before = await _dump(connection)
        query = "mutation ($o: [person_insert_input!]!, $c: person_on_conflict) { insert_person(objects: $o, on_conflict: $c) { affected_rows } }"
        session = Session("user" if user else "admin", {"x-hasura-user-id": "u"})
        found: Any
        try:
            body = await shop.engine.execute(query, {"o": people, "c": conflict}, None, session)
            found = (orjson.loads(body)["data"]["insert_person"]["affected_rows"],)
        except GraphQLFailure as failure:
            extensions = failure.errors[0]["extensions"]
            found = extensions["code"], extensions["path"]
            expected = (*expected, before)
        assert (*found, await _dump(connection)) == expected
