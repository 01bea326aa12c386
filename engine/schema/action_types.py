"""The custom types of actions: input objects, enums, scalars, output objects.

In: the parsed actions.graphql. Out: `ActionTypes`, dictionaries by name, and the signature of every action.
Raises ValueError naming the type when a field refers to a type that nobody defines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    value_from_ast_untyped,
)

from lictor.engine.schema.gtypes import GType, from_node
from lictor.engine.schema.scalars import BUILTIN_SCALARS

ROOTS = {"Query": "query", "Mutation": "mutation"}


@dataclass(frozen=True, slots=True)
class InputField:
    type: GType
    default: Any
    has_default: bool
    description: str | None

    @property
    def required(self) -> bool:
        return self.type.non_null and not self.has_default


@dataclass(frozen=True, slots=True)
class Signature:
    """An action's arguments and output type, and the root it stands under."""

    root: str
    arguments: Mapping[str, InputField]
    output: GType


@dataclass(frozen=True)
class ActionTypes:
    """Custom types by name. A name in none of them is a scalar known to Postgres or GraphQL."""

    inputs: Mapping[str, Mapping[str, InputField]] = field(default_factory=dict)
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scalars: frozenset[str] = frozenset()
    objects: Mapping[str, Mapping[str, GType]] = field(default_factory=dict)
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """Every name these types define."""
        return frozenset((*self.inputs, *self.enums, *self.scalars, *self.objects))


def read_action_types(document: DocumentNode | None, known_scalars: frozenset[str]) -> ActionTypes:
    """All custom types and action signatures of actions.graphql."""
    if document is None:
        return ActionTypes()
    inputs: dict[str, Mapping[str, InputField]] = {}
    enums: dict[str, tuple[str, ...]] = {}
    scalars: set[str] = set()
    objects: dict[str, dict[str, GType]] = {}
    signatures: dict[str, Signature] = {}
    descriptions: dict[str, str] = {}
    for node in document.definitions:
        name = node.name.value if getattr(node, "name", None) else ""  # pyright: ignore[reportAttributeAccessIssue]
        if description := getattr(node, "description", None):
            descriptions[name] = description.value
        if isinstance(node, (ObjectTypeDefinitionNode, ObjectTypeExtensionNode)):
            if name in ROOTS:
                for f in node.fields:
                    signatures[f.name.value] = Signature(ROOTS[name], _fields(f.arguments), from_node(f.type))
            else:
                objects.setdefault(name, {}).update({f.name.value: from_node(f.type) for f in node.fields})
        elif isinstance(node, (InputObjectTypeDefinitionNode, InputObjectTypeExtensionNode)):
            inputs[name] = {**inputs.get(name, {}), **_fields(node.fields)}
        elif isinstance(node, EnumTypeDefinitionNode):
            enums[name] = tuple(value.name.value for value in node.values)
        elif isinstance(node, ScalarTypeDefinitionNode):
            scalars.add(name)
    types = ActionTypes(inputs, enums, frozenset(scalars), objects, signatures, descriptions)
    _check(types, known_scalars)
    return types


def _fields(nodes: Iterable[Any]) -> dict[str, InputField]:
    fields = {}
    for node in nodes:
        has_default = node.default_value is not None
        fields[node.name.value] = InputField(
            type=from_node(node.type),
            default=value_from_ast_untyped(node.default_value) if has_default else None,
            has_default=has_default,
            description=node.description.value if node.description else None,
        )
    return fields


def _check(types: ActionTypes, known_scalars: frozenset[str]) -> None:
    scalars = types.scalars | known_scalars | BUILTIN_SCALARS
    usable_in = scalars | set(types.inputs) | set(types.enums)
    usable_out = scalars | set(types.objects) | set(types.enums)
    for owner, fields in types.inputs.items():
        for name, input_field in fields.items():
            if input_field.type.base not in usable_in:
                raise ValueError(f"{owner}.{name}: no input type named {input_field.type.base!r}")
    for owner, fields in types.objects.items():
        for name, output in fields.items():
            if output.base not in usable_out:
                raise ValueError(f"{owner}.{name}: no output type named {output.base!r}")
    for action, signature in types.signatures.items():
        for name, argument in signature.arguments.items():
            if argument.type.base not in usable_in:
                raise ValueError(f"{action}({name}:): no input type named {argument.type.base!r}")
        if signature.output.base not in usable_out:
            raise ValueError(f"{action}: no output type named {signature.output.base!r}")
