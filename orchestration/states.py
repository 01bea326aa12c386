"""Setting states (contract server.md 3.6.6): one statement for any number of calls and items.

`prepare_state` turns what a client sent into what is stored, or says what is wrong with it;
`set_flow_run_states` and `set_task_run_states` write. What is refused is told item by item; which moves are
refused, and what a move needs, stands in orchestration/transitions.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.state_types import FINISHED, RUNNING, STATE_TYPES
from lictor.orchestration.text import refuse_nul
from lictor.orchestration.transitions import flow_run_demands, task_run_demands
from lictor.orchestration.types import Connection

_sql = queries.load("states")
_ABSTRACT = frozenset({"State", "_MetaState"})


@dataclass(frozen=True, slots=True)
class PreparedState:
    """A state as it will be stored: its type, its JSON text, and its start time where it has one."""

    type: str
    encoded: bytes
    start_time: datetime | None = None
    unsaid: str | None = None
    """The key that the client left to us, whose value therefore differs when it sends the same state again."""
    starts_now: bool = False
    """Its start time is the database's now; the statement that writes it puts it in."""


@dataclass(frozen=True, slots=True)
class NewState:
    """A state to be set on run `id`. `version` is what the caller read (None: whatever it is now).

    A run of another tenant than `caller_tenant_id` (None: any) is not found.
    """

    id: UUID
    state: PreparedState
    version: int | None = None
    agent_id: UUID | None = None
    caller_tenant_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class StateAnswer:
    """What became of one NewState: `error` is None when it was written.

    `queued`: instead of the state a Queued one was written, because a concurrency limit is reached; `message` says
    which. `code` is the error's GraphQL `extensions.code` where clients look at it (client.md 1.4).
    """

    id: UUID
    error: str | None = None
    code: str | None = None
    queued: bool = False
    message: str | None = None


def prepare_state(state: Any, *, field: str = "state", size_limit: int = 1_000_000) -> PreparedState:
    """Turn a state as a client sent it into what is stored. Raises OrchestrationError naming `field`.

    Nothing is changed but a null `_result`, which clients cannot read back. States that need a start time and have
    none begin now, by the database's clock. `size_limit` is in bytes of JSON.
    """
    if not isinstance(state, dict):
        raise OrchestrationError(f"{field} must be a JSON object, not {type(state).__name__}.")
    kind = STATE_TYPES.get(state["type"]) if isinstance(state.get("type"), str) else None
    if kind is None or kind.name in _ABSTRACT:
        raise OrchestrationError(f"{field}.type is {state.get('type')!r}, which is no state Prefect knows.")
    if not isinstance(state.get("message"), str | None):
        raise OrchestrationError(f"{field}.message must be text or null.")
    if "_result" in state and state["_result"] is None:
        state = {key: value for key, value in state.items() if key != "_result"}
    start_time, unsaid = None, None
    if kind.has_start_time:
        start_time = _start_time(state.get("start_time"), field)
        unsaid = None if start_time else "start_time"
    encoded = orjson.dumps(state)
    if len(encoded) > size_limit:
        raise OrchestrationError(
            f"State payload is too large: {field} has {len(encoded):,} bytes, the limit is {size_limit:,} "
            "(LICTOR_STATE_SIZE_LIMIT). Store the result outside and keep its location."
        )
    refuse_nul(encoded, field)
    return PreparedState(kind.name, encoded, start_time, unsaid, bool(unsaid) and kind.defaults_to_now)


def _start_time(given: Any, field: str) -> datetime | None:
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise OrchestrationError(f"{field}.start_time is not an ISO 8601 time: {given!r}.") from None


Calls = Sequence[Sequence[NewState]]


def _encode(calls: Calls, demands: Mapping[str, Mapping[str, Any]]) -> str:
    rows = []
    for call_number, call in enumerate(calls):
        # A call may set one run several times: each item follows on the one before it.
        before: dict[UUID, tuple[int, str | None]] = {}
        for item_number, item in enumerate(call):
            number, type_before = before.get(item.id, (0, None))
            state = item.state
            before[item.id] = number + 1, state.type
            said = {
                "call": call_number,
                "item": item_number,
                "id": item.id,
                "caller_tenant_id": item.caller_tenant_id,
                "version": item.version,
                "said": orjson.Fragment(state.encoded),
                "type": state.type,
                "said_start_time": state.start_time,
                "starts_now": state.starts_now or None,
                "agent_id": item.agent_id,
                "number": number + 1,
                "type_before": type_before,
                "unsaid": state.unsaid,
                **demands[state.type],
            }
            # What is not said is NULL without being sent: Postgres reads every key.
            rows.append({name: value for name, value in said.items() if value is not None})
    return orjson.dumps(rows, default=str).decode()


async def set_flow_run_states(connection: Connection, calls: Calls) -> list[list[StateAnswer]]:
    """Set states of flow runs. Each call is all or nothing; the answers stand as the calls did."""
    rows = await _sql.set_flow_run_states.fetch(connection, items=_encode(calls, flow_run_demands))
    return _answers(calls, rows, "flow run", _flow_run_error)


async def set_task_run_states(connection: Connection, calls: Calls) -> list[list[StateAnswer]]:
    """Set states of task runs. Each call is all or nothing; the answers stand as the calls did."""
    rows = await _sql.set_task_run_states.fetch(connection, items=_encode(calls, task_run_demands))
    return _answers(calls, rows, "task run", _task_run_error)


def _answers(
    calls: Calls, rows: Sequence[Any], kind: str, error: Callable[[UUID, Any], str]
) -> list[list[StateAnswer]]:
    answers = [[StateAnswer(item.id) for item in call] for call in calls]
    for row in rows:
        item = calls[row["call"]][row["item"]]
        answers[row["call"]][row["item"]] = _answer(item, row, kind, error)
    return answers


def _answer(item: NewState, row: Any, kind: str, error: Callable[[UUID, Any], str]) -> StateAnswer:
    # Agents look for "State update failed" and then leave the run alone (client.md 1.4).
    match row["outcome"]:
        case "repeated":
            return StateAnswer(item.id)
        case "still_queued":
            return StateAnswer(item.id, queued=True, message="Its slots are taken: wait, and ask again.")
        case "queued":
            message = (
                f"All {row['limit_size']} slots of {row['limit_name']!r} are taken: wait, and ask again."
            )
            return StateAnswer(item.id, queued=True, message=message)
        case "given_up":
            text = (
                f"State update failed for {kind} ID {item.id}: its process gave no sign of life for too long and was "
                "given up, and the run was moved on to another one (its log tells more). "
                "To set a state all the same, name the run's version."
            )
            # Told by this code, a flow's process ends; a task's would begin anew (docs/decisions/0015-recovery.md).
            return StateAnswer(item.id, text, code="VERSION_LOCKING_ERROR" if kind == "flow run" else None)
        case "version_locked":
            text = (
                f"State update failed for {kind} ID {item.id}: its versions are locked, and "
                f"{'it is Running already' if item.version is None else f'version {item.version} is not its version now'}."
            )
            return StateAnswer(item.id, text, code="VERSION_LOCKING_ERROR")
        case "not_found":
            return StateAnswer(
                item.id, f"State update failed for {kind} ID {item.id}: there is no such {kind}."
            )
        case _:
            return StateAnswer(item.id, error(item.id, row))


def _flow_run_error(id: UUID, row: Any) -> str:
    if row["outcome"] == "no_slot":
        return (
            f"State update failed for flow run ID {id}: all {row['limit_size']} slots of its label "
            f"{row['limit_name']!r} are taken. It stays in the queue until one is free."
        )
    return "State update failed: this run has already been submitted."


def _task_run_error(id: UUID, row: Any) -> str:
    if row["outcome"] == "flow_run_not_running":
        return (
            f"State update failed for task run ID {id}: "
            f"its flow run is not in a running state (it is {row['flow_run_state'] or 'not scheduled yet'})."
        )
    return "State update failed: this task run has already been submitted."


async def cancel_flow_run(
    connection: Connection,
    flow_run_id: UUID,
    message: str | None = None,
    *,
    caller_tenant_id: UUID | None = None,
) -> str:
    """Cancel a run: what runs becomes Cancelling, what waits becomes Cancelled, what has ended stays.

    Returns the state it is in then. Raises OrchestrationError for an unknown run, which one of another tenant than
    `caller_tenant_id` (None: any) is (server.md 3.6.4).
    """
    async with connection.transaction():
        row = await _sql.lock_flow_run_state.fetchrow(
            connection, flow_run_id=flow_run_id, caller_tenant_id=caller_tenant_id
        )
        if row is None:
            raise OrchestrationError(f"Invalid flow run ID: {flow_run_id}.")
        if row["state"] in FINISHED:
            return row["state"]
        kind = "Cancelling" if row["state"] in RUNNING else "Cancelled"
        text = message or f"Flow run is {'being cancelled' if kind == 'Cancelling' else 'cancelled'}."
        await set_flow_run_states(
            connection, [[NewState(flow_run_id, prepare_state({"type": kind, "message": text}))]]
        )
        return kind
