"""The engine's public face.

In: an asyncpg pool, metadata (a directory or a document), requests. Out: answers as bytes, or GraphQLFailure. The gateway uses
`prepare`, `action_calls` and `shape` to run action-only documents itself; everything else goes through `execute`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import asyncpg
from graphql import GraphQLSchema

from lictor.engine.catalog import Catalog, introspect, with_enum_values
from lictor.engine.errors import GraphQLFailure
from lictor.engine.metadata import Document as MetadataDocument
from lictor.engine.metadata import Metadata, MetadataError, parse, read_directory
from lictor.engine.plan.nodes import TypenameRoot
from lictor.engine.plan.sources import with_session
from lictor.engine.run.documents import Document, Documents, Literals
from lictor.engine.run.executor import Executor, action_calls
from lictor.engine.run.introspection import Introspection
from lictor.engine.schema import Inconsistency, Schema, build
from lictor.engine.sql.multiplexed import array_literal
from lictor.engine.subscriptions import Planned, Request, Subscription, Subscriptions
from lictor.engine.types import ADMIN, ActionCall, ActionTransport, EngineOptions, Session

log = logging.getLogger(__name__)

# What the pool's sessions need so that answers look like Hasura's: pass it as asyncpg's `server_settings`.
SESSION_SETTINGS = {
    "TimeZone": "UTC",
    "IntervalStyle": "postgres",
    "DateStyle": "ISO",
    "extra_float_digits": "1",
}


class Prepared:
    """A document that fits the schema, with the literals of one request.

    `kind` is the operation's, `only_actions` says that every root field is an action (or __typename) and that none
    of their answers is joined with rows of a table. `depth` counts fields below the root ones (`{ flow { id } }` is 1, introspection fields do not count).
    """

    __slots__ = ("document", "literals")

    def __init__(self, document: Document, literals: Literals) -> None:
        self.document = document
        self.literals = literals

    @property
    def kind(self) -> Literal["query", "mutation", "subscription"]:
        return self.document.operation.kind

    @property
    def only_actions(self) -> bool:
        return self.document.only_actions

    @property
    def depth(self) -> int:
        return self.document.operation.depth

    @property
    def used_variables(self) -> frozenset[str]:
        """Names of the variables that are declared and used; a Hasura refuses values for others."""
        return self.document.operation.used & self.document.operation.variables.keys()

    def typenames(self, variables: Mapping[str, Any] | None) -> dict[str, str]:
        """Root `__typename` fields of an action-only document: response key → the root type's name."""
        compiled = self.document.compiled(self.document.variables(variables))
        return {root.key: root.value for root in compiled.plan.roots if isinstance(root, TypenameRoot)}

    def action_calls(self, variables: Mapping[str, Any] | None) -> list[ActionCall]:
        """The action fields in document order with coerced arguments. Raises GraphQLFailure ("coercion")."""
        document = self.document
        values = document.variables(variables)
        return action_calls(document.compiled(values), values, self.literals)

    def shape(self, call: ActionCall, result: Any) -> Any:
        """A handler's answer fitted to the selection of `call`. Raises GraphQLFailure ("action")."""
        return call.root.fit(result)[0]


@dataclass(frozen=True, eq=False)
class EngineState:
    """Everything that changes together when metadata or catalog change. A request runs on one state to its end.

    `metadata` is what is served, `document` what it was read from, `catalog` what it was held against.
    """

    document: MetadataDocument
    metadata: Metadata
    catalog: Catalog
    schema: Schema
    documents: Documents
    executor: Executor


class Engine:
    """Serves one source of the metadata over one database."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        metadata: Path | MetadataDocument,
        options: EngineOptions,
        actions: ActionTransport | None,
    ) -> None:
        self.pool = pool
        self.metadata = metadata
        self.options = options
        self.actions = actions
        self.subscriptions = Subscriptions(pool, options, self._plan_subscription)
        self._state: EngineState | None = None

    @classmethod
    async def start(
        cls,
        pool: asyncpg.Pool,
        metadata: Path | MetadataDocument,
        *,
        options: EngineOptions | None = None,
        actions: ActionTransport | None = None,
    ) -> Engine:
        """Reads metadata (a directory of Hasura's CLI, or a document) and catalog.

        The pool's sessions should have SESSION_SETTINGS. Raises MetadataError if the metadata cannot be read; objects
        that do not fit the database are left out and named in `inconsistencies`.
        """
        engine = cls(pool, metadata, options or EngineOptions(), actions)
        await engine.reload()
        return engine

    async def reload(self) -> None:
        """Reads metadata and catalog anew and serves them. See `serve`."""
        async with self.pool.acquire() as connection:
            if await connection.fetchval("SHOW TimeZone") != "UTC":
                log.warning(
                    "sessions are not in UTC: timestamps will not look like Hasura's (see SESSION_SETTINGS)"
                )
        state = await self.build(self.metadata)
        for inconsistency in state.schema.inconsistencies:
            log.warning("inconsistent metadata: %s", inconsistency)
        await self.serve(state)

    async def build(self, metadata: Path | MetadataDocument, catalog: Catalog | None = None) -> EngineState:
        """A state that nobody is served yet; the catalog is read unless it is given. Raises MetadataError."""
        document = read_directory(metadata) if isinstance(metadata, Path) else metadata
        try:
            declared = parse(document, self.options.source)
        except MetadataError as error:
            if not isinstance(metadata, Path):
                raise
            raise MetadataError(f"{metadata}: {error}") from error
        enums = [(table.name.schema, table.name.name) for table in declared.tables if table.is_enum]
        if catalog is None or enums:
            async with self.pool.acquire() as connection:
                catalog = catalog or await introspect(connection)
                catalog = await with_enum_values(connection, catalog, enums)
        # A large schema takes a while; requests go on meanwhile.
        infer = self.options.infer_function_permissions
        schema = await asyncio.to_thread(build, declared, catalog, infer_function_permissions=infer)
        executor = Executor(self.pool, self.actions, Introspection())
        documents = Documents(self.options, declared.introspection_disabled)
        return EngineState(document, declared, catalog, schema, documents, executor)

    async def serve(self, state: EngineState) -> None:
        """Requests that come from now on see `state`; those under way finish on the one before. Subscriptions go
        over to it, or end with the error that they now have.

        With another catalog the pool's sessions are replaced by new ones as they come free: Postgres plans a
        prepared statement anew when its tables have changed, but not when a table is in it as a row's type only
        (the result of a function, the rows of a mutation's answer).
        """
        changed = self._state is not None and self._state.catalog != state.catalog
        self._state = state
        if changed:
            await self.pool.expire_connections()
        self.subscriptions.replan()

    async def close(self) -> None:
        """Ends all subscriptions. To be called before the pool is closed."""
        await self.subscriptions.close()

    @property
    def state(self) -> EngineState:
        assert self._state is not None, "Engine.start has not run"
        return self._state

    @property
    def inconsistencies(self) -> tuple[Inconsistency, ...]:
        """Metadata objects that are left out, each with its reason."""
        return self.state.schema.inconsistencies

    def graphql_schema(self, role: str = ADMIN) -> GraphQLSchema:
        """The role's schema as a graphql-core object (for SDL export and tools)."""
        return self.state.executor.introspection.schema(self.state.schema.for_role(role))

    def prepare(self, query: str, operation_name: str | None = None, *, role: str = ADMIN) -> Prepared:
        """Parses and checks a document. Raises GraphQLFailure of kind "syntax", "validation" or "coercion"."""
        state = self.state
        document, literals = state.documents.find(query, operation_name, state.schema.for_role(role))
        document.check()
        return Prepared(document, literals)

    async def execute(
        self,
        query: str,
        variables: Mapping[str, Any] | None,
        operation_name: str | None,
        session: Session,
        request_headers: Mapping[str, str] = {},
    ) -> bytes:
        """The body of the answer, `{"data":{...}}`. Raises GraphQLFailure."""
        state = self.state
        role = state.schema.for_role(session.role, session.backend_only)
        document, literals = await state.documents.find_and_compile(query, operation_name, role, variables)
        return await state.executor.run(document, literals, variables, session, request_headers, query)

    async def run(
        self,
        prepared: Prepared,
        variables: Mapping[str, Any] | None,
        session: Session,
        request_headers: Mapping[str, str] = {},
    ) -> bytes:
        """Like `execute`, for a prepared document."""
        executor = self.state.executor
        return await executor.run(prepared.document, prepared.literals, variables, session, request_headers)

    # --- subscriptions ----------------------------------------------------------------------------------

    def kind(
        self, query: str, operation_name: str | None, session: Session
    ) -> Literal["query", "mutation", "subscription"]:
        """What the operation is. Raises GraphQLFailure ("syntax", "validation") if that cannot be told."""
        return self._find(query, operation_name, session)[0].operation.kind

    def subscribe(
        self,
        query: str,
        variables: Mapping[str, Any] | None,
        operation_name: str | None,
        session: Session,
    ) -> Subscription:
        """Answers to a subscription as they change, each a body `{"data":{...}}`, or `{"errors":[...]}` when a
        poll failed and polling goes on. Leave it with `aclose`.

        Raises GraphQLFailure if the document or the variables do not fit the schema; the iteration raises it if
        Postgres refuses the first answer, and if a reload leaves the document without a meaning.
        """
        return self.subscriptions.subscribe(Request(query, variables, operation_name, session))

    def _find(self, query: str, operation_name: str | None, session: Session) -> tuple[Document, Literals]:
        schema = self.state.schema.for_role(session.role, session.backend_only)
        return self.state.documents.find(query, operation_name, schema)

    def _plan_subscription(self, request: Request) -> Planned:
        document, literals = self._find(request.query, request.operation_name, request.session)
        variables = document.variables(request.variables)
        statement = document.compiled(variables).multiplexed
        if statement is None:
            raise GraphQLFailure.of("a subscription is expected", code="unexpected-payload")
        values = with_session(variables, request.session)
        encoded = (encode(values, literals) for encode in statement.encoders)
        return Planned(
            statement, tuple(item if isinstance(item, str) else array_literal(item) for item in encoded)
        )
