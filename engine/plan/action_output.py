"""What is selected of an action's answer.

In: an action field's selection. Out: `project`, which checks a handler's answer against the output type and fits
it to the selection (aliases, __typename, nesting), and the tables whose rows stand beside its objects. As in
Hasura the whole answer is checked for what must not be null, nested objects only where they are selected; the
values of GraphQL's own scalars are checked where they are the answer, and pass as they come inside objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from lictor.engine.errors import GraphQLFailure, at_key, invalid
from lictor.engine.plan.aggregate import compile_aggregate
from lictor.engine.plan.context import Context, not_found
from lictor.engine.plan.nodes import (
    ActionJoin,
    Found,
    Project,
    RelationAggregateLeaf,
    RelationLeaf,
    Select,
)
from lictor.engine.plan.selection import ROWS_ARGUMENTS, Field, collect, compile_fields, compile_rows
from lictor.engine.request.document import Operation
from lictor.engine.schema.action_relationships import OutputRelationship, visible
from lictor.engine.schema.action_types import ActionTypes
from lictor.engine.schema.gtypes import GType
from lictor.engine.schema.model import ActionField, RelationshipField, RoleSchema, TableType
from lictor.engine.schema.scalars import BUILTIN_SCALARS

# What Hasura calls a JSON value that is neither null, list nor object. It calls a number a String.
_SCALAR_NOUNS: dict[type, str] = {str: "String", int: "String", float: "String", bool: "Boolean"}
_FITTING: dict[str, tuple[type, ...]] = {
    "Int": (int, float), "Float": (int, float), "String": (str,), "ID": (str,), "Boolean": (bool,),
}  # fmt: skip


@dataclass(frozen=True)
class Output:
    """The projection of an answer and the joins it finds objects for."""

    project: Project
    joins: tuple[ActionJoin, ...]


def compile_output(context: Context, action: ActionField, selected: Field, path: str) -> Output:
    """The output of one action field. `path` is that of the field."""
    compiler = _Compiler(context, action.types)
    project = compiler.of(action.output, selected.selections, path, outermost=True)
    return Output(project or _identity, tuple(compiler.joins))


def only_actions(operation: Operation, schema: RoleSchema) -> bool:
    """Is every root field an action (or __typename), and none joined with a table?

    Known without variables; fragments are looked through.
    """
    if operation.kind == "subscription":
        return False
    fields = schema.mutation if operation.kind == "mutation" else schema.query
    types = schema.action_types
    pending: list[tuple[SelectionSetNode, str]] = [(operation.node.selection_set, "")]  # "" is the root
    spread: set[tuple[str, str]] = set()
    while pending:
        selections, owner = pending.pop()
        for node in selections.selections:
            if isinstance(node, InlineFragmentNode):
                pending.append((node.selection_set, owner))
            elif isinstance(node, FragmentSpreadNode) and (node.name.value, owner) not in spread:
                spread.add((node.name.value, owner))
                pending.append((operation.fragments[node.name.value].selection_set, owner))
            elif isinstance(node, FieldNode):
                name = node.name.value
                if owner:
                    if name in types.relationships.get(owner, {}):
                        return False
                    output = types.objects.get(owner, {}).get(name)
                else:
                    root = fields.get(name)
                    if name != "__typename" and (root is None or root.action is None):
                        return False
                    output = root.action.output if root is not None and root.action is not None else None
                # without relationships no selection of an action needs a look
                if output is not None and node.selection_set is not None and types.relationships:
                    pending.append((node.selection_set, output.base))
    return True


def _identity(value: Any, _: Found) -> Any:
    return value


@dataclass
class _Compiler:
    """Compiles one action's selection; `joins` are those met so far. A projection None means "as it comes"."""

    context: Context
    types: ActionTypes
    joins: list[ActionJoin] = field(default_factory=list)

    def of(
        self, output: GType, sets: Sequence[SelectionSetNode], path: str, *, outermost: bool
    ) -> Project | None:
        """The projection of a value of type `output`: the whole answer, a field of it, or an item of a list."""
        inner = self._not_null(output, sets, path, outermost)
        if output.non_null:
            return _required(inner)
        if inner is None:
            return None
        return lambda value, found: None if value is None else inner(value, found)

    def _not_null(
        self, output: GType, sets: Sequence[SelectionSetNode], path: str, outermost: bool
    ) -> Project | None:
        if output.inner is not None:
            return _list(self.of(output.inner, sets, path, outermost=outermost))
        fields = self.types.objects.get(output.name)
        if fields is None:
            if sets:
                raise invalid("unexpected subselection set for non-object field", path)
            checked = outermost and output.name in BUILTIN_SCALARS and output.name not in self.types.scalars
            return _scalar(output.name) if checked else None
        here = at_key(path, "selectionSet")
        if not sets:
            raise invalid(f"missing selection set for '{output.name}'", here)
        selected = collect(self.context, sets, output.name, here)
        return self._object(output.name, fields, selected, here, outermost)

    def _object(
        self, name: str, fields: Mapping[str, GType], selected: list[Field], path: str, outermost: bool
    ) -> Project:
        related = visible(self.types, name, self.context.schema.tables)
        constants: dict[str, str] = {}
        leaves: list[tuple[str, str, Project | None]] = []
        waits: list[tuple[str, int, tuple[str, ...]]] = []
        order: dict[str, None] = {}
        for one in selected:
            order[one.key] = None
            here = at_key(path, one.name)
            if one.name == "__typename":
                constants[one.key] = name
            elif (output := fields.get(one.name)) is not None:
                self.context.arguments(one.arguments, {}, one.name, here)
                leaves.append((one.key, one.name, self.of(output, one.selections, here, outermost=False)))
            elif one.name in related:
                relationship, table = related[one.name]
                waits.append((one.key, len(self.joins), tuple(part.field for part in relationship.key)))
                self.joins.append(self._join(relationship, table, one, here))
            else:
                raise not_found(one.name, name, path)
        needed = [f for f, output in fields.items() if output.non_null]
        if not outermost:
            chosen = {field_name for _, field_name, _ in leaves}
            needed = [f for f in needed if f in chosen]
        if not (constants or waits or needed) and all(inner is None for _, _, inner in leaves):
            return _flat(name, [(key, field_name) for key, field_name, _ in leaves])
        blank = dict.fromkeys(order) | constants
        return _nested(name, blank, needed, leaves, waits)

    def _join(
        self, relationship: OutputRelationship, table: TableType, selected: Field, path: str
    ) -> ActionJoin:
        """The rows of one relationship field."""
        allowed = ROWS_ARGUMENTS if relationship.is_array else frozenset[str]()
        arguments = self.context.arguments(selected.arguments, dict.fromkeys(allowed), selected.name, path)
        way = RelationshipField(
            name=relationship.name,
            is_array=relationship.is_array,
            target=table,
            join=tuple((f"c{i}", part.column) for i, part in enumerate(relationship.key)),
            unique=relationship.unique,
            nullable=True,
            comment=None,
        )
        rows = compile_rows(self.context, table, arguments, path)
        scalars = tuple(part.scalar for part in relationship.key)
        if relationship.is_aggregate:
            aggregate = compile_aggregate(self.context, table, rows, selected.selections, path)
            return ActionJoin(RelationAggregateLeaf(selected.key, way, aggregate), scalars)
        fields = compile_fields(self.context, selected.selections, table, path)
        return ActionJoin(RelationLeaf(selected.key, way, Select(rows, fields)), scalars)


def _nested(
    name: str,
    blank: Mapping[str, Any],
    needed: Sequence[str],
    leaves: Sequence[tuple[str, str, Project | None]],
    waits: Sequence[tuple[str, int, tuple[str, ...]]],
) -> Project:
    """An object. `blank` has its keys in order, with what is the same in each; `needed` must not be null."""

    def project(value: Any, found: Found) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _unexpected(value, name)
        get = value.get
        for field_name in needed:
            if get(field_name) is None:
                raise _missing(field_name, value)
        result = dict(blank)
        for key, field_name, inner in leaves:
            item = get(field_name)
            result[key] = item if inner is None else inner(item, found)
        for key, place, parts in waits:
            found[place].append((result, key, tuple([get(part) for part in parts])))
        return result

    return project


def _flat(name: str, pairs: list[tuple[str, str]]) -> Project:
    """An object of nullable scalars: the usual item of a long list."""
    wanted = [key for key, _ in pairs] if all(key == field_name for key, field_name in pairs) else None

    def project(value: Any, _: Found) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _unexpected(value, name)
        if list(value) == wanted:  # exactly what was asked for
            return value
        get = value.get
        return {key: get(field_name) for key, field_name in pairs}

    return project


def _required(inner: Project | None) -> Project:
    def project(value: Any, found: Found) -> Any:
        if value is None:
            raise _bad_answer("got null for the action webhook response")
        return value if inner is None else inner(value, found)

    return project


def _list(inner: Project | None) -> Project:
    def project(value: Any, found: Found) -> Any:
        if not isinstance(value, list):
            raise _bad_answer("expecting array for the action webhook response")
        return value if inner is None else [inner(item, found) for item in value]

    return project


def _scalar(name: str) -> Project:
    fitting = _FITTING[name]

    def project(value: Any, _: Found) -> Any:
        if type(value) not in fitting:
            raise _unexpected(value, name)
        return value

    return project


def _unexpected(value: Any, name: str) -> GraphQLFailure:
    if isinstance(value, list):
        what = "array"
    elif isinstance(value, dict):
        what = "object"
    else:
        what = f"scalar {_SCALAR_NOUNS.get(type(value), 'String')}"
    return _bad_answer(f"got {what} for the action webhook response, expecting {name}")


def _missing(field_name: str, value: Mapping[str, Any]) -> GraphQLFailure:
    if field_name in value:
        return _bad_answer(f'expecting not null value for field "{field_name}"')
    return _bad_answer(f'field "{field_name}" expected in webhook response, but not found')


def _bad_answer(message: str) -> GraphQLFailure:
    return GraphQLFailure.of(message, code="unexpected", kind="action")
