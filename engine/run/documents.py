"""Documents and their plans, cached.

In: a query text, an operation name, a role's schema. Out: a `Document` and the literals lifted from the text;
from a document and the variables' shape, a `Compiled` plan. Two texts that differ in literals only share one
document; a plan is shared by all requests whose variables have the same shape. All caches are bounded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lictor.engine.errors import GraphQLFailure
from lictor.engine.plan import compile_operation
from lictor.engine.plan.action_output import only_actions
from lictor.engine.plan.nodes import (
    ActionRoot,
    AggregateRoot,
    MutationRoot,
    OperationPlan,
    SelectRoot,
    UpdateManyRoot,
)
from lictor.engine.request.document import Declared, Operation, read_operation
from lictor.engine.request.lexer import PLACEHOLDER, lift
from lictor.engine.request.limits import check_size, passed
from lictor.engine.request.variables import Level, Shape, normalise, shape, specs, weight
from lictor.engine.run.cache import LRU
from lictor.engine.schema.model import RoleSchema
from lictor.engine.sql import (
    JoinStatement,
    MultiplexedStatement,
    MutationStatement,
    Statement,
    StatementList,
    build_joins,
    build_multiplexed,
    build_mutation,
    build_statement,
)
from lictor.engine.types import EngineOptions

Literals = tuple[Any, ...]
_Key = tuple[str, str | None, str, bool]  # text, operation name, role, for backends only
# Longer texts are looked up by their literal-free form only, so that the exact-text map stays small.
MAX_EXACT_TEXT = 8192
# Keys and items of the shapes that one document keeps plans for, all together.
MAX_KEPT_SHAPES = 20_000
# Longer texts take more than some ten milliseconds: other requests go on meanwhile.
LARGE_TEXT = 32_768


@dataclass(frozen=True, eq=False)
class Compiled:
    """A plan ready to run. `simple` plans consist of table reads only. Keyed by response key are `mutations` and
    `joins`, the statements that read rows beside the answer of an action. `multiplexed` is a subscription's."""

    plan: OperationPlan
    statement: Statement | None
    multiplexed: MultiplexedStatement | None
    mutations: Mapping[str, MutationStatement | StatementList]
    actions: tuple[ActionRoot, ...]
    joins: Mapping[str, tuple[JoinStatement, ...]]
    simple: bool


class Document:
    """One operation of one document for one role, with the plans compiled so far."""

    def __init__(self, operation: Operation, schema: RoleSchema, options: EngineOptions) -> None:
        self.operation = operation
        self.schema = schema
        self.options = options
        self.only_actions = only_actions(operation, schema)
        self.specs = specs(operation.variables, self._level)
        self.shaping = tuple(spec for spec in self.specs if spec.level != "none")
        self.checked = False
        self._fixed: Compiled | None = None
        self._variants: LRU[Shape, Compiled] = LRU(options.max_variants, MAX_KEPT_SHAPES)

    def _level(self, declared: Declared) -> Level:
        base = declared.type.base
        if base == "Boolean":
            return "structure"
        if self.only_actions or base in self.schema.action_types.inputs or base in self.schema.row_types:
            return "none"
        if base in self.schema.enum_bearing:
            return "verbatim"
        if base in self.schema.cursor_types:
            return "cursor"
        return "structure" if base in self.schema.structural_types else "null"

    def variables(self, given: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """The values of the declared variables. Raises GraphQLFailure."""
        if not given and not self.specs:
            return {}
        return normalise(self.specs, given, self.operation.used, self.options.ignore_unexpected_variables)

    def compiled(self, variables: Mapping[str, Any]) -> Compiled:
        """The plan for variables of this shape."""
        if not self.shaping:
            if self._fixed is None:
                self._fixed = self._compile(variables)
            return self._fixed
        try:
            key = shape(self.shaping, variables)
            hash(key)
        except RecursionError:
            raise nested_too_deeply() from None
        found = self._variants.get(key)
        if found is None:
            size = weight(key)
            if size > self.options.max_conditions:
                raise passed(
                    "the filters and orders in the variables have more than {} keys and items",
                    "max_conditions",
                    self.options.max_conditions,
                )
            found = self._compile(variables)
            self._variants.put(key, found, size)
        return found

    def check(self) -> None:
        """Raises GraphQLFailure for whatever is wrong with the document whatever its variables are."""
        if self.checked:
            return
        if self.specs:
            compile_operation(self.operation, self.schema, self.options, None)
        else:
            self.compiled({})
        self.checked = True

    def _compile(self, variables: Mapping[str, Any]) -> Compiled:
        try:
            return self._compile_nested(variables)
        except RecursionError:
            raise nested_too_deeply() from None

    def _compile_nested(self, variables: Mapping[str, Any]) -> Compiled:
        plan = compile_operation(self.operation, self.schema, self.options, variables)
        stringify = self.options.stringify_numeric_types
        statement, multiplexed, mutations = None, None, {}
        if plan.kind == "subscription":
            multiplexed = build_multiplexed(plan, stringify)
        elif plan.kind == "mutation":
            # a select here calls a volatile function
            changing = (MutationRoot, UpdateManyRoot, SelectRoot, AggregateRoot)
            mutations = {r.key: build_mutation(r, stringify) for r in plan.roots if isinstance(r, changing)}
        else:
            statement = build_statement(plan, stringify)
        actions = tuple(root for root in plan.roots if isinstance(root, ActionRoot))
        simple = statement is not None and len(statement.keys) == len(plan.roots)
        joins = {root.key: build_joins(root, stringify) for root in actions if root.joins}
        return Compiled(plan, statement, multiplexed, mutations, actions, joins, simple)


def nested_too_deeply() -> GraphQLFailure:
    """The error for values so deep that Python's stack ends."""
    return GraphQLFailure.of("the values of the request are nested too deeply", kind="coercion")


class Documents:
    """The documents of one schema version."""

    def __init__(self, options: EngineOptions, introspection_disabled: frozenset[str] = frozenset()) -> None:
        self.options = options
        self.introspection_disabled = introspection_disabled
        self._by_text: LRU[_Key, tuple[Document, Literals]] = LRU(options.max_plans)
        self._by_key: LRU[_Key, Document] = LRU(options.max_plans, options.max_cached_text)
        # lifted texts whose literals must stay where they are
        self._unliftable: LRU[tuple[str, str | None], bool] = LRU(options.max_plans, options.max_cached_text)

    def find(self, query: str, operation_name: str | None, schema: RoleSchema) -> tuple[Document, Literals]:
        """The document of a query text and its literals. Raises GraphQLFailure if it does not parse."""
        exact = (query, operation_name, schema.role, schema.backend_only)
        found = self._by_text.get(exact)
        if found is not None:
            return found
        check_size(query, self.options)
        lifted = lift(query)
        text, literals = lifted.text, lifted.literals
        key = (text, operation_name, schema.role, schema.backend_only)
        if self._unliftable.get((text, operation_name)):
            text, key, literals = query, exact, ()
        elif text is query and PLACEHOLDER.search(query):
            # it names variables as lifted texts do; none of these has a comment
            key = (f"#\n{query}", *exact[1:])
        document = self._by_key.get(key)
        if document is None:
            operation, used_text = read_operation(text, operation_name, query, self.options)
            if used_text is not text:
                # a literal stands where no variable may, or decides about the plan: the text itself is the key
                self._unliftable.put((lifted.text, operation_name), True, len(lifted.text))
                key, literals = exact, ()
            options = self.options
            if schema.role in self.introspection_disabled:
                options = replace(options, enable_introspection=False)
            document = Document(operation, schema, options)
            self._by_key.put(key, document, len(text))
        if len(query) <= MAX_EXACT_TEXT:
            self._by_text.put(exact, (document, literals))
        return document, literals

    async def find_and_compile(
        self,
        query: str,
        operation_name: str | None,
        schema: RoleSchema,
        variables: Mapping[str, Any] | None,
    ) -> tuple[Document, Literals]:
        """`find`, for a query of any size: a large one is read and compiled beside the event loop."""
        if len(query) <= LARGE_TEXT:
            return self.find(query, operation_name, schema)

        def work() -> tuple[Document, Literals]:
            document, literals = self.find(query, operation_name, schema)
            if document.operation.kind != "subscription":
                document.compiled(document.variables(variables))
            return document, literals

        return await asyncio.to_thread(work)

    def __len__(self) -> int:
        return len(self._by_key)
