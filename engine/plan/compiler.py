"""An operation becomes a plan.

In: a parsed `Operation`, the role's schema, the variables of the request (or None, to check the document without
them). Out: `OperationPlan`. Raises GraphQLFailure with Hasura's validation texts and paths. Never: connects to
anything; the plan is valid for every request with the same key (document, role, variables' shape).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import FieldNode, NameNode, SelectionSetNode

from lictor.engine.errors import ROOT_PATH, GraphQLFailure, at_key, invalid
from lictor.engine.plan.actions import compile_action
from lictor.engine.plan.aggregate import compile_aggregate
from lictor.engine.plan.calls import ARGS, compile_call
from lictor.engine.plan.context import Budget, Context, not_found
from lictor.engine.plan.directives import check_operation
from lictor.engine.plan.mutations import compile_mutation
from lictor.engine.plan.nodes import (
    AggregateRoot,
    IntrospectionRoot,
    OperationPlan,
    Root,
    Rows,
    Select,
    SelectRoot,
    TypenameRoot,
)
from lictor.engine.plan.selection import ROWS_ARGUMENTS, Field, collect, compile_fields, compile_rows
from lictor.engine.plan.stream import compile_stream
from lictor.engine.plan.updates import primary_key_condition
from lictor.engine.plan.values import ValueReader
from lictor.engine.request.document import Operation
from lictor.engine.schema.model import MUTATION_KINDS, FunctionType, RoleSchema, RootField, TableType
from lictor.engine.types import EngineOptions

ROOT_TYPES = {"query": "query_root", "mutation": "mutation_root", "subscription": "subscription_root"}
INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})


def compile_operation(
    operation: Operation, schema: RoleSchema, options: EngineOptions, variables: Mapping[str, Any] | None
) -> OperationPlan:
    """The plan for `variables`, or, if they are None, a check of what can be checked without them."""
    reader = ValueReader(operation.variables, variables)
    context = Context(operation, schema, options, reader, Budget(options.max_fields))
    check_operation(context)
    type_name = ROOT_TYPES[operation.kind]
    path = "$.selectionSet"
    roots: list[Root] = []
    for field in collect(context, [operation.node.selection_set], type_name, path):
        if field.name == "__typename":
            roots.append(TypenameRoot(field.key, type_name))
        elif field.name in INTROSPECTION_FIELDS and operation.kind == "query":
            if not options.enable_introspection:
                raise GraphQLFailure.of(
                    f'introspection is disabled for role: "{schema.role}"', code="not-supported"
                )
            roots.append(IntrospectionRoot(field.key, _merged(field)))
        else:
            roots.append(_root(context, type_name, field, path))
    if operation.kind == "subscription" and (len(roots) != 1 or isinstance(roots[0], TypenameRoot)):
        raise invalid("subscriptions must select one top level field", "$")
    return OperationPlan(operation.kind, schema.role, tuple(roots))


def _root(context: Context, type_name: str, field: Field, path: str) -> Root:
    kind = context.operation.kind
    fields = getattr(context.schema, kind)
    if kind != "query" and not fields:
        raise invalid(f"no {kind}s exist", ROOT_PATH)
    root = fields.get(field.name)
    if root is None:
        raise not_found(field.name, type_name, path)
    here = at_key(path, field.name)
    if root.action is not None:
        return compile_action(context, root.action, field, here)
    assert root.table is not None
    if root.kind in MUTATION_KINDS:
        return compile_mutation(context, root, field, here)
    if root.kind == "by_pk":
        return _by_pk(context, root.table, field, here)
    if root.kind == "stream":
        return compile_stream(context, root.table, field, here)
    if root.function is not None:
        return _function(context, root, root.function, field, here)
    arguments = context.arguments(field.arguments, dict.fromkeys(ROWS_ARGUMENTS), field.name, here)
    rows = compile_rows(context, root.table, arguments, here)
    if root.kind == "aggregate":
        return AggregateRoot(field.key, compile_aggregate(context, root.table, rows, field.selections, here))
    return SelectRoot(
        field.key, Select(rows, compile_fields(context, field.selections, root.table, here)), False
    )


def _merged(field: Field) -> FieldNode:
    """One field node for all occurrences of a field."""
    selections = [node for selection_set in field.selections for node in selection_set.selections]
    return FieldNode(
        alias=NameNode(value=field.key),
        name=NameNode(value=field.name),
        arguments=tuple(field.arguments),
        directives=(),
        selection_set=SelectionSetNode(selections=tuple(selections)) if selections else None,
    )


def _by_pk(context: Context, table: TableType, field: Field, path: str) -> SelectRoot:
    names = {column.name: None for column in table.primary_key}
    arguments = context.arguments(field.arguments, names, field.name, path)
    condition = primary_key_condition(context, table, arguments, at_key(path, "args"))
    rows = Rows(table, where=condition)
    return SelectRoot(field.key, Select(rows, compile_fields(context, field.selections, table, path)), True)


def _function(context: Context, root: RootField, function: FunctionType, field: Field, path: str) -> Root:
    allowed = {*ROWS_ARGUMENTS, ARGS} if function.inputs else ROWS_ARGUMENTS
    arguments = context.arguments(field.arguments, dict.fromkeys(allowed), field.name, path)
    call = compile_call(context, function, arguments, path)
    rows = compile_rows(context, function.table, arguments, path, call=call)
    if root.kind == "function_aggregate":
        return AggregateRoot(
            field.key, compile_aggregate(context, function.table, rows, field.selections, path)
        )
    select = Select(rows, compile_fields(context, field.selections, function.table, path))
    return SelectRoot(field.key, select, not function.returns_set)
