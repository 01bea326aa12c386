"""What of a call's arguments stands in the audit trail: never a secret, and never much.

In: the arguments of a mutation. Out: the same in short. Only values of fields that are known to be harmless are shown: ids,
names, times, limits and the like. Of everything else, a secret, a state, the JSON of a flow or of a hook, a field that
was added yesterday, there is only how large it is. So what is not thought of is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

LONGEST_TEXT = 200
"""Characters of a text that is shown."""
MOST_ITEMS = 20
"""Items of a list, and fields of an object, that are shown."""
LARGEST = 4096
"""Bytes of a summary as JSON."""
_DEEPEST = 6

_SHOWN = frozenset(
    [
        "active",
        "archived",
        "auto_scheduled",
        "backend",
        "before",
        "confirm",
        "count",
        "created",
        "cron",
        "description",
        "duration_seconds",
        "email",
        "enabled",
        "expires_at",
        "flow_run_name",
        "interval",
        "is_schedule_active",
        "key",
        "kind",
        "label",
        "labels",
        "late_after_seconds",
        "level",
        "limit",
        "map_index",
        "name",
        "permissions",
        "policy",
        "role",
        "scheduled_start_time",
        "scope",
        "set_schedule_active",
        "sla_min_healthy",
        "slug",
        "start_time",
        "state",
        "state_type",
        "states",
        "status",
        "tag",
        "timezone",
        "timestamp",
        "type",
        "updated",
        "username",
        "version",
        "flow_runs_days",
        "states_days",
        "logs_days",
        "artifacts_days",
        "messages_days",
    ]
)
"""Fields whose values, if they are no objects, may be read by whoever reads the trail."""
COLUMNS = _SHOWN - {"created", "updated", "version", "timestamp", "start_time"}
"""Columns of which an entry shows what they were."""
_OPENED = frozenset(
    [
        "input",
        "states",
        "logs",
        "cron_clocks",
        "interval_clocks",
        "where",
        "object",
        "objects",
        "_set",
        "_inc",
        "pk_columns",
        "on_conflict",
        "_and",
        "_or",
        "_not",
        "updates",
    ]
)
"""Fields whose objects and lists are shown field by field."""
_OPERATORS = frozenset(
    ["_eq", "_neq", "_in", "_nin", "_gt", "_gte", "_lt", "_lte", "_is_null", "_like", "_ilike"]
)
_WORD = re.compile(r"[A-Za-z]{1,40}")


def summary(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments in short, below LARGEST bytes of JSON."""
    short = {name: _of(name, value, 0) for name, value in list(arguments.items())[:MOST_ITEMS]}
    encoded = orjson.dumps(short, default=str)
    if len(encoded) <= LARGEST:
        return short
    return {name: _size(value) for name, value in list(arguments.items())[:MOST_ITEMS]}


def shown_columns(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of a row of a table what may be shown of it: what it was before a change."""
    return {
        name: _text(value) if isinstance(value, str) else value
        for name, value in row.items()
        if name in COLUMNS
        and (
            isinstance(value, str | int)
            or (isinstance(value, list) and all(isinstance(item, str) for item in value))
        )
    }


def _of(name: str, value: Any, depth: int) -> Any:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return _of_object(name, value, depth)
    if isinstance(value, list | tuple):
        if depth < _DEEPEST and (name in _OPENED or name in _SHOWN or _is_id(name)):
            shown = [_of(name, item, depth + 1) for item in value[:MOST_ITEMS]]
            return shown if len(value) <= MOST_ITEMS else [*shown, f"… {len(value) - MOST_ITEMS} more"]
        return _size(value)
    if _is_id(name):
        return _id(value)
    if name not in _SHOWN or (name == "state" and not (isinstance(value, str) and _WORD.fullmatch(value))):
        # A state may be JSON as text.
        return _size(value)
    return _text(value) if isinstance(value, str) else value


def _of_object(name: str, value: Mapping[str, Any], depth: int) -> Any:
    if depth >= _DEEPEST:
        return _size(value)
    if value and value.keys() <= _OPERATORS:
        return {key: _of(name, item, depth + 1) for key, item in value.items()}
    if name == "state":
        # Of a run: its result and its message may be anything.
        return {"type": _of("state", value.get("type"), depth + 1)}
    if name in _OPENED:
        items = list(value.items())[:MOST_ITEMS]
        return {_text(str(key)): _of(str(key), item, depth + 1) for key, item in items}
    return _size(value)


def _is_id(name: str) -> bool:
    return name in ("id", "ids") or name.endswith(("_id", "_ids"))


def _id(value: Any) -> Any:
    """An id; what is none may be something else that slipped into its place."""
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError):
        return _size(value)


def _text(value: str) -> str:
    # Postgres stores no NUL.
    plain = value.replace("\0", "�")
    return plain if len(plain) <= LONGEST_TEXT else f"{plain[:LONGEST_TEXT]}…"


def _size(value: Any) -> str:
    """What is not shown, by its kind and size."""
    if isinstance(value, str):
        return f"<text of {len(value)} characters>"
    if isinstance(value, Mapping):
        return f"<object of {len(value)} fields>"
    if isinstance(value, list | tuple):
        return f"<list of {len(value)} items>"
    return "<hidden>"
