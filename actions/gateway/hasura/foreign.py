"""Documents that this release's metadata do not know: what the gateway has to know of one before a Hasura judges it.

A Hasura may show more than Lictor's metadata: tables and actions that somebody has added to it. A text comes in; its
kind, its depth and the variables it uses go out. Never checks names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    parse,
    visit,
)

MAX_TOKENS = 100_000


@dataclass(frozen=True)
class Foreign:
    """What is in the text."""

    kind: Literal["query", "mutation", "subscription"]
    depth: int
    used_variables: frozenset[str]


def read(query: str, operation_name: str | None) -> Foreign | None:
    """None where the text is no document, or names no operation, so that nobody else need be asked."""
    try:
        document = parse(query, no_location=True, max_tokens=MAX_TOKENS)
        operation = _operation(document, operation_name)
        if operation is None:
            return None
        fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        depth = _Depths(fragments).of(operation.selection_set)
        variables = _Variables()
        for node in (operation.selection_set, *operation.directives, *fragments.values()):
            visit(node, variables)
    except (GraphQLError, RecursionError):
        return None
    declared = {node.variable.name.value for node in operation.variable_definitions}
    return Foreign(operation.operation.value, depth - 1, frozenset(variables.names & declared))


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is not None:
        found = [node for node in found if node.name is not None and node.name.value == name]
    return found[0] if len(found) == 1 else None


class _Variables(Visitor):
    """The names of the variables in use."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names.add(node.name.value)


class _Depths:
    """Levels of selections; of each fragment counted once, however often it is spread."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        # A fragment that spreads itself is refused by whoever judges the document.
        self._known: dict[str, int] = {}

    def of(self, selections: SelectionSetNode) -> int:
        deepest = 0
        for node in selections.selections:
            if isinstance(node, FieldNode):
                below = 1 + (self.of(node.selection_set) if node.selection_set else 0)
            elif isinstance(node, InlineFragmentNode):
                below = self.of(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                below = self._fragment(node.name.value)
            else:  # there are no others
                below = 0
            deepest = max(deepest, below)
        return deepest

    def _fragment(self, name: str) -> int:
        if name not in self._known:
            self._known[name] = 0
            if name in self._fragments:
                self._known[name] = self.of(self._fragments[name].selection_set)
        return self._known[name]
