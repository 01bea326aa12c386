"""Says where an answer differs from what was expected.

In: an expected value, maybe with the marks below, and the value that came. Out: one line per difference, each with
its path. Unlike Python's ==, true is not 1.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True)
class Anything:
    """`!any`: whatever is there, null included."""


@dataclass(frozen=True)
class Unordered:
    """`!unordered [...]`: these items in any order."""

    items: list[Any]


@dataclass(frozen=True)
class Having:
    """`!having {...}`: at least these fields."""

    fields: dict[str, Any]


@dataclass(frozen=True)
class Matching:
    """`!matching regex`: a string in which the expression is found."""

    pattern: str


@dataclass(frozen=True)
class Near:
    """`!near number`: that number but for the last digits of a float."""

    number: float


class Name(str):
    """`!name LP`: a GraphQL enum value, where a case is written as a literal."""


class Loader(yaml.SafeLoader):
    """YAML with the marks. Dates and times stay text, as in JSON."""


# "on", "off", "yes" and "no" stay text too: they are names in metadata and values in data.
Loader.yaml_implicit_resolvers = {
    first: [
        (tag, expression)
        for tag, expression in resolvers
        if not tag.endswith((":timestamp", ":bool", ":int"))
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(0|[1-9]\d*)$"), list("-0123456789"))
Loader.add_constructor("!any", lambda loader, node: Anything())
Loader.add_constructor(
    "!unordered", lambda loader, node: Unordered(loader.construct_sequence(node, deep=True))
)
Loader.add_constructor("!having", lambda loader, node: Having(loader.construct_mapping(node, deep=True)))
Loader.add_constructor("!matching", lambda loader, node: Matching(str(loader.construct_scalar(node))))
Loader.add_constructor("!near", lambda loader, node: Near(float(loader.construct_scalar(node))))
Loader.add_constructor("!name", lambda loader, node: Name(loader.construct_scalar(node)))


def differences(expected: Any, actual: Any, path: str = "$", *, ordered: bool = False) -> list[str]:
    """One line per difference; empty if there is none. `ordered` minds the order of an object's fields too."""
    match expected:
        case Anything():
            return []
        case Matching(pattern):
            found = isinstance(actual, str) and re.search(pattern, actual)
            return [] if found else [_line(path, f"a text with /{pattern}/", actual)]
        case Near(number):
            near = isinstance(actual, int | float) and math.isclose(number, actual, rel_tol=1e-9)
            return [] if near else [_line(path, f"about {number}", actual)]
        case Unordered(items):
            return _unordered(items, actual, path, ordered)
        case Having(fields):
            if not isinstance(actual, dict):
                return [_line(path, _show(fields), actual)]
            picked = {key: value for key, value in actual.items() if key in fields}
            return _objects(fields, picked, path, ordered)
        case dict():
            if not isinstance(actual, dict):
                return [_line(path, _show(expected), actual)]
            return _objects(expected, actual, path, ordered)
        case list():
            return _lists(expected, actual, path, ordered)
    same = expected == actual and isinstance(expected, bool) == isinstance(actual, bool)
    return [] if same else [_line(path, _show(expected), actual)]


def _objects(expected: dict[str, Any], actual: dict[str, Any], path: str, ordered: bool) -> list[str]:
    found = [
        _line(f"{path}.{key}", _show(value), None, "nothing")
        for key, value in expected.items()
        if key not in actual
    ]
    found += [
        _line(f"{path}.{key}", "nothing", value) for key, value in actual.items() if key not in expected
    ]
    for key, value in expected.items():
        if key in actual:
            found += differences(value, actual[key], f"{path}.{key}", ordered=ordered)
    if ordered and not found and list(expected) != list(actual):
        found.append(_line(path, f"fields in the order {list(expected)}", list(actual)))
    return found


def _lists(expected: list[Any], actual: Any, path: str, ordered: bool) -> list[str]:
    if not isinstance(actual, list):
        return [_line(path, _show(expected), actual)]
    if len(expected) != len(actual):
        return [_line(path, f"{len(expected)} items {_show(expected)}", actual)]
    return [
        line
        for index, (one, other) in enumerate(zip(expected, actual, strict=True))
        for line in differences(one, other, f"{path}[{index}]", ordered=ordered)
    ]


def _unordered(items: list[Any], actual: Any, path: str, ordered: bool) -> list[str]:
    if not isinstance(actual, list) or len(items) != len(actual):
        return [_line(path, f"in any order {_show(items)}", actual)]
    left = list(actual)
    for item in items:
        place = next((i for i, one in enumerate(left) if not differences(item, one, ordered=ordered)), None)
        if place is None:
            return [_line(path, f"an item {_show(item)}", left)]
        del left[place]
    return []


def _line(path: str, expected: str, actual: Any, shown: str | None = None) -> str:
    return f"{path}: expected {expected}\n{' ' * len(path)}       came {shown or _show(actual)}"


def _show(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=repr)
