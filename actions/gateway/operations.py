"""GraphQL operations out of JSON, in all the spellings that clients use.

The body of a POST or the query string of a GET comes in; `Operation`s go out, or an `HttpProblem` that says
what is wrong and where (contract client.md 1.1, server.md 3.1). Never looks into a GraphQL document.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import orjson

from lictor.actions.gateway.errors import HttpProblem


class Operation(NamedTuple):
    """One operation, its variables decoded."""

    query: str
    variables: dict[str, Any]
    name: str | None = None


def parse_body(body: bytes) -> Any:
    """The JSON value of a request body. Raises HttpProblem 400 with the place of the first fault."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        fault = exc
    if not body.strip():
        raise HttpProblem(400, "The request body is empty; send a JSON object with `query` and `variables`.")
    if "surrogate" in fault.msg:
        _check_utf8(body)
        return _with_lone_surrogates("The request body", body)
    raise _bad_json("The request body", fault)


def _check_utf8(body: bytes) -> None:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise HttpProblem(
            400, f"The request body is not valid UTF-8: byte 0x{body[exc.start]:02x} at offset {exc.start}."
        ) from None


def _with_lone_surrogates(what: str, body: bytes | str) -> Any:
    r"""JSON that spells half a character, such as "\udc80" from a file name that is no UTF-8.

    Python's json writes it and the original took it, with U+FFFD in its place.
    """
    try:
        value = json.loads(body)
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        return orjson.loads(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
    except json.JSONDecodeError as exc:
        raise _bad_json(what, exc) from None
    except (ValueError, RecursionError) as exc:
        raise HttpProblem(400, f"{what} is not valid JSON: {exc}.") from None


def _bad_json(what: str, fault: json.JSONDecodeError) -> HttpProblem:
    text = f"{what} is not valid JSON: {fault.msg} (line {fault.lineno}, column {fault.colno})."
    return HttpProblem(400, text)


def operation_of(value: Any) -> Operation:
    """The operation in one JSON value of a body. Raises HttpProblem 400."""
    if type(value) is not dict:
        raise HttpProblem(
            400, f"An operation has to be a JSON object with `query` and `variables`, not {_kind(value)}."
        )
    query = value.get("query")
    if type(query) is not str or not query:
        raise HttpProblem(
            400, "Must provide a query string: the member `query` is missing, empty or not a string."
        )
    name = value.get("operationName")
    if name is not None and type(name) is not str:
        raise HttpProblem(400, f"`operationName` has to be a string or null, not {_kind(name)}.")
    variables = value.get("variables")
    return Operation(
        query, variables if type(variables) is dict else decode_variables(variables), name or None
    )


def decode_variables(variables: Any) -> dict[str, Any]:
    """Variables as clients send them: an object, null, or either as JSON text (client.md 1.1)."""
    if variables is None or variables == "":
        return {}
    if isinstance(variables, str):
        try:
            variables = orjson.loads(variables)
        except orjson.JSONDecodeError as fault:
            if "surrogate" not in fault.msg:
                raise _bad_json("`variables` is a string that", fault) from None
            variables = _with_lone_surrogates("`variables` is a string that", variables)
        if variables is None:
            return {}
    if not isinstance(variables, dict):
        raise HttpProblem(
            400, f"`variables` has to be an object, null or one of them as JSON text, not {_kind(variables)}."
        )
    return variables


def operation_of_query_string(query_string: bytes) -> Operation | None:
    """The operation of a GET request; None when it asks for no operation at all."""
    try:
        fields = parse_qs(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100
        )
    except ValueError as exc:
        raise HttpProblem(400, f"The query string cannot be read: {exc}.") from None
    if "query" not in fields:
        return None
    last = {key: values[-1] for key, values in fields.items()}
    return operation_of({**last, "operationName": last.get("operationName") or None})


def batch_of(values: list[Any], most: int) -> list[Operation | HttpProblem]:
    """The operations of an array body; a bad one is a problem in its place and does not touch the others."""
    if len(values) > most:
        raise HttpProblem(400, f"An array holds {len(values)} operations; at most {most} are taken.")
    operations: list[Operation | HttpProblem] = []
    for value in values:
        try:
            operations.append(operation_of(value))
        except HttpProblem as problem:
            operations.append(problem)
    return operations


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "a string"}
    return names.get(type(value), "an array" if isinstance(value, list) else "an object")
