"""The custom types of actions: input objects, enums, scalars, output objects.

In: the metadata's custom types and actions. Out: `ActionTypes`, dictionaries by name, and the signature of every
action, as they are written: `action_check` says what of it can be served.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lictor.engine.metadata.model import Metadata, TypedName
from lictor.engine.schema.action_relationships import OutputRelationships
from lictor.engine.schema.gtypes import GType, from_node


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
    relationships: OutputRelationships = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """Every name these types define."""
        return frozenset((*self.inputs, *self.enums, *self.scalars, *self.objects))


def read_action_types(metadata: Metadata) -> ActionTypes:
    """All custom types and action signatures, as they are written."""
    declared = metadata.custom_types
    return ActionTypes(
        inputs={one.name: _inputs(one.fields) for one in declared.input_objects},
        enums={one.name: tuple(value.name for value in one.values) for one in declared.enums},
        scalars=frozenset(one.name for one in declared.scalars),
        objects={
            one.name: {field.name: from_node(field.type) for field in one.fields} for one in declared.objects
        },
        signatures={
            action.name: Signature(action.root, _inputs(action.arguments), from_node(action.output_type))
            for action in metadata.actions
        },
        descriptions={
            one.name: one.description
            for one in (*declared.input_objects, *declared.objects, *declared.enums, *declared.scalars)
            if one.description
        }
        | {
            f"{one.name}.{value.name}": value.description
            for one in declared.enums
            for value in one.values
            if value.description
        },
    )


def _inputs(declared: Iterable[TypedName]) -> dict[str, InputField]:
    return {
        one.name: InputField(from_node(one.type), one.default, one.has_default, one.description)
        for one in declared
    }
