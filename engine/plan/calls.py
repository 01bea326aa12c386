"""Calls of functions: root fields of tracked functions, and computed fields.

In: the function's arguments and the field's `args`. Out: a `FunctionCall` in which every argument that the request
gives is a parameter. Those left out take their defaults.
"""

from __future__ import annotations

from collections.abc import Sequence

from lictor.engine.errors import at_key, uncoercible
from lictor.engine.expressions import FunctionCall, Param, Row, SessionVariables
from lictor.engine.plan.context import Arguments, Context, missing_field, not_found
from lictor.engine.plan.values import Raw
from lictor.engine.schema.gtypes import named
from lictor.engine.schema.model import ComputedField, FunctionArgument, FunctionType
from lictor.engine.schema.scalars import Scalar

ARGS = "args"


def compile_call(
    context: Context, function: FunctionType | ComputedField, arguments: Arguments, path: str
) -> FunctionCall:
    """The call that the field at `path` asks for; takes `args` out of its arguments."""
    given = _given(context, function, arguments, path)
    args_path = at_key(at_key(path, "args"), ARGS)
    row = Row(function.row_table) if isinstance(function, ComputedField) else None
    row_argument = function.row_argument if isinstance(function, ComputedField) else None
    found: list[tuple[str | None, Param | Row | None, Scalar]] = []
    omitted = False
    value: Sequence[Param | Row | None]
    for argument in function.arguments:
        if argument.name == function.session_argument:
            value = [Param(SessionVariables(), argument.scalar, "scalar", path)]
        elif argument.name == row_argument:
            value = [row]
        else:
            value = _argument(context, argument, given.pop(argument.name, None), args_path)
        omitted = omitted or not value
        # Postgres takes arguments by their place, and after the first that is left out by name.
        if value and omitted and argument.sql_name is None:
            message = "Only last set of positional arguments can be omitted"
            raise uncoercible(message, args_path, "not-supported")
        found += [(argument.sql_name if omitted else None, one, argument.scalar) for one in value]
    for unknown in given:
        raise not_found(unknown, function.args_type, args_path)
    name = function.function if isinstance(function, ComputedField) else function.source
    return FunctionCall(name, tuple(found))


def _given(
    context: Context, function: FunctionType | ComputedField, arguments: Arguments, path: str
) -> dict[str, Raw]:
    value = context.read(arguments, ARGS, named(function.args_type), at_key(path, "args"))
    arguments.pop(ARGS, None)
    required = any(not argument.has_default for argument in function.inputs)
    if value is None or value.is_null:
        if required and value is None:
            raise missing_field(ARGS, _here(path))
        if required:
            raise uncoercible(
                f"expected an object for type '{function.args_type}', but found null", _here(path)
            )
        return {}
    if value.kind == "opaque":  # nothing is known of it yet; every argument may be given
        return {}
    return dict(context.pairs(value, function.args_type, _here(path)))


def _argument(
    context: Context, argument: FunctionArgument, raw: Raw | None, path: str
) -> Sequence[Param | None]:
    """The value in a list, which is empty if the argument is left out."""
    here = at_key(path, argument.name)
    child = None if raw is None else context.reader.read(raw, argument.scalar.gtype, here)
    if child is None:
        if not argument.has_default and context.reader.variables is not None:
            raise uncoercible("Non default arguments cannot be omitted", path, "not-supported")
        return []
    return [None if child.is_null else context.param(child, argument.scalar, here)]


def _here(path: str) -> str:
    return at_key(at_key(path, "args"), ARGS)
