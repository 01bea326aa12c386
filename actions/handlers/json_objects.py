"""JSON scalars that must be objects, and go into the database."""

from __future__ import annotations

from typing import Any

import orjson

from lictor.actions.registry import parse_object
from lictor.orchestration.text import refuse_nul


def json_object(value: Any, field: str) -> dict[str, Any] | None:
    """`value` if it is a JSON object or null, in text or not; raises an error naming `field` if it is not, or holds NUL."""
    value = parse_object(value, field)
    if value:
        refuse_nul(orjson.dumps(value), field)
    return value
