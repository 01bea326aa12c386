"""Puts rows into a database, by the shortest way: plain SQL."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb

Json = dict[str, Any] | list[Any]


class World:
    """A connection, and a tenant with a project that new rows belong to."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self.tenant = self.insert("tenant", name="Tenant", slug="tenant")
        self.project = self.insert("project", tenant_id=self.tenant, name="Project")

    def insert(self, table: str, **values: Any) -> UUID:
        """Insert one row; returns its id."""
        return self.insert_many(table, [values])[0]

    def insert_many(self, table: str, rows: list[dict[str, Any]]) -> list[UUID]:
        """Insert rows that have the same columns, in one statement; returns their ids."""
        columns = list(rows[0])
        row = sql.SQL("({})").format(sql.SQL(", ").join(sql.Placeholder() * len(columns)))
        statement = sql.SQL("INSERT INTO {} ({}) VALUES {} RETURNING id").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join([row] * len(rows)),
        )
        values = [_adapt(each[column]) for each in rows for column in columns]
        return [found[0] for found in self.db.execute(statement, values)]

    def row(self, table: str, id: UUID) -> Any:
        """The row of `table` with this id, as a named tuple; None if there is none."""
        statement = sql.SQL("SELECT * FROM {} WHERE id = %s").format(sql.Identifier(table))
        return self.db.cursor(row_factory=namedtuple_row).execute(statement, (id,)).fetchone()

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """All rows of a query, as tuples."""
        return self.db.execute(query, parameters).fetchall()

    def value(self, query: str, *parameters: Any) -> Any:
        """The only value of a query's only row."""
        ((value,),) = self.rows(query, *parameters)
        return value

    def flow(self, tasks: int = 0, group: str = "group", **values: Any) -> UUID:
        """A flow in a version group (made if it is missing), with `tasks` tasks of cache keys key-0, key-1 …"""
        values = {"tenant_id": self.tenant, "project_id": self.project, "version_group_id": group} | values
        (group_id,) = self.db.execute(
            "INSERT INTO flow_group (tenant_id, name) VALUES (%s, %s) "
            "ON CONFLICT ON CONSTRAINT flow_group_tenant_id_name_key DO UPDATE SET name = excluded.name RETURNING id",
            (values["tenant_id"], group),
        ).fetchone()  # pyright: ignore[reportGeneralTypeIssues]
        flow = self.insert("flow", name="Flow", flow_group_id=group_id, **values)
        if tasks:
            self.insert_many("task", [self._task(flow, number) for number in range(tasks)])
        return flow

    def _task(self, flow: UUID, number: int) -> dict[str, Any]:
        return {
            "tenant_id": self.tenant,
            "flow_id": flow,
            "slug": f"task-{number}",
            "cache_key": f"key-{number}",
        }

    def tasks(self, flow: UUID) -> list[UUID]:
        """The tasks of a flow in the order of their slugs."""
        return [
            id
            for (id,) in self.rows("SELECT id FROM task WHERE flow_id = %s ORDER BY length(slug), slug", flow)
        ]

    def flow_run(self, flow: UUID, **values: Any) -> UUID:
        """A flow run, inserted without a state of its own."""
        return self.insert("flow_run", tenant_id=self.tenant, flow_id=flow, **values)

    def task_runs(self, flow_run: UUID) -> list[UUID]:
        """The task runs of a flow run, in the order of their tasks."""
        return [
            id
            for (id,) in self.rows(
                "SELECT task_run.id FROM task_run JOIN task ON task.id = task_id "
                "WHERE flow_run_id = %s ORDER BY length(slug), slug, map_index",
                flow_run,
            )
        ]

    def state(self, kind: str, run: UUID, state: str, version: int | None, **values: Any) -> dict[str, Any]:
        """The row of a state, for `insert_many`; `kind` is flow_run or task_run."""
        return {
            "tenant_id": self.tenant,
            f"{kind}_id": run,
            "state": state,
            "version": version,
            "serialized_state": {"type": state, "version": version},
        } | values

    def set_state(self, kind: str, run: UUID, state: str, version: int | None, **values: Any) -> UUID:
        """Insert one state of a run."""
        return self.insert(f"{kind}_state", **self.state(kind, run, state, version, **values))

    def log(self, **values: Any) -> UUID:
        return self.insert("log", tenant_id=self.tenant, message="a line", **values)


def _adapt(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict | list) else value
