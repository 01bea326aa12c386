"""Which custom types and actions can be served.

In: `ActionTypes` as written, the scalars of Postgres, the type names that tables have taken. Out: the types
without those that do not fit or that lean on such a one, and what is left out with its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from lictor.engine.metadata.model import Action, CustomType, CustomTypes, Metadata
from lictor.engine.schema.action_types import ActionTypes, InputField, Signature
from lictor.engine.schema.gtypes import GType
from lictor.engine.schema.operators import COMPARABLE_AGGREGATES, NUMERIC_AGGREGATES, UPDATE_OPERATORS
from lictor.engine.schema.scalars import BUILTIN_SCALARS, POSTGRES_SCALARS

LeftOut = list[tuple[CustomType | Action, str]]
_ROOT_TYPES = ("query_root", "mutation_root", "subscription_root", "order_by", "cursor_ordering")
_SUFFIXES = (
    "", "_aggregate", "_aggregate_bool_exp", "_aggregate_fields", "_aggregate_order_by", "_arr_rel_insert_input",
    "_bool_exp", "_constraint", "_insert_input", "_mutation_response", "_obj_rel_insert_input", "_on_conflict",
    "_order_by", "_pk_columns_input", "_select_column", "_stream_cursor_input", "_stream_cursor_value_input",
    "_update_column", "_updates",
    *(f"{operator}_input" for operator in UPDATE_OPERATORS),
    *(f"_{function}_{kind}" for function in (*NUMERIC_AGGREGATES, *COMPARABLE_AGGREGATES) for kind in ("fields", "order_by")),
)  # fmt: skip


def taken_names(tables: Iterable[str]) -> frozenset[str]:
    """The names of all types that are generated for tables of these names."""
    return frozenset((*_ROOT_TYPES, *(f"{table}{suffix}" for table in tables for suffix in _SUFFIXES)))


def sound_types(
    types: ActionTypes, metadata: Metadata, column_scalars: frozenset[str], taken: frozenset[str]
) -> tuple[ActionTypes, LeftOut]:
    """What can be served of `types`, and what is left out: whatever leans on it is left out, too."""
    scalars = column_scalars | BUILTIN_SCALARS | POSTGRES_SCALARS
    left_out: LeftOut = []
    for one, reason in _bad_names(metadata.custom_types, taken, scalars):
        left_out.append((one, reason))
        types = _without(types, one.name)
    complete = False
    while not complete:
        complete = True
        values = scalars | types.scalars | types.enums.keys()
        for one in (*metadata.custom_types.input_objects, *metadata.custom_types.objects):
            kind = types.inputs if one.name in types.inputs else types.objects
            if one.name in kind and (missing := _dangling(kind[one.name], values | kind.keys())):
                field, base = missing
                reason = f"the type of the field {field!r} of {one.name!r}, {base!r}, is not defined"
                left_out.append((one, reason))
                types = _without(types, one.name)
                complete = False
    signatures = dict(types.signatures)
    for action in metadata.actions:
        if reason := _bad_signature(types, types.signatures[action.name], scalars):
            left_out.append((action, reason))
            signatures.pop(action.name, None)
    return replace(types, signatures=signatures), left_out


def unsupported(action: Action) -> str | None:
    """Why an action cannot be served as it is meant, though its types are sound."""
    if action.root == "mutation" and action.kind == "asynchronous":  # queries have no kind
        return "asynchronous actions are not supported"
    definition = action.raw.get("definition") or {}
    for transform in ("request_transform", "response_transform"):
        if definition.get(transform):
            return f"{transform} is not supported"
    return None


def _bad_names(
    declared: CustomTypes, taken: frozenset[str], scalars: frozenset[str]
) -> Iterator[tuple[CustomType, str]]:
    shaped = (*declared.input_objects, *declared.objects, *declared.enums)
    uses = Counter(one.name for one in (*shaped, *declared.scalars))
    for one in (*shaped, *declared.scalars):
        values = [value.name for value in one.values]
        if one.name in taken:
            yield one, f"{one.name!r} is the name of a table's type"
        elif uses[one.name] > 1:
            yield one, f"{one.name!r} is defined more than once"
        elif one.name in scalars and one in shaped:
            yield one, f"{one.name!r} is the name of a scalar"
        elif len(set(values)) < len(values):
            yield one, f"the enum type {one.name!r} has duplicate values"


def _bad_signature(types: ActionTypes, signature: Signature, scalars: frozenset[str]) -> str | None:
    values = scalars | types.scalars | types.enums.keys()
    if missing := _dangling(signature.arguments, values | types.inputs.keys()):
        return (
            f'the type: "{missing[1]}" is not defined in custom types or it is not a scalar/enum/input_object'
        )
    base = signature.output.base
    if base not in values and base not in types.objects:
        return f'the type: "{base}" is not an object or scalar type defined in custom types'
    return None


def _dangling(fields: Mapping[str, InputField | GType], known: AbstractSet[str]) -> tuple[str, str] | None:
    """The first field whose type is not in `known`, and the name of that type."""
    for name, one in fields.items():
        base = (one if isinstance(one, GType) else one.type).base
        if base not in known:
            return name, base
    return None


def _without(types: ActionTypes, name: str) -> ActionTypes:
    return replace(
        types,
        inputs={other: fields for other, fields in types.inputs.items() if other != name},
        enums={other: values for other, values in types.enums.items() if other != name},
        scalars=types.scalars - {name},
        objects={other: fields for other, fields in types.objects.items() if other != name},
    )
