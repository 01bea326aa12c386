"""Sources become functions.

In: a `Source` of the plan. Out: a function of (variables, literals) that fetches its value for one request,
or ABSENT where a variable was left out. Built once per plan, run once per request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lictor.engine.errors import GraphQLFailure
from lictor.engine.expressions import (
    Constant,
    ListOf,
    LiteralAt,
    ObjectOf,
    SessionVariable,
    SessionVariables,
    Source,
    VariableAt,
)
from lictor.engine.request.variables import ABSENT
from lictor.engine.types import Session

# What travels beside the variables; no GraphQL variable can have these names.
SESSION_KEY = "\0session"
ROWS_KEY = "\0rows"  # the rows that an insert is to make, as the text of a JSON list
CONFLICT_KEY = "\0conflict"  # the on_conflict of nested objects
Fetch = Callable[[Mapping[str, Any], tuple[Any, ...]], Any]


def fetcher(source: Source) -> Fetch:
    """The function that fetches `source`."""
    if isinstance(source, LiteralAt):
        index = source.index
        return lambda _, literals: literals[index]
    if isinstance(source, VariableAt):
        return _variable(source)
    if isinstance(source, Constant):
        value = source.value
        return lambda _, __: value
    if isinstance(source, SessionVariables):
        return lambda variables, _: dict(variables.get(SESSION_KEY, {}))
    if isinstance(source, SessionVariable):
        return _session_variable(source.name)
    if isinstance(source, ListOf):
        items = [fetcher(item) for item in source.items]
        return lambda variables, literals: [item(variables, literals) for item in items]
    return _object(source)


def _variable(source: VariableAt) -> Fetch:
    name, path = source.name, source.path
    if not path:
        return lambda variables, _: variables.get(name, ABSENT)

    def fetch(variables: Mapping[str, Any], _: tuple[Any, ...]) -> Any:
        value: Any = variables[name]
        for step in path:
            value = value[step]
        return value

    return fetch


def _session_variable(name: str) -> Fetch:
    def fetch(variables: Mapping[str, Any], _: tuple[Any, ...]) -> Any:
        value = variables[SESSION_KEY].get(name)
        if value is None:
            raise GraphQLFailure.of(f'missing session variable: "{name}"', code="not-found", kind="coercion")
        return value

    return fetch


def with_session(variables: Mapping[str, Any], session: Session) -> dict[str, Any]:
    """The variables, and beside them what `SessionVariable`s and `SessionVariables` are read from."""
    return {**variables, SESSION_KEY: session.values}


def needs_session(source: Source) -> bool:
    """Does the value depend on who asks?"""
    if isinstance(source, ListOf):
        return any(needs_session(item) for item in source.items)
    return isinstance(source, (SessionVariable, SessionVariables))


def _object(source: ObjectOf) -> Fetch:
    items = [(key, fetcher(item)) for key, item in source.items]

    def fetch(variables: Mapping[str, Any], literals: tuple[Any, ...]) -> dict[str, Any]:
        found = {}
        for key, item in items:
            value = item(variables, literals)
            if value is not ABSENT:
                found[key] = value
        return found

    return fetch
