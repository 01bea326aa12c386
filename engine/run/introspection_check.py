"""What an introspection selection may be.

In: `__schema` or `__type` as selected, the fragments. Out: nothing, or GraphQLFailure with the texts other fields have.
A selection may not ask for much more than the whole schema once: nested `types { fields { type { fields …` grow
with a power of the schema's size.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from functools import lru_cache

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    get_named_type,
    introspection_types,
    parse,
)

from lictor.engine.errors import at_key, invalid

Fragments = Mapping[str, FragmentDefinitionNode]
# How many items a list of the schema has, roughly; `types` has as many as the schema has types.
_ITEMS = {"fields": 10, "inputFields": 10, "enumValues": 10, "possibleTypes": 3, "args": 3, "directives": 3}
_MANY = {"types"}
# Of what graphql-core's own introspection query (all its options on) asks for.
MOST = 4
_ROOTS = {"__schema": "__Schema", "__type": "__Type"}
_ROOT_ARGUMENTS = {"__schema": frozenset[str](), "__type": frozenset({"name"})}


def check_introspection(nodes: list[FieldNode], fragments: Fragments, types: int) -> None:
    """Raises GraphQLFailure for what is wrong with the fields `__schema` and `__type` of one operation."""
    checker = _Checker(fragments, types)
    asked = 0
    for node in nodes:
        name = node.name.value
        root = introspection_types[_ROOTS[name]]
        assert isinstance(root, GraphQLObjectType)
        here = at_key("$.selectionSet", name)
        checker.arguments(node, _ROOT_ARGUMENTS[name], here)
        if name == "__type" and not node.arguments:
            raise invalid("missing required field 'name'", f"{here}.args.name")
        asked += checker.field(node, root, here)
    if asked > MOST * _whole(types):
        raise invalid(f"the introspection asks for more than {MOST} times the whole schema", "$.selectionSet")


@lru_cache(maxsize=8)
def _whole(types: int) -> int:
    document = parse(get_introspection_query(specified_by_url=True, input_value_deprecation=True))
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    root = introspection_types["__Schema"]
    assert isinstance(root, GraphQLObjectType)
    nodes = [node for node in operation.selection_set.selections if isinstance(node, FieldNode)]
    return sum(_Checker(fragments, types).field(node, root, "") for node in nodes)


class _Checker:
    def __init__(self, fragments: Fragments, types: int) -> None:
        self.fragments = fragments
        self.types = types

    def field(self, node: FieldNode, output: GraphQLObjectType, path: str) -> int:
        """Checks what is selected of `output`; about how many values it answers."""
        here = f"{path}.selectionSet"
        if node.selection_set is None:
            raise invalid(f"missing selection set for '{output.name}'", here)
        asked = 0
        for child in self._flat(node.selection_set, output.name):
            name = child.name.value
            if name == "__typename":
                asked += 1
                continue
            known = output.fields.get(name)
            below = at_key(here, name)
            if known is None:
                raise invalid(f"field '{name}' not found in type: '{output.name}'", below)
            self.arguments(child, known.args.keys(), below)
            inner = get_named_type(known.type)
            if isinstance(inner, GraphQLObjectType):
                items = self.types if name in _MANY else _ITEMS.get(name, 1)
                asked += 1 + items * self.field(child, inner, below)
            elif child.selection_set is not None:
                raise invalid("unexpected subselection set for non-object field", below)
            else:
                asked += 1
        return asked

    def _flat(self, selections: SelectionSetNode, type_name: str) -> Iterator[FieldNode]:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                if condition is None or condition.name.value == type_name:
                    yield from self._flat(node.selection_set, type_name)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                if fragment.type_condition.name.value == type_name:
                    yield from self._flat(fragment.selection_set, type_name)

    @staticmethod
    def arguments(node: FieldNode, allowed: Container[str], path: str) -> None:
        for argument in node.arguments:
            name = argument.name.value
            if name not in allowed:
                raise invalid(f"'{node.name.value}' has no argument named '{name}'", path)
