"""Parameters: from a request's values to the text Postgres casts.

In: a `Param` of the plan. Out: a function of (variables, literals) that fetches, checks and encodes its value as
str or list[str]. Raises GraphQLFailure of kind "coercion" with Hasura's texts where Hasura itself refuses a
value; what only Postgres can judge (is this a uuid?) is left to Postgres.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from lictor.engine.errors import GraphQLFailure, at_index, one_of, scientific, uncoercible
from lictor.engine.expressions import LiteralAt, Param
from lictor.engine.plan.sources import fetcher
from lictor.engine.request.variables import ABSENT
from lictor.engine.schema.coercion import json_noun
from lictor.engine.schema.scalars import Scalar

Encode = Callable[[Mapping[str, Any], tuple[Any, ...]], Any]
ToText = Callable[[Any, str], str]
INT_BOUND = 2**31
BIGINT_BOUND = 2**63
_PATH_STEP = re.compile(r"""\.?([^.\[\]'"]+)|\[(-?\d+)\]|\[(['"])(.*?)\3\]""")


def encoder(param: Param) -> Encode:
    """The encoding function of one parameter."""
    fetch, path = fetcher(param.source), param.path
    to_text = _to_text(param)
    if param.use == "list":

        def encode_list(variables: Mapping[str, Any], literals: tuple[Any, ...]) -> list[str]:
            items = fetch(variables, literals)
            if not isinstance(items, list):
                items = [items]
            try:
                return [to_text(item, path) for item in items]
            except GraphQLFailure:
                for i, item in enumerate(items):  # again, to name the place
                    to_text(item, at_index(path, i))
                raise

        return encode_list
    if param.use in ("text", "texts", "array"):  # Postgres alone judges it
        return fetch
    if param.use == "path":
        return lambda variables, literals: _json_path(fetch(variables, literals), path)
    if param.scalar.family == "text" and param.use == "scalar":

        def encode_text(variables: Mapping[str, Any], literals: tuple[Any, ...]) -> str:
            value = fetch(variables, literals)
            return value if type(value) is str else to_text(value, path)

        return encode_text
    return lambda variables, literals: to_text(fetch(variables, literals), path)


def _to_text(param: Param) -> ToText:
    literal = isinstance(param.source, LiteralAt)
    if param.use == "limit":
        return lambda value, path: _limit(value, path, literal)
    if param.use == "offset":
        return lambda value, path: _offset(value, path, literal)
    return scalar_to_text(param.scalar, literal)


def scalar_to_text(scalar: Scalar, literal: bool) -> ToText:
    """The function that checks a value of the type and writes it as text; `literal`: it stood in the document."""
    family = scalar.family
    if family == "text" and scalar.name == "String":
        return lambda value, path: _string(value, path, literal)
    if family == "int":
        return lambda value, path: _int(value, path, literal)
    if family in ("float", "number"):
        return lambda value, path: _number(value, scalar, path, literal)
    if family == "bool":
        return lambda value, path: _boolean(value, path, literal)
    if family == "json":
        return _json
    if family == "array":
        return lambda value, path: _array(value, scalar, path)
    if family == "enum":
        return _enum_value(scalar)
    return lambda value, path: _other(value, scalar, path)


def _noun(value: Any, literal: bool) -> str:
    if literal and type(value) is int:
        return "an integer"
    if literal and type(value) is float:
        return "a float"
    return json_noun(value)


def _expected(what: str, type_name: str, value: Any, path: str, literal: bool) -> GraphQLFailure:
    return uncoercible(f"expected {what} for type '{type_name}', but found {_noun(value, literal)}", path)


def _out_of_bounds(value: Any, path: str) -> GraphQLFailure:
    return uncoercible(
        f"The value {scientific(value)} lies outside the bounds or is not an integer. Maybe it is a float, or is there "
        "integer overflow?",
        path,
        "parse-failed",
    )


def _string(value: Any, path: str, literal: bool) -> str:
    if type(value) is str:
        return value
    raise _expected("a string", "String", value, path, literal)


def _int(value: Any, path: str, literal: bool) -> str:
    if type(value) is int:
        if -INT_BOUND <= value < INT_BOUND:
            return str(value)
        raise _out_of_bounds(value, path)
    if type(value) is float and not literal:
        if value.is_integer() and -INT_BOUND <= value < INT_BOUND:
            return str(int(value))
        raise _out_of_bounds(value, path)
    raise _expected("a 32-bit integer", "Int", value, path, literal)


def _limit(value: Any, path: str, literal: bool) -> str:
    if type(value) is int and value >= 0:
        return _int(value, path, literal)
    if type(value) is float and value >= 0 and not literal:
        return _int(value, path, literal)
    raise _expected("a non-negative 32-bit integer", "Int", value, path, literal)


def _offset(value: Any, path: str, literal: bool) -> str:
    if type(value) is str and value.isascii() and value.isdigit() and int(value[:20]) < BIGINT_BOUND:
        return value
    if type(value) is int:
        if -BIGINT_BOUND <= value < BIGINT_BOUND:
            return str(value)
        raise _out_of_bounds(value, path)
    expected = "a 32-bit integer, or a 64-bit integer represented as a string"
    raise _expected(expected, "Int", value, path, literal)


def _number(value: Any, scalar: Scalar, path: str, literal: bool) -> str:
    kind = type(value)
    if kind is int:
        return str(value)
    if kind is float:
        if math.isfinite(value):
            return repr(value)
        raise uncoercible(
            f"The value {scientific(value)} lies outside the bounds. Is it overflowing the float bounds?",
            path,
            "parse-failed",
        )
    # numbers beyond a double travel as strings; Postgres judges them
    if kind is str and scalar.name != "Float":
        return value
    raise _expected("a float", scalar.name, value, path, literal)


def _boolean(value: Any, path: str, literal: bool) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    raise _expected("a boolean", "Boolean", value, path, literal)


def _json(value: Any, path: str) -> str:
    if value is ABSENT:
        value = None
    try:
        return orjson.dumps(value).decode()
    except (TypeError, UnicodeError) as error:
        raise uncoercible(f"the value is not JSON: {error}", path, "parse-failed") from error


def _array(value: Any, scalar: Scalar, path: str) -> str:
    """An array literal as it came, or a list as an array literal."""
    if type(value) is str:
        return value
    if type(value) is list:
        return (
            "{" + ",".join(_array_item(item, scalar, at_index(path, i)) for i, item in enumerate(value)) + "}"
        )
    raise uncoercible(f"A string is expected for type: {scalar.name}", path, "parse-failed")


def _array_item(item: Any, scalar: Scalar, path: str) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, list):
        return _array(item, scalar, path)
    if isinstance(item, dict):
        item = _json(item, path)
    if isinstance(item, bool):
        return "true" if item else "false"
    return quoted_item(str(item))


def quoted_item(text: str) -> str:
    """An element of an array literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _enum_value(scalar: Scalar) -> ToText:
    names = scalar.value_names
    allowed = frozenset(names)

    def to_text(value: Any, path: str) -> str:
        if type(value) is not str:
            raise _expected("an enum value", scalar.name, value, path, False)
        if value not in allowed:
            raise uncoercible(f"expected {one_of(names)} for type '{scalar.name}', but found '{value}'", path)
        return value

    return to_text


def _other(value: Any, scalar: Scalar, path: str) -> str:
    if type(value) is str:
        return value
    if value is None or value is ABSENT:
        raise uncoercible(f"unexpected null value for type '{scalar.name}'", path)
    raise uncoercible(f"A string is expected for type: {scalar.name}", path, "parse-failed")


def _json_path(value: Any, path: str) -> list[str]:
    """`$.a.b[0]`, `a.b`, `["x y"]` as the steps of `#>`."""
    if type(value) is not str:
        raise uncoercible(f"expected a string for type 'String', but found {json_noun(value)}", path)
    rest = value.removeprefix("$")
    steps: list[str] = []
    position = 0
    while position < len(rest):
        step = _PATH_STEP.match(rest, position)
        if step is None:
            raise uncoercible(f"parse json path error: {value!r}", path)
        steps.append(step[1] or step[2] or step[4] or "")
        position = step.end()
    return steps
