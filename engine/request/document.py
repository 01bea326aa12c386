"""Parses a document and picks the operation.

In: the (literal-free) text and an operation name. Out: `Operation`: its kind, AST, fragments, declared
variables and depth. Raises GraphQLFailure: kind "syntax" when the text does not parse, "validation" when the
operation cannot be picked, a fragment is undefined or fragments form a cycle. Never: looks at a schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    parse,
)

from lictor.engine.errors import GraphQLFailure, invalid
from lictor.engine.schema.gtypes import GType, from_node

OperationKind = Literal["query", "mutation", "subscription"]
QUERY_PATH = "$.query"


@dataclass(frozen=True, slots=True)
class Declared:
    """One variable definition."""

    name: str
    type: GType
    default: ValueNode | None


@dataclass(frozen=True, eq=False)
class Operation:
    """`depth` counts fields below the root ones (`{ flow { id } }` is 1); introspection fields do not count."""

    kind: OperationKind
    node: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    variables: dict[str, Declared]
    depth: int


def read_operation(
    text: str, operation_name: str | None, original: str, max_depth: int
) -> tuple[Operation, str]:
    """The operation to run, and the text it was read from.

    That is `original`, the text before lifting, if the lifted one does not parse: a default value of a variable
    must be a literal, and the positions in syntax errors are those of the original.
    """
    _check_nesting(text, max_depth)
    try:
        document = parse(text, no_location=True)
    except GraphQLSyntaxError as error:
        if text != original:
            return read_operation(original, operation_name, original, max_depth)
        raise _syntax_failure(error) from error
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    node = _pick(document, operation_name)
    variables: dict[str, Declared] = {}
    for definition in node.variable_definitions or ():
        name = definition.variable.name.value
        if name in variables:
            raise GraphQLFailure.of(f'multiple definitions for variable "{name}"', code="parse-failed")
        variables[name] = Declared(name, from_node(definition.type), definition.default_value)
    depth = _Depth(fragments, max_depth).of(node.selection_set)
    return Operation(node.operation.value, node, fragments, variables, depth), text


def _check_nesting(text: str, max_depth: int) -> None:
    """Refuses what would overflow the recursive parser, in linear time."""
    if text.count("{") + text.count("[") <= max_depth:
        return
    depth = 0
    for character in text:
        if character in "{[(":
            depth += 1
            if depth > 2 * max_depth:
                raise invalid(f"the document is nested deeper than {max_depth} levels", QUERY_PATH)
        elif character in "}])":
            depth -= 1


def _syntax_failure(error: GraphQLSyntaxError) -> GraphQLFailure:
    where = ""
    if error.locations:
        where = f" (line {error.locations[0].line}, column {error.locations[0].column})"
    message = f"not a valid graphql query: {error.message.removeprefix('Syntax Error: ')}{where}"
    return GraphQLFailure.of(message, path=QUERY_PATH, kind="syntax")


def _pick(document: DocumentNode, operation_name: str | None) -> OperationDefinitionNode:
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if operation_name:
        for operation in operations:
            if operation.name is not None and operation.name.value == operation_name:
                return operation
        raise invalid(f'no such operation found in the document: "{operation_name}"', "$")
    if len(operations) == 1:
        return operations[0]
    raise invalid(
        "exactly one operation has to be present in the document when operationName is not specified", "$"
    )


class _Depth:
    """Depth of a selection set through fragments, and the check that fragments exist and form no cycle."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode], limit: int) -> None:
        self.fragments = fragments
        self.limit = limit
        self.known: dict[str, int] = {}
        self.open: list[str] = []

    def of(self, selections: SelectionSetNode, level: int = 0) -> int:
        if level > self.limit:
            raise invalid(f"the operation is nested deeper than {self.limit} levels", QUERY_PATH)
        deepest = 0
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                if selection.selection_set is not None and not selection.name.value.startswith("__"):
                    deepest = max(deepest, 1 + self.of(selection.selection_set, level + 1))
            elif isinstance(selection, InlineFragmentNode):
                deepest = max(deepest, self.of(selection.selection_set, level + 1))
            elif isinstance(selection, FragmentSpreadNode):
                deepest = max(deepest, self._fragment(selection.name.value, level + 1))
        return deepest

    def _fragment(self, name: str, level: int) -> int:
        if name in self.known:
            return self.known[name]
        if name in self.open:
            names = ", ".join(self.open[self.open.index(name) :])
            raise invalid(f"the fragment definition(s) {names} form a cycle", "$.selectionSet")
        fragment = self.fragments.get(name)
        if fragment is None:
            raise invalid(f'reference to undefined fragment "{name}"', "$.selectionSet")
        self.open.append(name)
        self.known[name] = self.of(fragment.selection_set, level)
        self.open.pop()
        return self.known[name]
