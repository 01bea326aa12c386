"""Runs changes of tables.

In: the statements of table fields that follow one another, the request's variables and literals. Out: the
answers' bytes by response key. All of them are one transaction: a field that fails, or a role's check that is not
fulfilled, undoes the fields before it. Raises GraphQLFailure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from lictor.engine.errors import ROOT_PATH
from lictor.engine.plan.sources import ROWS_KEY
from lictor.engine.run.documents import nested_too_deeply
from lictor.engine.run.nested import NestedInsert, NotExact, check_failed
from lictor.engine.run.pgerrors import DATABASE_ERRORS, logged_failure
from lictor.engine.sql import MutationStatement, StatementList
from lictor.engine.sql.rows import Batch, rows_text

Variables = Mapping[str, Any]
Literals = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class _Ready:
    """A statement with its values, encoded before anything is changed: a bad value changes nothing.

    `batch` are the rows of an insert whose objects are nested; the statement itself is not run for it.
    """

    statement: MutationStatement
    variables: Variables
    values: list[Any]
    more: list[Any]
    batch: Batch | None = None


async def change(
    pool: asyncpg.Pool,
    statements: Sequence[MutationStatement | StatementList],
    literals: Literals,
    variables: Variables,
) -> dict[str, bytes]:
    """Runs the statements, in order, in one transaction."""
    if not statements:
        return {}
    ready = [_ready(part, literals, variables) for statement in statements for part in _parts(statement)]
    try:
        answers = await _transaction(pool, ready, literals, exactly=False)
    except NotExact:
        # Levels were inserted as wholes and something is wrong: the same again row by row, so that the error
        # names the row, and a row that a trigger leaves out is known.
        answers = await _transaction(pool, ready, literals, exactly=True)
    done: dict[str, bytes] = {}
    for statement in statements:
        if isinstance(statement, StatementList):
            count = len(statement.statements)
            done[statement.key], answers = b"[" + b",".join(answers[:count]) + b"]", answers[count:]
        else:
            done[statement.key], answers = answers[0], answers[1:]
    return done


def _parts(statement: MutationStatement | StatementList) -> tuple[MutationStatement, ...]:
    return statement.statements if isinstance(statement, StatementList) else (statement,)


def _ready(statement: MutationStatement, literals: Literals, variables: Variables) -> _Ready:
    if statement.nested is not None:
        try:
            batch = statement.nested.read(variables, literals)
        except RecursionError:
            raise nested_too_deeply() from None
        if batch.nested:
            return _Ready(statement, variables, [], [], batch)
        variables = {**variables, ROWS_KEY: rows_text(batch.values, statement.path)}
    values = [encode(variables, literals) for encode in statement.encoders]
    answer = statement.answer
    more = [encode(variables, literals) for encode in answer.encoders] if answer else []
    return _Ready(statement, variables, values, more)


async def _transaction(
    pool: asyncpg.Pool, ready: list[_Ready], literals: Literals, *, exactly: bool
) -> list[bytes]:
    answers: list[bytes] = []
    running, path = "COMMIT", ROOT_PATH
    try:
        async with pool.acquire() as connection, connection.transaction():
            for part in ready:
                running, path = part.statement.text, part.statement.path
                if part.batch is None:
                    answers.append(await _run(connection, part))
                else:
                    answers.append(await _run_nested(connection, part, part.batch, literals, exactly=exactly))
            running, path = "COMMIT", ROOT_PATH  # constraints may be deferred
    except DATABASE_ERRORS as error:
        raise logged_failure(error, running, path) from error
    return answers


async def _run(connection: PoolConnectionProxy, part: _Ready) -> bytes:
    statement = part.statement
    row = await connection.fetchrow(statement.text, *part.values)
    assert row is not None  # a SELECT without FROM has one row
    if statement.checked and not row[1]:
        raise check_failed(statement.path)
    cell = row[0]
    if statement.answer is not None:
        cell = await connection.fetchval(statement.answer.text, cell, *part.more)
    return b"null" if cell is None else cell.encode()


async def _run_nested(
    connection: PoolConnectionProxy, part: _Ready, batch: Batch, literals: Literals, *, exactly: bool
) -> bytes:
    """Inserts level by level; the answer is read when everything is there."""
    statement = part.statement
    assert statement.nested is not None
    insert = NestedInsert(connection, statement.nested, part.variables, literals)
    await insert.run(batch, exactly=exactly)
    answer = statement.nested_answer
    more = [encode(part.variables, literals) for encode in answer.encoders]
    cell = await connection.fetchval(answer.text, insert.rows, str(insert.affected), *more)
    return b"null" if cell is None else cell.encode()
