"""Runs compiled plans.

In: a `Compiled` plan, the request's variables and literals, the session. Out: the bytes of the whole answer.
Table fields of one operation are one statement, hence one snapshot and one round trip; the JSON that Postgres
built is passed through untouched. Query actions run at the same time, mutation actions one after the other and
stop at the first error. Raises GraphQLFailure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg
import orjson

from lictor.engine.errors import GraphQLFailure
from lictor.engine.plan.nodes import IntrospectionRoot, TypenameRoot
from lictor.engine.plan.sources import with_session
from lictor.engine.run.documents import Compiled, Document, Literals
from lictor.engine.run.introspection import Introspection
from lictor.engine.run.joins import join_rows
from lictor.engine.run.mutations import change
from lictor.engine.run.pgerrors import DATABASE_ERRORS, logged_failure
from lictor.engine.sql import MutationStatement, Statement, StatementList
from lictor.engine.types import ActionCall, ActionTransport, Session

Variables = Mapping[str, Any]


class Executor:
    """Runs the plans of one schema version."""

    def __init__(
        self, pool: asyncpg.Pool, actions: ActionTransport | None, introspection: Introspection
    ) -> None:
        self.pool = pool
        self.actions = actions
        self.introspection = introspection

    async def run(
        self,
        document: Document,
        literals: Literals,
        given: Variables | None,
        session: Session,
        headers: Mapping[str, str],
        query: str | None = None,
    ) -> bytes:
        """The answer's body, `{"data":{...}}`. `query` is the document's text, for the handlers of actions."""
        if document.operation.kind == "subscription":
            raise GraphQLFailure.of(
                "subscriptions are not supported over HTTP, use websockets instead", code="unexpected-payload"
            )
        variables = document.variables(given)
        compiled = document.compiled(variables)
        statement = compiled.statement
        if compiled.simple and statement is not None:
            row = await self._fetch(statement, variables, literals, session)
            return _body(statement.keys, [_bytes(cell) for cell in row])
        calls = action_calls(compiled, variables, literals, query)
        return await self._run_mixed(document, compiled, literals, variables, session, headers, calls)

    async def _run_mixed(
        self,
        document: Document,
        compiled: Compiled,
        literals: Literals,
        variables: Variables,
        session: Session,
        headers: Mapping[str, str],
        calls: list[ActionCall],
    ) -> bytes:
        """Actions, introspection and __typename beside table fields; keys in document order."""
        done: dict[str, bytes] = {}
        if compiled.statement is not None:
            row = await self._fetch(compiled.statement, variables, literals, session)
            for key, cell in zip(compiled.statement.keys, row, strict=True):
                done[key] = _bytes(cell)
        if compiled.plan.kind == "mutation":
            seen = with_session(variables, session)
            done |= await self._mutate(compiled, literals, seen, session, headers, calls)
        elif calls:
            answers = await asyncio.gather(
                *(self._act(call, compiled, variables, literals, session, headers) for call in calls)
            )
            done |= {call.alias: answer for call, answer in zip(calls, answers, strict=True)}
        introspected = [root for root in compiled.plan.roots if isinstance(root, IntrospectionRoot)]
        if introspected:
            done |= await self.introspection.answer(document, introspected, variables, literals)
        for root in compiled.plan.roots:
            if isinstance(root, TypenameRoot):
                done[root.key] = orjson.dumps(root.value)
        keys = [root.key for root in compiled.plan.roots]
        return _body(keys, [done[key] for key in keys])

    async def _mutate(
        self,
        compiled: Compiled,
        literals: Literals,
        variables: Variables,
        session: Session,
        headers: Mapping[str, str],
        calls: list[ActionCall],
    ) -> dict[str, bytes]:
        """Fields in order; table fields that follow one another are one transaction."""
        done: dict[str, bytes] = {}
        pending: list[MutationStatement | StatementList] = []
        by_key = {call.alias: call for call in calls}
        for root in compiled.plan.roots:
            if (statement := compiled.mutations.get(root.key)) is not None:
                pending.append(statement)
            elif (call := by_key.get(root.key)) is not None:
                done |= await change(self.pool, pending, literals, variables)
                pending = []
                done[call.alias] = await self._act(call, compiled, variables, literals, session, headers)
        return done | await change(self.pool, pending, literals, variables)

    async def _fetch(
        self, statement: Statement, variables: Variables, literals: Literals, session: Session
    ) -> asyncpg.Record:
        if statement.needs_session:
            variables = with_session(variables, session)
        arguments = [encode(variables, literals) for encode in statement.encoders]
        try:
            row = await self.pool.fetchrow(statement.text, *arguments)
        except DATABASE_ERRORS as error:
            raise logged_failure(error, statement.text) from error
        assert row is not None  # a SELECT without FROM has one row
        return row

    async def _act(
        self,
        call: ActionCall,
        compiled: Compiled,
        variables: Variables,
        literals: Literals,
        session: Session,
        headers: Mapping[str, str],
    ) -> bytes:
        """The JSON of an action field: its handler's answer, and the rows of tables beside it."""
        if self.actions is None:
            raise GraphQLFailure.of(f"no handler for action {call.name!r}", code="unexpected", kind="action")
        answer = await self.actions.call(call, session, headers)
        result, found = call.root.fit(answer)
        if any(found):
            seen = with_session(variables, session)
            await join_rows(self.pool, compiled.joins[call.alias], found, seen, literals)
        return orjson.dumps(result)


def action_calls(
    compiled: Compiled, variables: Variables, literals: Literals, query: str | None = None
) -> list[ActionCall]:
    """The action fields in document order, arguments coerced. Raises GraphQLFailure of kind "coercion"."""
    return [
        ActionCall(root.action.action.name, root.key, root.read(variables, literals), query, root)
        for root in compiled.actions
    ]


def _bytes(cell: str | None) -> bytes:
    """A JSON cell of a result as bytes; SQL's NULL is JSON's."""
    return b"null" if cell is None else cell.encode()


def _body(keys: tuple[str, ...] | list[str], values: list[bytes]) -> bytes:
    """`{"data":{...}}`; a response key is a GraphQL name and needs no escaping."""
    pairs = [b'"%s":%s' % (key.encode(), value) for key, value in zip(keys, values, strict=True)]
    return b'{"data":{' + b",".join(pairs) + b"}}"
