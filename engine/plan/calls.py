"""Calls of functions: root fields of tracked functions, and computed fields.

In: the function's arguments and the field's `args`. Out: a `FunctionCall` in which every argument that the request
gives is a parameter. Those left out take their defaults.
"""

from __future__ import annotations

from lictor.engine.errors import at_key, uncoercible
from lictor.engine.expressions import FunctionCall, Param, Row, SessionVariables
from lictor.engine.plan.context import Arguments, Context, not_found
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
    for argument in function.arguments:
        if argument.name == function.session_argument:
            session = Param(SessionVariables(), argument.scalar, "scalar", path)
            found.append((argument.sql_name, session, argument.scalar))
        elif argument.name == row_argument:
            found.append((argument.sql_name, row, argument.scalar))
        else:
            raw = given.pop(argument.name, None)
            found += _argument(context, argument, raw, args_path)
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
            raise uncoercible(f"missing required field '{ARGS}'", _here(path))
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
) -> list[tuple[str | None, Param | Row | None, Scalar]]:
    here = at_key(path, argument.name)
    child = None if raw is None else context.reader.read(raw, argument.scalar.gtype, here)
    if child is None:
        if not argument.has_default and context.reader.variables is not None:
            raise uncoercible(f"Non default arguments cannot be omitted: '{argument.name}'", path)
        return []
    operand = None if child.is_null else context.param(child, argument.scalar, here)
    return [(argument.sql_name, operand, argument.scalar)]


def _here(path: str) -> str:
    return at_key(at_key(path, "args"), ARGS)
