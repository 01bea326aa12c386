"""Argument values as the compiler sees them, whether written in the document or inside a variable.

In: AST value nodes, and the variables of the request. Out: `Value`s: kind, children, and the `Source` the
value is read from when the plan runs. Variables are type-checked where they are used, with Hasura's texts.
Never: converts a scalar; the plan must stay valid for every request with the same key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
)

from lictor.engine.errors import invalid, uncoercible
from lictor.engine.expressions import Constant, ListOf, LiteralAt, ObjectOf, Source, VariableAt
from lictor.engine.request.document import Declared
from lictor.engine.request.lexer import PLACEHOLDER
from lictor.engine.request.variables import ABSENT
from lictor.engine.schema.gtypes import GType

# "opaque": a variable of unknown value, while a document is checked without its variables.
ValueKind = Literal["null", "bool", "enum", "int", "float", "string", "list", "object", "opaque"]
PLACEHOLDER_KINDS: dict[str, ValueKind] = {"s": "string", "i": "int", "f": "float", "l": "list"}

_LITERAL_NOUNS = {
    "null": "null", "bool": "a boolean", "enum": "an enum value", "int": "an integer", "float": "a float",
    "string": "a string", "list": "a list", "object": "an object",
}  # fmt: skip
_JSON_NOUNS = _LITERAL_NOUNS | {"int": "a number", "float": "a number"}


@dataclass(slots=True)
class Raw:
    """A child not yet read: an AST node, or a JSON value inside a variable."""

    node: ValueNode | None
    json: Any = None
    source: VariableAt | None = None


@dataclass(slots=True)
class Value:
    """`data`: bool, enum name, JSON string, list of Raw or pairs of (key, Raw), by kind. `from_json`: from a
    variable. A list whose `data` is None is a lifted list of strings."""

    kind: ValueKind
    data: Any
    source: Source | None
    from_json: bool

    @property
    def noun(self) -> str:
        """What it is, in an error text."""
        return (_JSON_NOUNS if self.from_json else _LITERAL_NOUNS).get(self.kind, "a value")

    @property
    def is_null(self) -> bool:
        return self.kind == "null"


class ValueReader:
    """Reads values of one request (or, for a check without variables, of any)."""

    def __init__(self, declared: Mapping[str, Declared], variables: Mapping[str, Any] | None) -> None:
        self.declared = declared
        self.variables = variables

    def read(self, raw: Raw, expected: GType, path: str, *, has_default: bool = False) -> Value | None:
        """The value at `raw`, or None if it is a variable that has no value (an argument left out)."""
        node = raw.node
        if node is None:
            return _json_value(raw.json, raw.source)
        if isinstance(node, VariableNode):
            return self._variable(node.name.value, expected, path, has_default)
        return _literal(node)

    def json(self, value: Any, source: VariableAt) -> Value:
        """A JSON value that came with the request."""
        return _json_value(value, source)

    def _variable(self, name: str, expected: GType, path: str, has_default: bool) -> Value | None:
        declared = self.declared.get(name)
        if declared is None:
            if lifted := PLACEHOLDER.fullmatch(name):
                return Value(PLACEHOLDER_KINDS[lifted[1]], None, LiteralAt(int(lifted[2])), False)
            raise invalid(f'unbound variable "{name}"', path)
        default = declared.default
        covered = has_default or (default is not None and not isinstance(default, NullValueNode))
        if not expected.accepts(declared.type, covered):
            raise invalid(
                f"variable '{name}' is declared as '{declared.type}', but used where '{expected}' is expected",
                path,
            )
        if self.variables is None:
            return Value("opaque", None, VariableAt(name), True)
        value = self.variables.get(name, ABSENT)
        return None if value is ABSENT else _json_value(value, VariableAt(name))


def _json_value(value: Any, source: VariableAt | None) -> Value:
    assert source is not None
    if value is None:
        return Value("null", None, source, True)
    kind = type(value)
    if kind is bool:
        return Value("bool", value, source, True)
    if kind is str:
        return Value("string", value, source, True)
    if kind is int:
        return Value("int", None, source, True)
    if kind is float:
        return Value("float", None, source, True)
    if isinstance(value, list):
        items = [Raw(None, v, VariableAt(source.name, (*source.path, i))) for i, v in enumerate(value)]
        return Value("list", items, source, True)
    if isinstance(value, dict):
        pairs = [(k, Raw(None, v, VariableAt(source.name, (*source.path, k)))) for k, v in value.items()]
        return Value("object", pairs, source, True)
    raise uncoercible(f"variable '{source.name}' holds a value that is not JSON", "$.variables")


def _literal(node: ValueNode) -> Value:
    if isinstance(node, NullValueNode):
        return Value("null", None, Constant(None, "null"), False)
    if isinstance(node, BooleanValueNode):
        return Value("bool", node.value, Constant(node.value, str(node.value)), False)
    if isinstance(node, EnumValueNode):
        return Value("enum", node.value, Constant(node.value, "enum " + node.value), False)
    if isinstance(node, ListValueNode):
        return Value("list", [Raw(item) for item in node.values], None, False)
    if isinstance(node, ObjectValueNode):
        return Value("object", [(f.name.value, Raw(f.value)) for f in node.fields], None, False)
    if isinstance(node, IntValueNode):
        return Value("int", None, Constant(int(node.value), node.value), False)
    if isinstance(node, FloatValueNode):
        return Value("float", None, Constant(float(node.value), "float " + node.value), False)
    assert isinstance(node, StringValueNode)
    return Value("string", node.value, Constant(node.value, "string " + node.value), False)


def whole_source(reader: ValueReader, value: Value, expected: GType, path: str) -> Source:
    """A source of the whole value, whatever its structure: for JSON operands and lists of operands.

    Variables inside a JSON literal may have any type, as in Hasura.
    """
    if value.source is not None:
        return value.source
    if value.kind == "list":
        children = [_child(reader, raw, expected, path) for raw in value.data]
        return ListOf(tuple(child for child in children if child is not None))
    pairs = [(key, _child(reader, raw, expected, path)) for key, raw in value.data]
    return ObjectOf(tuple((key, child) for key, child in pairs if child is not None))


def _child(reader: ValueReader, raw: Raw, expected: GType, path: str) -> Source | None:
    if isinstance(raw.node, VariableNode) and raw.node.name.value in reader.declared:
        expected = reader.declared[raw.node.name.value].type
    value = reader.read(raw, expected, path)
    return None if value is None else whole_source(reader, value, expected, path)
