"""Texts with `{field}` in them, filled with the fields of an event (contract ui-and-cloud.md B.4).

In: a template, an event. Out: the text. A field is a name and nothing else: there is no way from it to attributes or
items, and no format. What is no field of the event stays as it is written. What is filled in is not filled again. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

_FIELD = re.compile(r"\{([a-z_]+)\}")


def fill(template: str, event: Mapping[str, Any], escape: Callable[[str], str] = str) -> str:
    """`template` with its fields, each through `escape`."""
    return _FIELD.sub(
        lambda found: escape(text_of(event[found[1]])) if found[1] in event else found[0], template
    )


def fill_json(value: Any, event: Mapping[str, Any]) -> Any:
    """The JSON value `value` with all its texts filled, keys of objects too. Of keys that become equal the last stays."""
    if isinstance(value, str):
        return fill(value, event)
    if isinstance(value, list):
        return [fill_json(item, event) for item in value]
    if isinstance(value, dict):
        return {fill(key, event): fill_json(item, event) for key, item in value.items()}
    return value


def text_of(value: Any) -> str:
    """A field as text: nothing for null, a list's items with commas between them."""
    match value:
        case None:
            return ""
        case str():
            return value
        case list():
            return ", ".join(map(text_of, value))
        case _:
            return orjson.dumps(value).decode()
