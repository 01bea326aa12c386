"""Makes the runs that active schedules call for (contract server.md 3.6.3, 4.1 Scheduler).

In: a connection, and flows or none ("all that need runs"). Out: the ids of the runs made. Any number of schedulers
may work at once and die at any line: flows are claimed batch by batch, one transaction each, and a run is made once
because of its idempotency key. A flow of which no runs can be made says why in `flow.schedule_error` and stops no
other. Never makes runs of a flow that is archived or whose schedule is off.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from lictor.orchestration import queries
from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs
from lictor.orchestration.outages import CONNECTION_ERRORS
from lictor.orchestration.schedules import Occurrence, ScheduleError, attributes_key, next_times
from lictor.orchestration.types import Connection

_sql = queries.load("scheduling")
_log = structlog.get_logger("lictor.scheduling")

_RUNS_PER_BATCH = 2000
"""Bounds the memory of a pass and the time for which flows are locked."""
_RUNS_PREPARED_PER_SEARCH, _RUNS_PREPARED_PER_BATCH = 20_000, 100
_BEFORE_ALL = UUID(int=0)
_ERROR_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A flow whose row we have locked, its schedule as JSON text, and the time of its last run ahead, if any."""

    id: UUID
    schedule: str
    last: datetime | None


@dataclass(frozen=True, slots=True)
class _Flow:
    """A flow and the runs to be made of it, or why there are none to make."""

    id: UUID
    requests: list[NewFlowRun]
    error: str | None = None


async def schedule_flow_runs(
    connection: Connection,
    flow_ids: Sequence[UUID] | None = None,
    *,
    max_runs: int = 10,
    now: datetime | None = None,
    more: Callable[[], object] | None = None,
) -> list[UUID]:
    """Make the next `max_runs` runs of flows with an active schedule; returns the ids of those that are new.

    Without `flow_ids`, all flows are topped up that have fewer than `max_runs` scheduled runs ahead, except those
    another scheduler holds at this moment. The flow group's schedule goes before the flow's. Asking again makes
    nothing new (contract server.md 3.6.3 schedule_flow_runs).

    Each batch of flows is a transaction (a savepoint inside the caller's). `now` (aware) stands in for the
    database's clock. A flow whose schedule or parameters are wrong is marked with the error and stops no other.
    `more` is called once, when the first batch is full: there is work for other schedulers, too.
    """
    now = now or await _database_time(connection)
    made: list[UUID] = []
    if flow_ids is not None:
        size = _flows_per_batch(max_runs)
        # Everybody locks flows in the order of their ids: no deadlock.
        ordered = sorted(set(flow_ids))
        for start in range(0, len(ordered), size):
            async with connection.transaction():
                chosen = ordered[start : start + size]
                rows = await _sql.claim_flows.fetch(connection, flow_ids=chosen)
                made += await _schedule_batch(connection, rows, now, max_runs)
        return made
    size, last = _flows_per_batch(max_runs), _BEFORE_ALL
    while True:
        async with connection.transaction():
            rows = await _sql.claim_flows_to_top_up.fetch(
                connection, now=now, after_id=last, max_runs=max_runs, batch_size=size
            )
            if more is not None and len(rows) == size:
                more()
                more = None
            made += await _schedule_batch(connection, rows, now, max_runs)
        if not rows:
            return made
        last = rows[-1]["id"]


async def prepare_due_task_runs(connection: Connection, within: timedelta) -> int:
    """Make the task runs of auto-scheduled runs that come due within `within`; returns of how many runs.

    A client finds its task runs when it starts (contract client.md 5.1), so they must be there before the run is
    due; making them with the run, days ahead, would cost a row per task for nothing.
    """
    total = 0
    while True:
        # Found once, then prepared batch by batch: of a hundred thousand that are due at one moment, each batch would
        # find those again that are done.
        found = await _sql.due_without_task_runs.fetch(
            connection, within=within, most=_RUNS_PREPARED_PER_SEARCH
        )
        ids, prepared = [row["id"] for row in found], 0
        for start in range(0, len(ids), _RUNS_PREPARED_PER_BATCH):
            prepared += await _sql.prepare_task_runs.fetchval(
                connection, flow_run_ids=ids[start : start + _RUNS_PREPARED_PER_BATCH]
            )
        total += prepared
        # What is left of the last ones is in the hands of others.
        if not prepared or len(ids) < _RUNS_PREPARED_PER_SEARCH:
            return total


async def _database_time(connection: Connection) -> datetime:
    return await _sql.database_time.fetchval(connection)


def idempotency_key(occurrence: Occurrence) -> str:
    """The key of the run of an occurrence: `auto-scheduled:<start>` or `auto-scheduled:<start>:<SHA-256>`.

    The digest is that of the canonical JSON of what the clock gives to the run, if it gives anything. Keys are
    stored: the format must never change, or every scheduled run is made twice.
    """
    key = f"auto-scheduled:{occurrence.start.isoformat()}"
    attributes = attributes_key(occurrence)
    return key if attributes is None else f"{key}:{hashlib.sha256(attributes.encode()).hexdigest()}"


def _flows_per_batch(max_runs: int) -> int:
    return max(1, _RUNS_PER_BATCH // max_runs)


async def _schedule_batch(
    connection: Connection, rows: Sequence[Any], now: datetime, max_runs: int
) -> list[UUID]:
    """Make the runs of claimed flows (rows of id and schedule); returns the ids of those that are new."""
    ids = [row["id"] for row in rows]
    ahead = {it["flow_id"]: it for it in await _sql.runs_ahead.fetch(connection, flow_ids=ids, now=now)}
    claimed = [
        _Claimed(row["id"], row["schedule"], runs["last"] if runs else None)
        for row in rows
        if not (runs := ahead.get(row["id"]))
        or runs["scheduled"] < max_runs
        or row["schedule_error"] is not None
    ]
    # Some hundred schedules, or one whose filters let little through, would hold up everything else on the event loop.
    flows = await asyncio.to_thread(_plan, claimed, now, max_runs)
    made, errors = await _make_runs_of_all(connection, [flow for flow in flows if flow.error is None])
    errors |= {flow.id: flow.error for flow in flows if flow.error is not None}
    await _mark(connection, flows, errors)
    return made


async def _make_runs_of_all(
    connection: Connection, flows: Sequence[_Flow]
) -> tuple[list[UUID], dict[UUID, str]]:
    """Make the runs of a batch at once, or if that fails flow by flow; returns the new ids, and what went wrong."""
    try:
        return await _make_runs(connection, flows)
    except CONNECTION_ERRORS:
        raise
    except Exception:
        _log.warning("batch_failed", flows=len(flows), exc_info=True)
    made: list[UUID] = []
    errors: dict[UUID, str] = {}
    for flow in flows:
        try:
            ids, refused = await _make_runs(connection, [flow])
        except CONNECTION_ERRORS:
            raise
        except Exception as error:
            errors[flow.id] = _text(error)
        else:
            made += ids
            errors |= refused
    return made, errors


async def _mark(connection: Connection, flows: Sequence[_Flow], errors: dict[UUID, str]) -> None:
    """Write down how it went with each flow, and log what is new."""
    ids = sorted(flow.id for flow in flows)
    if not ids:
        return
    changed = await _sql.mark_schedule_errors.fetch(
        connection, flow_ids=ids, errors=[errors.get(id) for id in ids]
    )
    for row in changed:
        if row["schedule_error"] is None:
            _log.info("flow_scheduled_again", flow_id=str(row["id"]))
        else:
            _log.warning("flow_not_scheduled", flow_id=str(row["id"]), error=row["schedule_error"])


def _text(error: Exception) -> str:
    """What a person is told of an error; NUL, which Postgres cannot store, is left out."""
    text = str(error) if isinstance(error, ScheduleError) else f"{type(error).__name__}: {error}"
    return text.replace("\0", "")[:_ERROR_LENGTH]


def _plan(claimed: Sequence[_Claimed], now: datetime, max_runs: int) -> list[_Flow]:
    """The runs each claimed flow needs; a flow whose schedule is wrong needs none, and has an error."""
    flows = []
    for flow in claimed:
        try:
            occurrences = next_times(json.loads(flow.schedule), after=now, count=max_runs)
        # Whatever a registered document does to the libraries, it concerns this flow alone.
        except Exception as error:
            flows.append(_Flow(flow.id, [], _text(error)))
        else:
            flows.append(_Flow(flow.id, _requests(flow.id, occurrences, flow.last)))
    return flows


def _requests(flow_id: UUID, occurrences: Sequence[Occurrence], last: datetime | None) -> list[NewFlowRun]:
    """Requests for the occurrences that may not have runs yet; `last` is the time of the last run ahead.

    A plain occurrence before `last` had its run already: if there is none now, somebody deleted it (3.6.3 step 5).
    Occurrences that adjustments moved to the same time have one run.
    """
    wanted = {
        idempotency_key(occurrence): occurrence
        for occurrence in occurrences
        if last is None or occurrence.start > last or attributes_key(occurrence) is not None
    }
    return [
        NewFlowRun(
            flow_id=flow_id,
            parameters=occurrence.parameter_defaults,
            labels=occurrence.labels,
            scheduled_start_time=occurrence.start,
            idempotency_key=key,
            auto_scheduled=True,
        )
        for key, occurrence in wanted.items()
    ]


async def _make_runs(connection: Connection, flows: Sequence[_Flow]) -> tuple[list[UUID], dict[UUID, str]]:
    """Make the runs in one statement; returns the ids of those that are new, and by flow why runs were refused."""
    requests = [request for flow in flows for request in flow.requests]
    if not requests:
        return [], {}
    async with connection.transaction():
        answers = await create_flow_runs(connection, requests)
    refused = {
        request.flow_id: made.error
        for request, made in zip(requests, answers, strict=True)
        if made.error is not None and request.flow_id is not None
    }
    return [made.id for made in answers if made.created and made.id is not None], refused
