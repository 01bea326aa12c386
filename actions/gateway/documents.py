"""The root fields of a document: for error answers and the audit trail, never on the way of a good query.

A document that the engine has accepted comes in; response keys with their places, or one document per root
field, go out. Never checks a document against a schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Visitor,
    parse,
    print_ast,
    value_from_ast_untyped,
    visit,
)
from graphql.language import get_location


class RootField(NamedTuple):
    """A field of the operation's root: the key of its answer, its name and its place in the document."""

    key: str
    name: str
    locations: list[dict[str, int]]


def root_fields(query: str, operation_name: str | None = None) -> list[RootField]:
    """The root fields in the order of their answers; empty when the document cannot be read."""
    read = _read(query, operation_name)
    if read is None:
        return []
    operation, fragments = read
    nodes: dict[str, FieldNode] = {}
    _collect_nodes(operation.selection_set, {node.name.value: node for node in fragments}, nodes, set())
    return [RootField(key, node.name.value, _locations(node)) for key, node in nodes.items()]


class RootMutation(NamedTuple):
    """A root field of a mutation, and its arguments as far as they can be read without a schema."""

    key: str
    name: str
    arguments: dict[str, Any]


def root_mutations(
    query: str, variables: Mapping[str, Any], operation_name: str | None
) -> list[RootMutation]:
    """The root fields of a mutation; none of what is no mutation, or cannot be read."""
    read = _read(query, operation_name)
    if read is None or read[0].operation is not OperationType.MUTATION:
        return []
    operation, fragments = read
    nodes: dict[str, FieldNode] = {}
    _collect_nodes(operation.selection_set, {node.name.value: node for node in fragments}, nodes, set())
    return [
        RootMutation(
            key,
            node.name.value,
            {
                argument.name.value: value_from_ast_untyped(argument.value, dict(variables))
                for argument in node.arguments
            },
        )
        for key, node in nodes.items()
        if not node.name.value.startswith("__")
    ]


def split_by_root(query: str, operation_name: str | None = None) -> list[tuple[str, str]]:
    """(key, document) for each root field, every document asking for that one field only.

    Empty when the operation has fewer than two root fields, or fields behind fragments or repeated keys, whose
    meaning depends on their neighbours.
    """
    read = _read(query, operation_name)
    if read is None:
        return []
    operation, fragments = read
    fields = [node for node in operation.selection_set.selections if isinstance(node, FieldNode)]
    keys = [_key(node) for node in fields]
    if len(fields) < 2 or len(set(keys)) < len(operation.selection_set.selections):
        return []
    parts = []
    for key, field in zip(keys, fields, strict=True):
        alone = copy(operation)
        alone.selection_set = SelectionSetNode(selections=(field,))
        document = DocumentNode(definitions=(alone, *_used(field, fragments)))
        parts.append((key, print_ast(document)))
    return parts


def _read(
    query: str, operation_name: str | None
) -> tuple[OperationDefinitionNode, list[FragmentDefinitionNode]] | None:
    try:
        document = parse(query)
    except (GraphQLError, RecursionError):
        return None
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    named = [
        node for node in operations if operation_name and node.name and node.name.value == operation_name
    ]
    chosen = named or operations
    if not chosen:
        return None
    return chosen[0], [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]


def _used(field: FieldNode, fragments: list[FragmentDefinitionNode]) -> list[FragmentDefinitionNode]:
    """The fragments that `field` reaches; unused ones make a document invalid."""
    by_name = {node.name.value: node for node in fragments}
    used: dict[str, FragmentDefinitionNode] = {}
    waiting: list[FieldNode | FragmentDefinitionNode] = [field]
    while waiting:
        spreads = _Spreads()
        visit(waiting.pop(), spreads)
        for name in spreads.names - used.keys():
            if name in by_name:
                used[name] = by_name[name]
                waiting.append(by_name[name])
    return list(used.values())


class _Spreads(Visitor):
    """Collects the names of spread fragments."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        self.names.add(node.name.value)


def _key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value


def _collect_nodes(
    selections: SelectionSetNode,
    fragments: dict[str, FragmentDefinitionNode],
    found: dict[str, FieldNode],
    seen: set[str],
) -> None:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            found.setdefault(_key(node), node)
        elif isinstance(node, InlineFragmentNode):
            _collect_nodes(node.selection_set, fragments, found, seen)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
            seen.add(node.name.value)
            if node.name.value in fragments:
                _collect_nodes(fragments[node.name.value].selection_set, fragments, found, seen)


def _locations(node: FieldNode) -> list[dict[str, int]]:
    if node.loc is None:
        return []
    place = get_location(node.loc.source, node.loc.start)
    return [{"line": place.line, "column": place.column}]


def place_of(fields: list[RootField], key: str) -> dict[str, Any]:
    """`path` and `locations` of an error at the root field `key`."""
    for field in fields:
        if key in (field.key, field.name):
            return {"locations": field.locations, "path": [field.key]}
    return {"path": [key]}


def root_key(item: dict[str, Any]) -> str | None:
    """The root field that an error of the engine speaks of; Hasura writes `$.selectionSet.<field>…`."""
    path = item.get("path")
    if isinstance(path, list) and path:
        return str(path[0])
    place = (item.get("extensions") or {}).get("path")
    if isinstance(place, str) and place.startswith("$.selectionSet."):
        return place.removeprefix("$.selectionSet.").split(".", 1)[0].split("[", 1)[0]
    return None
