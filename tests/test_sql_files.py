"""Every .sql file of the repository is SQL that Postgres' own parser accepts, and so is every function body in it."""

from __future__ import annotations

import re
from pathlib import Path

import pglast
import pytest

from lictor.orchestration.queries import parse

ROOT = Path(__file__).parent.parent
# The rooms; `src/lictor` only has links to them.
FILES = sorted(
    path
    for room in (
        "actions",
        "bench",
        "cli",
        "engine",
        "hasura",
        "migrations",
        "orchestration",
        "tests",
        "workers",
    )
    for path in (ROOT / room).rglob("*.sql")
    if "node_modules" not in path.parts
)


def test_there_are_files():
    assert {"queue.sql", "triggers.sql", "catalog.sql"} <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_is_sql(path: Path):
    text = path.read_text(encoding="utf-8")
    # pgbench's own commands and psql's are not SQL.
    text = "\n".join(line for line in text.splitlines() if not line.startswith("\\"))
    statements = pglast.parse_sql(parse(text).text)
    assert statements, f"{path} has no statement"
    for function in _plpgsql_functions(text):
        pglast.parse_plpgsql(function)


def _plpgsql_functions(text: str) -> list[str]:
    """The CREATE FUNCTION statements in PL/pgSQL, one by one."""
    return (
        [
            statement
            for statement in pglast.split(text)
            if re.search(r"CREATE (OR REPLACE )?FUNCTION", statement) and "plpgsql" in statement
        ]
        if "plpgsql" in text
        else []
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_named_queries_are_one_statement_each(path: Path):
    parts = re.split(r"^-- name: ?(.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    names = [name.strip() for name in parts[::2]]
    assert len(names) == len(set(names))
    for name, body in zip(names, parts[1::2], strict=True):
        assert len(pglast.parse_sql(parse(body).text)) == 1, name
