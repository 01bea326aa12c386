"""One operation, run: the engine's plan, the handlers' answers, the clients' shape of errors.

An `Operation` comes in, an `Answer` (status and bytes) goes out. Documents made of actions only never touch
the engine's SQL part; all others are the engine's. Never raises: every failure becomes an answer.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import orjson

from lictor.actions.gateway import errors, metrics
from lictor.actions.gateway.auditing import document_recorded, document_refused
from lictor.actions.gateway.calls import measured, patiently, perform
from lictor.actions.gateway.database import fate
from lictor.actions.gateway.documents import place_of, root_fields, root_key, split_by_root
from lictor.actions.gateway.errors import HttpProblem, Unavailable
from lictor.actions.gateway.graphql import GraphQL, PreparedDocument
from lictor.actions.gateway.headers import Callers, Sender, forwarded
from lictor.actions.gateway.limits import Limits
from lictor.actions.gateway.operations import Operation
from lictor.actions.gateway.responses import Answer
from lictor.actions.gateway.witness import Witness
from lictor.actions.identity import Identity
from lictor.engine import ActionCall, GraphQLFailure, Session


def session_of(identity: Identity) -> Session:
    """Without a key everyone sees and may do everything, as on the original Server; functions are told who asks."""
    return Session(role=identity.role, variables=identity.session_variables)


class Executor:
    """Runs operations on one GraphQL back end; safe to use from any number of tasks at once."""

    def __init__(self, engine: GraphQL, callers: Callers, limits: Limits, witness: Witness) -> None:
        self._engine = engine
        self._callers = callers
        self._limits = limits
        self._witness = witness

    async def run(self, operation: Operation, sender: Sender, *, query_only: bool = False) -> Answer:
        """The answer to one operation (server.md 3.1). `query_only` refuses all but queries (for GET)."""
        try:
            prepared = self._prepare(operation, sender.identity.role)
            if query_only and prepared.kind != "query":
                raise HttpProblem(405, "GET takes queries only; send a mutation by POST.", headers=_POST_ONLY)
            if prepared.only_actions:
                calls = prepared.action_calls(operation.variables)
                return await self._actions(prepared, calls, operation, sender)
            return await self._document(prepared, operation, sender)
        except HttpProblem as problem:
            metrics.refused(problem.code)
            return problem.answer
        except GraphQLFailure as failure:
            await document_refused(self._callers.of(sender), operation, failure)
            return _refusal(failure) if errors.is_refusal(failure) else self._failed(failure, operation)
        except RecursionError:
            return self._too_deep(operation.name).answer
        except Exception as exc:
            return Answer(200, errors.errors_body([errors.error(errors.unexpected(exc), errors.INTERNAL)]))

    def kind(self, operation: Operation, role: str) -> str:
        """Whether it is a query, a mutation or a subscription. Raises HttpProblem and GraphQLFailure for what `run`
        would refuse without a look at the variables.
        """
        try:
            return self._prepare(operation, role).kind
        except RecursionError:
            raise self._too_deep(operation.name) from None

    def _prepare(self, operation: Operation, role: str) -> PreparedDocument:
        """The plan of the operation. What a document gets wrong by itself is an invalid document."""
        try:
            prepared = self._engine.prepare(operation.query, operation.name, role=role)
        except GraphQLFailure as failure:
            if failure.kind == "coercion":
                raise GraphQLFailure(failure.errors, "validation") from None
            raise
        if prepared.depth > self._limits.depth:
            raise self._too_deep(operation.name)
        return prepared

    async def run_batch(self, operations: list[Operation | HttpProblem], sender: Sender) -> Answer:
        """The answers of an array body as an array of the same order and length.

        A failing operation fails alone; only when the database is away for all of them is the whole a 503.
        """
        places = asyncio.Semaphore(self._limits.batch_concurrency)

        async def one(operation: Operation | HttpProblem) -> Answer:
            if isinstance(operation, HttpProblem):
                return operation.answer
            async with places:
                return await self.run(operation, sender)

        answers = await asyncio.gather(*map(one, operations))
        away = bool(answers) and all(answer.status == 503 for answer in answers)
        return Answer(503 if away else 200, b"[" + b",".join(answer.body for answer in answers) + b"]")

    async def _actions(
        self, prepared: PreparedDocument, calls: list[ActionCall], operation: Operation, sender: Sender
    ) -> Answer:
        """Run the actions of a document in order; a failure nulls its own field only."""
        caller = self._callers.of(sender)
        data: dict[str, Any] = {}
        if "__typename" in operation.query:
            data.update(prepared.typenames(operation.variables))
        done = len(data)
        failed: list[dict[str, Any]] = []
        for call in calls:
            try:
                result = await perform(call.name, call.input, caller, self._limits.database_wait)
                data[call.alias] = prepared.shape(call, result)
            except Exception as exc:
                if isinstance(exc, Unavailable) and len(data) == done + len(failed):
                    raise  # nothing of this document has happened: the whole may be repeated
                data[call.alias] = None
                failed.append(_field_error(exc, call, operation))
        if failed:
            return Answer(200, errors.errors_body(failed, data))
        return Answer(200, orjson.dumps({"data": data}, default=msgspec.to_builtins))

    async def _document(self, prepared: PreparedDocument, operation: Operation, sender: Sender) -> Answer:
        """Run a document that the engine turns into SQL, in whole or in part."""
        try:
            body = await document_recorded(
                prepared.kind,
                operation,
                self._callers.of(sender),
                lambda: self._run_engine(prepared, operation.variables, sender),
            )
            answer = Answer(200, body)
            self._witness.see(operation.query, sender)
            return answer
        except GraphQLFailure as failure:
            if errors.is_refusal(failure):
                return _refusal(failure)
            if prepared.kind == "query":
                parts = split_by_root(operation.query, operation.name)
                if parts:
                    return await self._root_by_root(parts, operation, sender)
            return self._failed(failure, operation)

    async def _run_engine(
        self, prepared: PreparedDocument, variables: dict[str, Any], sender: Sender
    ) -> bytes:
        session, request_headers = session_of(sender.identity), forwarded(sender.headers)

        async def work() -> bytes:
            try:
                return await self._engine.run(prepared, variables, session, request_headers)
            except GraphQLFailure as failure:
                cause = failure.__cause__
                if isinstance(cause, Exception) and fate(cause) is not None:
                    raise cause from None
                raise

        repeatable = prepared.kind == "query"
        return await measured(
            prepared.kind,
            variables,
            lambda: patiently(work, repeatable=repeatable, wait=self._limits.database_wait),
        )

    async def _root_by_root(
        self, parts: list[tuple[str, str]], operation: Operation, sender: Sender
    ) -> Answer:
        """Run each root field of a failed query by itself: only what failed is null (ui-and-cloud.md E 2)."""
        data: dict[str, Any] = {}
        failed: list[dict[str, Any]] = []
        fields = root_fields(operation.query, operation.name)
        for key, document in parts:
            try:
                prepared = self._engine.prepare(document, role=sender.identity.role)
                body = await self._run_engine(prepared, operation.variables, sender)
                data.update(orjson.loads(body)["data"])
            except GraphQLFailure as failure:
                data[key] = None
                place = place_of(fields, key)
                failed += [{**item, **place} for item in errors.failure_errors(failure)]
        return Answer(200, errors.errors_body(failed, data) if failed else orjson.dumps({"data": data}))

    def _failed(self, failure: GraphQLFailure, operation: Operation) -> Answer:
        fields = root_fields(operation.query, operation.name)
        placed = []
        for item in errors.failure_errors(failure):
            key = root_key(item) or (fields[0].key if len(fields) == 1 else None)
            placed.append({**item, **(place_of(fields, key) if key else {})})
        return Answer(200, errors.errors_body(placed, {field.key: None for field in fields} or None))

    def _too_deep(self, name: str | None) -> HttpProblem:
        text = f"'{name or ''}' exceeds maximum operation depth of {self._limits.depth}"
        return HttpProblem(400, text, errors.VALIDATION_FAILED)


_POST_ONLY = ((b"allow", b"POST"),)


def _refusal(failure: GraphQLFailure) -> Answer:
    metrics.refused(errors.refusal_code(failure))
    return errors.refusal(failure)


def _field_error(exc: Exception, call: ActionCall, operation: Operation) -> dict[str, Any]:
    if isinstance(exc, HttpProblem):
        message, code = str(exc), exc.code
    elif isinstance(exc, GraphQLFailure):
        message, code = str(exc), errors.INTERNAL
    else:
        message, code = errors.explain(exc, call.input)
    place = place_of(root_fields(operation.query, operation.name), call.alias)
    return errors.error(message, code, **place)
