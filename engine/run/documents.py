"""Documents and their plans, cached.

In: a query text, an operation name, a role's schema. Out: a `Document` and the literals lifted from the text;
from a document and the variables' shape, a `Compiled` plan. Two texts that differ in literals only share one
document; a plan is shared by all requests whose variables have the same shape. All caches are bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from lictor.engine.request.lexer import lift
from lictor.engine.request.variables import Level, Shape, normalise, shape, specs
from lictor.engine.run.cache import LRU
from lictor.engine.schema.model import RoleSchema
from lictor.engine.sql import (
    JoinStatement,
    MutationStatement,
    Statement,
    StatementList,
    build_joins,
    build_mutation,
    build_statement,
)
from lictor.engine.types import EngineOptions

Literals = tuple[Any, ...]
_Key = tuple[str, str | None, str, bool]  # text, operation name, role, for backends only
# Longer texts are looked up by their literal-free form only, so that the exact-text map stays small.
MAX_EXACT_TEXT = 8192


@dataclass(frozen=True, eq=False)
class Compiled:
    """A plan ready to run. `simple` plans consist of table reads only. Keyed by response key are `mutations` and
    `joins`, the statements that read rows beside the answer of an action."""

    plan: OperationPlan
    statement: Statement | None
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
        self.declared = frozenset(operation.variables)
        self.shaping = tuple(spec for spec in self.specs if spec.level != "none")
        self.checked = False
        self._fixed: Compiled | None = None
        self._variants: LRU[Shape, Compiled] = LRU(options.max_variants)

    def _level(self, declared: Declared) -> Level:
        base = declared.type.base
        if base == "Boolean":
            return "structure"
        if self.only_actions or base in self.schema.action_types.inputs or base in self.schema.row_types:
            return "none"
        if base in self.schema.enum_bearing:
            return "verbatim"
        return "structure" if base in self.schema.structural_types else "null"

    def variables(self, given: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """The values of the declared variables. Raises GraphQLFailure."""
        if not given and not self.specs:
            return {}
        return normalise(self.specs, given, self.declared, self.options.ignore_unexpected_variables)

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
            found = self._compile(variables)
            self._variants.put(key, found)
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
        statement, mutations = None, {}
        if plan.kind == "mutation":
            # a select here calls a volatile function
            changing = (MutationRoot, UpdateManyRoot, SelectRoot, AggregateRoot)
            mutations = {r.key: build_mutation(r, stringify) for r in plan.roots if isinstance(r, changing)}
        else:
            statement = build_statement(plan, stringify)
        actions = tuple(root for root in plan.roots if isinstance(root, ActionRoot))
        simple = statement is not None and len(statement.keys) == len(plan.roots)
        joins = {root.key: build_joins(root, stringify) for root in actions if root.joins}
        return Compiled(plan, statement, mutations, actions, joins, simple)


def nested_too_deeply() -> GraphQLFailure:
    """The error for values so deep that Python's stack ends."""
    return GraphQLFailure.of("the values of the request are nested too deeply", kind="coercion")


class Documents:
    """The documents of one schema version."""

    def __init__(self, options: EngineOptions) -> None:
        self.options = options
        self._by_text: LRU[_Key, tuple[Document, Literals]] = LRU(options.max_plans)
        self._by_key: LRU[_Key, Document] = LRU(options.max_plans)

    def find(self, query: str, operation_name: str | None, schema: RoleSchema) -> tuple[Document, Literals]:
        """The document of a query text and its literals. Raises GraphQLFailure if it does not parse."""
        exact = (query, operation_name, schema.role, schema.backend_only)
        found = self._by_text.get(exact)
        if found is not None:
            return found
        lifted = lift(query)
        key = (lifted.text, operation_name, schema.role, schema.backend_only)
        document = self._by_key.get(key)
        literals = lifted.literals
        if document is None:
            operation, used_text = read_operation(lifted.text, operation_name, query, self.options.max_depth)
            if used_text is not lifted.text:
                # the parser wants a literal where a variable may not stand: the text itself is the key
                key, literals = exact, ()
            document = Document(operation, schema, self.options)
            self._by_key.put(key, document)
        if len(query) <= MAX_EXACT_TEXT:
            self._by_text.put(exact, (document, literals))
        return document, literals

    def __len__(self) -> int:
        return len(self._by_key)
