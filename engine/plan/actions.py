"""Action fields and their arguments.

In: an action field of the document. Out: `ActionRoot` with two closures: `read` makes the coerced arguments of
one request, `project` (see `action_output`) fits the handler's answer to the selection. What is written in the document is checked here against actions.graphql; values of variables when they arrive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import VariableNode

from lictor.engine.errors import at_index, at_key, uncoercible
from lictor.engine.expressions import ListOf, ObjectOf, Source, VariableAt
from lictor.engine.plan.action_output import compile_output
from lictor.engine.plan.context import Context, missing_field, not_found
from lictor.engine.plan.nodes import ActionRoot, ReadArguments
from lictor.engine.plan.selection import Field
from lictor.engine.plan.sources import Fetch, fetcher
from lictor.engine.plan.values import Raw, Value, whole_source
from lictor.engine.request.variables import ABSENT
from lictor.engine.schema.action_types import ActionTypes
from lictor.engine.schema.coercion import Coerce, Mismatch
from lictor.engine.schema.gtypes import GType
from lictor.engine.schema.model import ActionField

_LITERAL_KINDS = {
    "Int": ("a 32-bit integer", ("int",)),
    "Float": ("a float", ("int", "float")),
    "String": ("a string", ("string",)),
    "Boolean": ("a boolean", ("bool",)),
    "ID": ("a String or a 32-bit integer", ("string", "int")),
}


def compile_action(context: Context, action: ActionField, field: Field, path: str) -> ActionRoot:
    """One action field. `path` is that of the field."""
    read = _compile_arguments(context, action, field, path)
    output = compile_output(context, action, field, path)
    return ActionRoot(field.key, action, read, output.project, output.joins)


def _compile_arguments(context: Context, action: ActionField, field: Field, path: str) -> ReadArguments:
    given = context.arguments(field.arguments, action.arguments, field.name, path)
    declared = action.types.signatures[action.action.name].arguments
    args_path = at_key(path, "args")
    readers: list[tuple[str, str, Fetch, Coerce | None]] = []
    for name, argument in declared.items():
        here = at_key(args_path, name)
        raw = given.get(name)
        if raw is not None:
            source = _Checker(context, action.types).check(raw, argument.type, here, argument.has_default)
            readers.append((name, here, fetcher(source), action.coercers.nullable(argument.type)))
        elif argument.required:
            raise missing_field(name, here)
    defaults = {name: argument.default for name, argument in declared.items() if argument.has_default}
    required = [name for name, argument in declared.items() if argument.required]

    def read(variables: Mapping[str, Any], literals: tuple[Any, ...]) -> dict[str, Any]:
        arguments = dict(defaults) if defaults else {}
        for name, here, fetch, coerce in readers:
            value = fetch(variables, literals)
            if value is ABSENT:
                continue
            if coerce is not None:
                try:
                    value = coerce(value)
                except Mismatch as mismatch:
                    raise mismatch.failure(here) from None
                except RecursionError:
                    raise uncoercible("the value is nested too deeply", here) from None
            arguments[name] = value
        for name in required:
            if name not in arguments:
                raise missing_field(name, at_key(args_path, name))
        return arguments

    return read


class _Checker:
    """Checks what is written in the document against the input types; variables by their declared type."""

    def __init__(self, context: Context, types: ActionTypes) -> None:
        self.context = context
        self.types = types

    def check(self, raw: Raw, expected: GType, path: str, has_default: bool = False) -> Source:
        """The source of the argument's value."""
        node = raw.node
        if isinstance(node, VariableNode) and node.name.value in self.context.operation.variables:
            # only for the check of its type: the plan does not depend on the value
            self.context.reader.read(raw, expected, path, has_default=has_default)
            return VariableAt(node.name.value)
        value = self.context.reader.read(raw, expected, path)
        assert value is not None
        if value.is_null:
            if expected.non_null:
                raise uncoercible(f"unexpected null value for type '{expected.base}'", path)
            return whole_source(self.context.reader, value, expected, path)
        if expected.inner is not None:
            return self._list(value, expected.inner, path)
        if expected.name in self.types.inputs:
            return self._object(value, expected.name, path)
        self._leaf(value, expected.name, path)
        return whole_source(self.context.reader, value, expected, path)

    def _list(self, value: Value, inner: GType, path: str) -> Source:
        if value.kind != "list":
            return whole_source(self.context.reader, value, inner, path)
        if value.data is None:  # a lifted list of strings
            self._leaf(Value("string", None, value.source, False), inner.name, at_index(path, 0))
            assert value.source is not None
            return value.source
        return ListOf(tuple(self.check(item, inner, at_index(path, i)) for i, item in enumerate(value.data)))

    def _object(self, value: Value, name: str, path: str) -> Source:
        fields = self.types.inputs[name]
        items: list[tuple[str, Source]] = []
        for key, raw in self.context.pairs(value, name, path):
            if key not in fields:
                raise not_found(key, name, path)
            items.append((key, self.check(raw, fields[key].type, at_key(path, key), fields[key].has_default)))
        given = {key for key, _ in items}
        for key, field in fields.items():
            if field.required and key not in given:
                raise missing_field(key, at_key(path, key))
        return ObjectOf(tuple(items))

    def _leaf(self, value: Value, name: str, path: str) -> None:
        if name in self.types.enums:
            self.context.enum(value, name, self.types.enums[name], path)
        elif name in _LITERAL_KINDS and name not in self.types.scalars:
            expected, kinds = _LITERAL_KINDS[name]
            if value.kind not in kinds:
                raise uncoercible(f"expected {expected} for type '{name}', but found {value.noun}", path)
        elif name in self.types.inputs:
            raise uncoercible(f"expected an object for type '{name}', but found {value.noun}", path)
