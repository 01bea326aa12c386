"""What two metadata documents differ in, object by object.

In: the document that a Hasura exports, and the one it is to have. Out: the objects that would be added, removed and
changed, and where. What Hasura leaves out, fills in or puts into another order when it stores a document is no
difference: empty values, defaults, the order of named things.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

# What Hasura takes for said where it is not.
_DEFAULTS: dict[str, Any] = {"kind": "synchronous", "type": "mutation", "isolation_level": "read-committed"}
_NAMES = ("name", "role", "role_name", "table", "function", "field_name", "collection", "column", "value")
_LISTS = ("tables", "functions", "native_queries", "logical_models")


@dataclass(frozen=True)
class Difference:
    """Names of objects, such as `table public.flow`; of those that change, the places in them."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    @property
    def text(self) -> str:
        """A line an object: `+` would be added, `-` removed, `~` changed."""
        lines = [f"+ {name}" for name in self.added]
        lines += [f"- {name}" for name in self.removed]
        lines += [f"~ {name}: {', '.join(places)}" for name, places in self.changed.items()]
        return "\n".join(lines)


def difference(present: dict[str, Any], wanted: dict[str, Any]) -> Difference:
    """What would change if `wanted` took the place of `present`."""
    old, new = dict(_objects(present)), dict(_objects(wanted))
    changed = {
        name: sorted(_places(old[name], new[name]))
        for name in sorted(old.keys() & new.keys())
        if old[name] != new[name]
    }
    return Difference(sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys()), changed)


def _objects(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(name, definition) of everything in a document that has a name."""
    for source in document.get("sources") or ():
        for kind in _LISTS:
            for item in source.get(kind) or ():
                yield f"{kind.removesuffix('s')} {_name(item)}", _canonical(item)
        rest = {key: value for key, value in source.items() if key not in _LISTS}
        yield f"source {source.get('name')}", _canonical(rest)
    for kind, items in (document.get("custom_types") or {}).items():
        for item in items or ():
            yield f"type {item.get('name')}", _canonical({**item, "is": kind})
    for key, value in document.items():
        if key in ("sources", "custom_types", "version", "resource_version"):
            continue
        if not isinstance(value, list):
            if _canonical(value) is not None:
                yield key, _canonical(value)
            continue
        for item in value:
            yield f"{key.removesuffix('s')} {_name(item)}", _canonical(item)


def _name(item: Any) -> str:
    for key in _NAMES:
        named = item.get(key) if isinstance(item, dict) else None
        if isinstance(named, dict):
            return ".".join(str(named[part]) for part in ("schema", "name") if part in named)
        if isinstance(named, str):
            return named
    return json.dumps(item, sort_keys=True)


def _canonical(value: Any) -> Any:
    """The value without what Hasura takes for nothing, its lists in one order; None for nothing."""
    if isinstance(value, dict):
        found = {key: kept for key, item in value.items() if (kept := _said(key, item)) is not None}
        return found or None
    if isinstance(value, list):
        items = [item if item is None else _canonical(item) for item in value]
        return sorted(items, key=lambda item: (_name(item), json.dumps(item, sort_keys=True))) or None
    return value


def _said(key: str, item: Any) -> Any:
    # A permission's empty filter means every row: the only thing that is something when it is empty.
    if key in ("filter", "check") and item == {}:
        return item
    if item == "" or item is False or _DEFAULTS.get(key) == item:
        return None
    return _canonical(item)


def _places(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Where two canonical values differ, as deep as keys and names go."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            if old.get(key) != new.get(key):
                yield from _places(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif isinstance(old, list) and isinstance(new, list):
        olds, news = ({_name(item): item for item in items} for items in (old, new))
        for name in olds.keys() | news.keys():
            if olds.get(name) != news.get(name):
                yield from _places(olds.get(name), news.get(name), f"{path}[{name}]")
    else:
        yield path
