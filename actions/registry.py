"""The table of actions: which function answers which custom field of the GraphQL API.

A name and its arguments (plain JSON, as Hasura or the engine hand them over) come in; the handler's
answer (plain JSON) goes out. Inputs are decoded into typed structs here, in one place; nothing here
knows of HTTP or of GraphQL documents.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import orjson
from dateutil import parser as dateparser

from lictor.actions.audit import Trail
from lictor.actions.combined import Combined
from lictor.actions.permissions import NEEDS, refusal
from lictor.orchestration.permissions import Permissions
from lictor.orchestration.sealing import Keyring
from lictor.settings import Settings

INTERNAL = "INTERNAL_SERVER_ERROR"
FORBIDDEN = "FORBIDDEN"


class ActionError(Exception):
    """What a caller did wrong or must know; `str(error)` reaches the client unchanged.

    `code` is the GraphQL `extensions.code`; the HTTP status stays 200 (contract server.md 3.1).
    """

    def __init__(self, message: str, code: str = INTERNAL) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and with what means: one per request."""

    pool: asyncpg.Pool
    settings: Settings
    combined: Combined
    agent_id: UUID | None = None
    core_version: str | None = None
    tenant_id: UUID | None = None
    user_id: UUID | None = None
    """Whose API key it is; None without authentication."""
    key_id: UUID | None = None
    role_id: UUID | None = None
    permissions: Permissions | None = None
    """What the caller's role allows in the tenant; None without authentication: everything."""
    keyring: Keyring | None = None
    """What seals secrets; None where the server was given no key."""
    trail: Trail | None = None
    """Where calls leave their entries of the audit trail; None: nowhere."""


Handler = Callable[[Caller, Any], Awaitable[Any]]


JSON = Any
"""The `JSON` scalar: any JSON value. Handlers read it through `parse_json` (server.md 3.2)."""


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    handler: Handler
    input_type: type[msgspec.Struct] | None
    argument: str | None
    idempotent: bool
    """Doing it twice is like doing it once, so a call whose fate is unknown may be repeated."""


ACTIONS: dict[str, Action] = {}


def action(
    name: str, *, argument: str | None = "input", idempotent: bool = False
) -> Callable[[Handler], Handler]:
    """Register the decorated coroutine as the handler of the custom field `name`.

    Its second parameter's annotation is the struct the arguments are decoded into: the object under
    `argument`, or, when `argument` is None, all arguments together.
    """

    def register(handler: Handler) -> Handler:
        hints = {
            key: value
            for key, value in typing.get_type_hints(handler).items()
            if key not in {"caller", "return"}
        }
        input_type = next((hint for hint in hints.values() if hint is not type(None)), None)
        if name in ACTIONS:
            raise ValueError(f"action {name!r} is registered twice")
        ACTIONS[name] = Action(name, handler, input_type, argument, idempotent)
        return handler

    return register


async def call_action(name: str, arguments: Mapping[str, Any], caller: Caller) -> Any:
    """Run the action `name`. Raises KeyError for an unknown name, ActionError for what the caller may not do and for
    input it cannot take.
    """
    entry = ACTIONS[name]
    needed = NEEDS[name]
    if needed is not None and caller.permissions is not None and needed not in caller.permissions:
        raise ActionError(refusal(name, needed), FORBIDDEN)
    if entry.input_type is None:
        return await entry.handler(caller, None)
    if entry.argument is None:
        return await entry.handler(caller, _decode(entry, arguments))
    if entry.argument not in arguments:
        # Even where every field may be left out.
        raise ActionError(f"The argument {entry.argument} is missing.")
    return await entry.handler(caller, _decode(entry, arguments[entry.argument]))


def _decode(entry: Action, payload: Any) -> Any:
    assert entry.input_type is not None
    try:
        return msgspec.convert(payload, entry.input_type, dec_hook=_decode_scalar)
    except msgspec.ValidationError as error:
        if str(error).startswith("Invalid UUID"):
            plain = with_plain_uuids(payload)
            if plain != payload:
                return _decode(entry, plain)
        raise ActionError(describe(error, payload, entry.input_type)) from None


GraphQLUUID = UUID
"""The `UUID` scalar. Spellings other than the usual one are brought to it before decoding (server.md 3.2)."""


class GraphQLDateTime(datetime):
    """The `DateTime` scalar: a moment with its zone; text without a zone is UTC (server.md 3.2)."""


def _decode_scalar(kind: type, value: Any) -> Any:
    if kind is GraphQLDateTime:
        return parse_datetime(value)
    raise NotImplementedError(kind)


_UUID = re.compile(r"\s*(?:urn:uuid:)?\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?\s*", re.IGNORECASE)


def with_plain_uuids(value: Any) -> Any:
    """`value` with every id in it (`id`, `…_id`) that spells a UUID in another way spelled the usual way."""
    if isinstance(value, list):
        return [with_plain_uuids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _plain_uuid(item) if key.endswith("id") else with_plain_uuids(item)
        for key, item in value.items()
    }


def _plain_uuid(value: Any) -> Any:
    return str(UUID(value.strip())) if isinstance(value, str) and _UUID.fullmatch(value) else value


def parse_datetime(value: Any) -> datetime:
    """The moment that `value` spells, with a zone; raises ValueError."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        try:
            moment = dateparser.parse(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"Could not parse DateTime: {value}") from None
    try:
        utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"Could not parse DateTime: {value}") from None
    return GraphQLDateTime(
        utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond, tzinfo=UTC
    )


def parse_json(value: Any) -> Any:
    """A JSON scalar's value; text that holds JSON is what a literal in a document looks like.

    Raises ActionError for text that begins like JSON and is none.
    """
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "[", '"'}:
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise ActionError(f"Could not parse JSON: {error}") from None
    return value


def parse_object(value: Any, field: str) -> dict[str, Any] | None:
    """A JSON scalar that has to be an object or null. Raises ActionError naming `field` for anything else."""
    value = parse_json(value)
    if value is not None and not isinstance(value, dict):
        raise ActionError(f"{field} must be a JSON object, not {type(value).__name__}.")
    return value


_AT = re.compile(r"(?P<text>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_IN_LIST = re.compile(r"(?P<field>\w+)\[\.\.\.\](?P<rest>.*)")


def describe(error: msgspec.ValidationError, payload: Any, kind: type[msgspec.Struct]) -> str:
    """msgspec's message in the words of the API: which field, and which item of a list."""
    found = _AT.fullmatch(str(error))
    text, path = (found["text"], found["path"] or "") if found else (str(error), "")
    item = _IN_LIST.fullmatch(path)
    if item is not None:
        number = _first_bad(payload[item["field"]], kind, item["field"])
        path = f"{item['field']}[{number}]{item['rest']}"
    if text == "Invalid UUID":
        text = f"Could not parse UUID: {_value_at(payload, path)}"
    return f"{text} (field {path!r} of the input)" if path else text


def _value_at(value: Any, path: str) -> Any:
    for part in re.findall(r"\w+", path):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def _first_bad(items: list[Any], kind: type[msgspec.Struct], field: str) -> int:
    declared = typing.get_type_hints(kind)[field]
    # A list, or a list that may be null.
    lists = [declared, *typing.get_args(declared)]
    (item_kind,) = next(typing.get_args(one) for one in lists if typing.get_origin(one) is list)
    for number, item in enumerate(items):
        try:
            msgspec.convert(item, item_kind, dec_hook=_decode_scalar)
        except msgspec.ValidationError:
            return number
    raise AssertionError("one item was bad a moment ago")
