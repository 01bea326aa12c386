"""What the gateway tells the audit trail: calls of custom fields, generated mutations, refused documents, sign-ins.

A call and what runs it come in; its answer goes out, or its exception, with an entry behind it. Raises Unavailable where a
call has been done whose entry could not be made durable in time (docs/decisions/0023-audit-trail.md).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import asyncpg

from lictor import logs
from lictor.actions import audited
from lictor.actions.audit import NotDurable, Origin, Trail, origin
from lictor.actions.gateway.documents import RootMutation, root_key, root_mutations
from lictor.actions.gateway.errors import (
    FORBIDDEN,
    INTERNAL,
    HttpProblem,
    Unavailable,
    is_refusal,
    refusal_code,
)
from lictor.actions.gateway.headers import CORE_VERSION, Headers
from lictor.actions.gateway.operations import Operation
from lictor.actions.gateway.responses import Scope
from lictor.actions.identity import Identity, uuid_or_none
from lictor.actions.registry import ACTIONS, ActionError, Caller
from lictor.engine import GraphQLFailure
from lictor.orchestration import audit
from lictor.orchestration.audit import SIGN_IN, Entry, Outcome
from lictor.orchestration.audit_summary import summary
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.outages import DATABASE_ERRORS

NOTHING_DONE = "NOTHING_DONE"
"""The code of a mutation that answered `success: false`: there was nothing to do, or it was not the caller's."""
_LATE = (
    "It is done, but its entry in the audit trail could not be written in time; it will be as soon as the database "
    "can be reached. Look before you try again."
)
_MOST_REFUSED = 20
"""Entries that one refused document leaves."""
_GENERATED = re.compile(r"(?:insert|update|delete)_(?P<table>\w+?)(?:_rows)?(?:_one|_by_pk|_many)?")

Work = Callable[[], Awaitable[Any]]


def origin_of(headers: Headers, scope: Scope) -> Origin:
    """Where a request or a websocket comes from."""
    client = scope.get("client")
    return Origin(
        _address(client[0]) if client else None,
        _cut(headers, b"x-forwarded-for", 255),
        _cut(headers, b"user-agent", 255),
    )


def _address(host: str) -> str | None:
    """An address as Postgres knows it; None for what is none, such as the path of a socket."""
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return None


def _cut(headers: Headers, name: bytes, most: int) -> str | None:
    value = headers.get(name)
    return value[:most].decode("latin-1").replace("\0", "") if value else None


async def recorded(name: str, arguments: Mapping[str, Any], caller: Caller, work: Work) -> Any:
    """What `work`, the call of a custom field, returns."""
    trail = caller.trail
    if (
        trail is None
        or name in audited.QUERIES
        or not audited.is_recorded(trail.mode, name, caller.core_version)
    ):
        return await work()
    entry = _entry(name, caller)
    entry.object_table, entry.object_id = audited.object_of(name, arguments)
    entry.info = {"arguments": _arguments(arguments)}
    await _look_before(entry, caller)
    try:
        answer = await work()
    except Exception as exc:
        entry.outcome, entry.code = _judged(exc)
        await _leave(trail, entry)
        raise
    entry.object_table, entry.object_id = audited.object_of(name, arguments, answer)
    if isinstance(answer, dict) and answer.get("success") is False:
        entry.outcome, entry.code = "refused", NOTHING_DONE
    if not await _leave(trail, entry):
        raise Unavailable(_LATE)
    return answer


async def document_recorded(kind: str, operation: Operation, caller: Caller, work: Work) -> Any:
    """What `work`, a document that the engine answers, returns; its custom fields have entries of their own."""
    trail = caller.trail
    if kind != "mutation" or trail is None or trail.mode == "off":
        return await work()
    fields = root_mutations(operation.query, operation.variables, operation.name)
    entries = {field.key: _generated(field, caller) for field in fields if field.name not in ACTIONS}
    try:
        answer = await work()
    except Exception as exc:
        if isinstance(exc, GraphQLFailure) and is_refusal(exc):
            await document_refused(caller, operation, exc)
            raise
        committed = _committed(fields, exc)
        for key, entry in entries.items():
            if key not in committed:
                entry.outcome, entry.code = _judged(exc)
            await _leave(trail, entry)
        raise
    if not all([await _leave(trail, entry) for entry in entries.values()]):
        raise Unavailable(_LATE)
    return answer


def _committed(fields: list[RootMutation], exc: Exception) -> set[str]:
    """The generated fields that were done before another field failed: those that follow one another are one
    transaction, and a custom field between them ends it.
    """
    if not isinstance(exc, GraphQLFailure) or not exc.errors:
        return set()
    failed = root_key(exc.errors[0])
    if failed not in {field.key for field in fields}:
        return set()
    committed: set[str] = set()
    together: set[str] = set()
    for field in fields:
        if field.name in ACTIONS:
            committed |= together
            together = set()
        else:
            together.add(field.key)
        if field.key == failed:
            break
    return committed


async def document_refused(caller: Caller, operation: Operation, failure: GraphQLFailure) -> None:
    """A mutation that was refused before it ran: it asks for what there is not, at least not for this caller."""
    trail = caller.trail
    if trail is None or trail.mode == "off" or not is_refusal(failure):
        return
    fields = root_mutations(operation.query, operation.variables, operation.name)
    for field in fields[:_MOST_REFUSED]:
        if audited.is_recorded(trail.mode, field.name, caller.core_version):
            entry = _generated(field, caller)
            entry.outcome, entry.code = "refused", refusal_code(failure)
            await _leave(trail, entry, durable=False)


async def signed_in(trail: Trail | None, identity: Identity, headers: Headers) -> None:
    """A key has opened the door; the first time from an address is a sign-in."""
    if trail is None or trail.mode == "off":
        return
    came_from = origin.get() or Origin()
    if not trail.first_seen((identity.key_id, came_from.address)):
        return
    entry = _signed(headers)
    entry.tenant_id, entry.user_id = identity.tenant_id, identity.user_id
    entry.api_key_id, entry.role_id = identity.key_id, identity.role_id
    entry.object_table, entry.object_id = "auth_user", identity.user_id
    if not await _leave(trail, entry, durable=True):
        raise Unavailable("The audit trail cannot be written at the moment; nothing was changed. Try again.")


async def sign_in_refused(trail: Trail | None, code: str, headers: Headers) -> None:
    """Somebody without a valid key, once a while for each address: guesses are without number."""
    if trail is None or trail.mode == "off":
        return
    came_from = origin.get() or Origin()
    if not trail.first_seen(("refused", came_from.address)):
        return
    entry = _signed(headers)
    entry.outcome, entry.code = "refused", code
    await _leave(trail, entry, durable=True)


def _signed(headers: Headers) -> Entry:
    entry = Entry(SIGN_IN, "done", "", core_version=_cut(headers, CORE_VERSION, 64))
    _add_origin(entry)
    return entry


def _entry(operation: str, caller: Caller) -> Entry:
    entry = Entry(
        operation[:255],
        "done",
        "",
        tenant_id=caller.tenant_id,
        user_id=caller.user_id,
        api_key_id=caller.key_id,
        role_id=caller.role_id,
        core_version=caller.core_version[:64].replace("\0", "") if caller.core_version else None,
    )
    _add_origin(entry)
    return entry


def _add_origin(entry: Entry) -> None:
    came_from = origin.get() or Origin()
    entry.address, entry.forwarded_for = came_from.address, came_from.forwarded_for
    entry.user_agent, entry.request_id = came_from.user_agent, logs.request_id.get()


def _generated(field: RootMutation, caller: Caller) -> Entry:
    entry = _entry(field.name, caller)
    if field.name in audited.PLACES:
        entry.object_table, entry.object_id = audited.object_of(field.name, field.arguments)
    elif found := _GENERATED.fullmatch(field.name):
        entry.object_table, entry.object_id = found["table"], _id_in(field.arguments)
    entry.info = {"arguments": _arguments(field.arguments)}
    return entry


def _arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    short = summary(arguments)
    # All that most have.
    return short["input"] if len(short) == 1 and isinstance(short.get("input"), dict) else short


def _id_in(arguments: Mapping[str, Any]) -> UUID | None:
    """The id of the one row that a generated mutation names."""
    for path in (("id",), ("pk_columns", "id"), ("where", "id", "_eq"), ("object", "id")):
        value: Any = arguments
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, str) and (found := uuid_or_none(value)):
            return found
    return None


async def _look_before(entry: Entry, caller: Caller) -> None:
    """What the object is now. Fails for no reason: the call itself will meet it."""
    if entry.object_id is None or entry.object_table not in audited.READ_BEFORE:
        return
    try:
        owner, row = await audit.row_before(
            caller.pool, entry.object_table, entry.object_id, caller.tenant_id
        )
    except DATABASE_ERRORS:
        return
    entry.tenant_id = entry.tenant_id or owner
    if row:
        entry.info["before"] = row


async def _leave(trail: Trail, entry: Entry, *, durable: bool | None = None) -> bool:
    """Put the entry in line; False where it should be durable and is not yet."""
    entry.message = _sentence(entry)
    try:
        await trail.add(entry, durable=audited.waits(entry.operation) if durable is None else durable)
    except NotDurable:
        return False
    return True


def _sentence(entry: Entry) -> str:
    if entry.operation == SIGN_IN:
        return " signed in with an API key." if entry.outcome == "done" else " was refused at the door."
    about = ""
    if entry.object_table is not None:
        about = f" on {entry.object_table}"
        named = entry.info.get("before", {}).get("name") or entry.info.get("arguments", {}).get("name")
        if isinstance(named, str):
            about += f" {named!r}"
        elif entry.object_id is not None:
            about += f" {entry.object_id}"
    ends = {
        "done": ".",
        "refused": f", which was refused: {entry.code}.",
        "failed": f", which failed: {entry.code}.",
    }
    return f" called {entry.operation}{about}{ends[entry.outcome]}"


def _judged(exc: Exception) -> tuple[Outcome, str]:
    """What an exception of a call means. Its words are not kept: they may repeat what was sent."""
    match exc:
        case Unavailable():
            return "failed", exc.code
        case ActionError() | HttpProblem():
            return "refused", exc.code
        case asyncpg.CheckViolationError():
            return "refused", FORBIDDEN
        case (
            OrchestrationError()
            | asyncpg.IntegrityConstraintViolationError()
            | asyncpg.DataError()
            | asyncpg.RaiseError()
        ):
            return "refused", INTERNAL
        case GraphQLFailure() if exc.kind != "internal":
            return "refused", INTERNAL
        case _:
            return "failed", INTERNAL
