"""The named SQL statements of `orchestration/sql/*.sql`.

A file holds statements after lines `-- name: <name>`; parameters are written `:name`. `load("queue")`
gives an object whose attributes are `Statement`s, ready for asyncpg (`$1`, `$2`, … in order of first
use). SQL is never put together from parts here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg

from lictor.orchestration.types import Executor

_SQL = Path(__file__).parent / "sql"
_NAME = re.compile(r"^-- name: (?P<name>[a-z_]+)$", re.MULTILINE)
# What may hold a colon that is no parameter comes first: strings, quoted names, comments, casts.
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|::|:(?P<name>[a-z_][a-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement; asyncpg prepares its text once per connection."""

    text: str
    parameters: tuple[str, ...]

    def _values(self, values: dict[str, Any]) -> list[Any]:
        if len(values) != len(self.parameters):
            raise TypeError(f"the statement takes {self.parameters}, not {tuple(values)}")
        return [values[name] for name in self.parameters]

    async def fetch(self, executor: Executor, **values: Any) -> list[asyncpg.Record]:
        """All rows."""
        return await executor.fetch(self.text, *self._values(values))

    async def fetchrow(self, executor: Executor, **values: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        return await executor.fetchrow(self.text, *self._values(values))

    async def fetchval(self, executor: Executor, **values: Any) -> Any:
        """The first column of the first row, or None."""
        return await executor.fetchval(self.text, *self._values(values))

    async def execute(self, executor: Executor, **values: Any) -> str:
        """Run it for its effect; returns the command tag."""
        return await executor.execute(self.text, *self._values(values))


def parse(text: str) -> Statement:
    """The statement `text` with its `:name` parameters numbered."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0]
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return Statement(_TOKEN.sub(number, text).strip().rstrip(";"), tuple(names))


def load(name: str) -> Any:
    """The statements of `sql/<name>.sql` by their names. Raises ValueError when a name stands twice."""
    _, *parts = _NAME.split((_SQL / f"{name}.sql").read_text(encoding="utf-8"))
    names, bodies = parts[::2], parts[1::2]
    if len(set(names)) != len(names):
        raise ValueError(f"sql/{name}.sql names a statement twice")
    return SimpleNamespace(**{key: parse(body) for key, body in zip(names, bodies, strict=True)})
