"""Databases as Prefect Servers leave them, made for tests: the tables of a revision, and as many runs as one likes.

`.venv/bin/python -m tests.cli.moving.prefect_server 100000 postgresql://…` fills an empty database for trying things out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg

from lictor.cli.moving.prefect_revisions import HEAD, REVISIONS
from lictor.orchestration.queries import load

_HERE = Path(__file__).parent

# What each revision brought, taken away again.
_UNDO = {
    HEAD: "ALTER TABLE edge DROP CONSTRAINT edge_flow_id_task_ids_key",
    "a666a3f4e422": "ALTER TABLE flow_run DROP CONSTRAINT ix_flow_run_idempotency_key_unique",
    "9116e81c6dc2": "ALTER TABLE flow_group DROP COLUMN description",
    "7ca57ea2fdff": "ALTER TABLE flow_run DROP COLUMN run_config; ALTER TABLE flow_group DROP COLUMN run_config",
    "3c87ad7e0b71": "DROP TABLE task_run_artifact",
    "24f10aeee83e": "ALTER TABLE flow_run DROP COLUMN labels",
    "850b76d44332": "ALTER TABLE flow DROP COLUMN run_config",
    "e148cf9f1e5b": "ALTER TABLE task_run DROP COLUMN name",
    "70528cee0d2b": "ALTER TABLE flow_run DROP COLUMN agent_id; DROP TABLE agent; DROP TABLE agent_config",
    "c1f317aa658c": "ALTER TABLE flow_run ADD COLUMN state_id uuid; ALTER TABLE task_run ADD COLUMN state_id uuid,"
    " ADD COLUMN duration interval",
    "b9086bd4b962": "DROP TABLE message",
    "c4d792bdd05e": "ALTER TABLE flow_run DROP COLUMN idempotency_key",
}


def fill(dsn: str, runs: int, revision: str = HEAD) -> None:
    """Make the tables of `revision` in an empty database, and rows: `runs` flow runs with about twenty rows each."""
    with psycopg.connect(dsn) as connection:
        connection.execute((_HERE / "prefect_server.sql").read_bytes())
        for statement in vars(load(str(_HERE / "prefect_server_rows"))).values():
            cursor = psycopg.RawCursor(connection)
            cursor.execute(statement.text.encode(), [{"runs": runs}[name] for name in statement.parameters])
        order = list(REVISIONS)
        for newer in reversed(order[order.index(revision) + 1 :]):
            connection.execute(_UNDO.get(newer, "").encode())
        connection.execute("INSERT INTO alembic_version VALUES (%s)", (revision,))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ANALYZE")


if __name__ == "__main__":
    fill(sys.argv[2], int(sys.argv[1]))
