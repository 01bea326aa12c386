"""The custom types of actions: input objects, enums, scalars, output objects.

In: the metadata's custom types and actions. Out: `ActionTypes`, dictionaries by name, and the signature of every
action. `without_dangling` says what of it can be served.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from lictor.engine.metadata.model import Action, CustomType, Metadata, TypedName
from lictor.engine.schema.gtypes import GType, from_node
from lictor.engine.schema.scalars import BUILTIN_SCALARS


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
        },
    )


def _inputs(declared: Iterable[TypedName]) -> dict[str, InputField]:
    return {
        one.name: InputField(from_node(one.type), one.default, one.has_default, one.description)
        for one in declared
    }


def without_dangling(
    types: ActionTypes, metadata: Metadata, known_scalars: frozenset[str]
) -> tuple[ActionTypes, list[tuple[CustomType | Action, str]]]:
    """The types that hold together, and what was left out because it names a type that nobody defines.

    One that leans on another that is left out is left out too.
    """
    scalars = types.scalars | known_scalars | BUILTIN_SCALARS | set(types.enums)
    inputs, objects = dict(types.inputs), dict(types.objects)
    left_out: list[tuple[CustomType | Action, str]] = []
    complete = False
    while not complete:
        complete = True
        for one in (*metadata.custom_types.input_objects, *metadata.custom_types.objects):
            kept = inputs if one.name in inputs else objects
            if one.name in kept and (missing := _dangling(kept[one.name], scalars | set(kept))):
                field, base = missing
                left_out.append(
                    (one, f"the type of the field {field!r} of {one.name!r}, {base!r}, is not defined")
                )
                del kept[one.name]
                complete = False
    signatures: dict[str, Signature] = {}
    for action in metadata.actions:
        signature = types.signatures[action.name]
        if missing := _dangling(signature.arguments, scalars | set(inputs)):
            reason = f'the type: "{missing[1]}" is not defined in custom types or it is not a scalar/enum/input_object'
            left_out.append((action, reason))
        elif signature.output.base not in scalars | set(objects):
            reason = (
                f'the type: "{signature.output.base}" is not an object or scalar type defined in custom types'
            )
            left_out.append((action, reason))
        else:
            signatures[action.name] = signature
    return replace(types, inputs=inputs, objects=objects, signatures=signatures), left_out


def _dangling(fields: Mapping[str, InputField | GType], known: AbstractSet[str]) -> tuple[str, str] | None:
    """The first field whose type is not in `known`, and the name of that type."""
    for name, one in fields.items():
        base = (one if isinstance(one, GType) else one.type).base
        if base not in known:
            return name, base
    return None
