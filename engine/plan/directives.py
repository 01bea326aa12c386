"""Directives of operations, fields and fragments.

In: directive nodes and the place they stand at. Out: whether a selection is included. Raises GraphQLFailure with
Hasura's texts for a directive that is unknown, stands where it may not, is repeated, or has wrong arguments.
Never: gives @cached an effect (it is Hasura Cloud's; here it says nothing about the data).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import DirectiveNode, FieldNode, SelectionNode

from lictor.engine.errors import at_key, invalid, uncoercible
from lictor.engine.plan.context import BOOLEAN, INT, Context
from lictor.engine.plan.values import Value
from lictor.engine.schema.gtypes import GType

SELECTIONS = frozenset({"a field", "an inline fragment"})


@dataclass(frozen=True, slots=True)
class Directive:
    """`arguments` by name; `defaults` says that all of them may be left out."""

    places: frozenset[str]
    arguments: dict[str, GType]
    defaults: bool = False


DIRECTIVES = {
    "include": Directive(SELECTIONS, {"if": BOOLEAN.required}),
    "skip": Directive(SELECTIONS, {"if": BOOLEAN.required}),
    "cached": Directive(frozenset({"a query"}), {"ttl": INT.required, "refresh": BOOLEAN.required}, True),
    # not in introspection; Hasura's own tests use it
    "_multiple_top_level_fields": Directive(frozenset({"a subscription"}), {}),
}


def check_operation(context: Context) -> None:
    """The directives of the operation itself."""
    operation = context.operation
    _read(context, operation.node.directives or (), f"a {operation.kind}", "$")


def included(context: Context, node: SelectionNode, path: str) -> bool:
    """Do @include and @skip leave the selection in? While a document is only checked, everything stays in."""
    place = "a field" if isinstance(node, FieldNode) else "an inline fragment"
    conditions = _read(context, node.directives or (), place, path)
    found = True
    for name, value in conditions:
        if value.kind != "opaque" and name in ("include", "skip"):
            found = found and value.data == (name == "include")
    return found


def _read(
    context: Context, directives: Sequence[DirectiveNode], place: str, path: str
) -> list[tuple[str, Value]]:
    """The values of all arguments, each with its directive's name."""
    found: list[tuple[str, Value]] = []
    seen: set[str] = set()
    repeated: set[str] = set()
    for node in directives:
        name = node.name.value
        known = DIRECTIVES.get(name)
        if known is None:
            raise invalid(f"directive '{name}' is not defined in the schema", path)
        if place not in known.places:
            raise invalid(f"directive '{name}' is not allowed on {place}", path)
        found += [(name, value) for value in _arguments(context, node, known, at_key(path, name))]
        if name in seen:
            repeated.add(name)
        seen.add(name)
    if repeated:
        raise invalid(f"the following directives are used more than once: {sorted(repeated)!r}", path)
    return found


def _arguments(context: Context, node: DirectiveNode, known: Directive, path: str) -> list[Value]:
    given = context.arguments(node.arguments or (), known.arguments, node.name.value, path)
    found = []
    path = at_key(path, "args")
    for name, expected in known.arguments.items():
        here = at_key(path, name)
        raw = given.get(name)
        value = None if raw is None else context.reader.read(raw, expected, here, has_default=known.defaults)
        if value is None:
            if not known.defaults:
                raise invalid(f"missing required field '{name}'", here)
            continue
        _check(value, expected, here)
        found.append(value)
    return found


def _check(value: Value, expected: GType, path: str) -> None:
    kinds = ("bool", "opaque") if expected.base == "Boolean" else ("int", "opaque")
    if value.kind not in kinds:
        wanted = "a boolean" if expected.base == "Boolean" else "a 32-bit integer"
        raise uncoercible(f"expected {wanted} for type '{expected.base}', but found {value.noun}", path)
