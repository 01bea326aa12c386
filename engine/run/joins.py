"""Reads the rows that stand beside the answers of actions.

In: the statements of an action's joins and the objects of its answer that wait for rows. Out: the rows, put into
those objects. Every relationship field is one statement for all objects of the answer, whose equal keys are
sought once. Raises GraphQLFailure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import orjson

from lictor.engine.plan.nodes import Found, Waiting
from lictor.engine.run.pgerrors import DATABASE_ERRORS, logged_failure
from lictor.engine.sql import JoinStatement


async def join_rows(
    pool: asyncpg.Pool,
    statements: Sequence[JoinStatement],
    found: Found,
    variables: Mapping[str, Any],
    literals: tuple[Any, ...],
) -> None:
    """Runs a statement for each list of `found` that has objects in it. `variables` hold the session's, too."""
    for statement, waiting in zip(statements, found, strict=True):
        if waiting:
            arguments = [encode(variables, literals) for encode in statement.encoders]
            await _join(pool, statement, waiting, arguments)


async def _join(
    pool: asyncpg.Pool, statement: JoinStatement, waiting: Sequence[Waiting], arguments: list[Any]
) -> None:
    keys = [tuple(_text(value) for value in values) for _, _, values in waiting]
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    lists = [[key[part] for key in places] for part in range(statement.key_parts)]
    try:
        rows = await pool.fetch(statement.text, *lists, *arguments)
    except DATABASE_ERRORS as error:
        raise logged_failure(error, statement.text) from error
    cells = [None if row[0] is None else orjson.Fragment(row[0]) for row in rows]
    for (result, response_key, _), key in zip(waiting, keys, strict=True):
        result[response_key] = cells[places[key]]


def _text(value: Any) -> str | None:
    """A value of a handler's answer as the text that Postgres casts to the column's type."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # JSON does not tell 1.0 from 1
    return orjson.dumps(value).decode()
