"""Flow runs: making them (contract server.md 3.6.4), naming, labelling and deleting them.

Functions take a connection and values and run one statement each. They know nothing of HTTP or GraphQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import coolname
import orjson

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.types import Beat, Connection, Executor

_sql = queries.load("flow_runs")


@dataclass(frozen=True, slots=True)
class NewFlowRun:
    """A flow run to be made. Give `flow_id`, or `version_group_id` for the newest live version of a group.

    `labels` and `run_config` of None mean "as the flow group and the flow say" (3.6.4 steps 3 and 4).
    """

    flow_id: UUID | None = None
    version_group_id: str | None = None
    tenant_id: UUID | None = None
    parameters: dict[str, Any] | None = None
    labels: list[str] | None = None
    run_config: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    name: str | None = None
    scheduled_start_time: datetime | None = None
    idempotency_key: str | None = None
    auto_scheduled: bool = False


@dataclass(frozen=True, slots=True)
class MadeFlowRun:
    """What came of a NewFlowRun: `id` of the run and whether it is new, or the reason there is none."""

    id: UUID | None
    created: bool
    error: str | None = None

    def unwrap(self) -> UUID:
        """The id; raises OrchestrationError with the reason when there is none."""
        if self.id is None:
            raise OrchestrationError(self.error or "The flow run could not be created.")
        return self.id


def generate_name() -> str:
    """Two random words joined by a hyphen, such as `brisk-otter`."""
    return coolname.generate_slug(2)


async def create_flow_runs(connection: Connection, requests: Sequence[NewFlowRun]) -> list[MadeFlowRun]:
    """Make the runs in one statement; answers stand in the order of the requests.

    A replay (same idempotency key, same flow) finds the first run and changes nothing. A request that
    cannot be met (unknown or archived flow, required parameters missing) leaves the others alone.
    """
    rows = await _sql.create_flow_runs.fetch(connection, requests=_encode(requests))
    return [_answer(row, request) for row, request in zip(rows, requests, strict=True)]


def _encode(requests: Sequence[NewFlowRun]) -> str:
    rows = [
        {
            "request": number,
            "flow_id": request.flow_id,
            "version_group_id": request.version_group_id,
            "tenant_id": request.tenant_id,
            "parameters": request.parameters,
            "labels": request.labels,
            "run_config": request.run_config,
            "context": request.context,
            "name": request.name or generate_name(),
            "scheduled_start_time": request.scheduled_start_time,
            "idempotency_key": request.idempotency_key,
            "auto_scheduled": request.auto_scheduled,
        }
        for number, request in enumerate(requests)
    ]
    return orjson.dumps(rows, default=str).decode()


def _answer(row: Any, request: NewFlowRun) -> MadeFlowRun:
    match row["outcome"]:
        case "created" | "existing" as outcome:
            return MadeFlowRun(row["id"], created=outcome == "created")
        case "flow_not_found":
            error = f"Flow {request.flow_id} not found."
        case "no_unarchived_flow":
            error = f"There are no unarchived flows in version group {request.version_group_id!r}."
        case "flow_archived":
            error = (
                f"Flow {request.flow_id} is archived: register it again, "
                "or run the version that has taken its place."
            )
        case _:
            missing = ", ".join(row["missing"])
            error = f"Required parameters were not supplied: {missing}."
    return MadeFlowRun(None, created=False, error=error)


async def set_flow_run_name(
    executor: Executor, flow_run_id: UUID, name: str, *, tenant_id: UUID | None = None
) -> bool:
    """Name a run; False for an unknown one. Raises OrchestrationError for an empty name."""
    if not name.strip():
        raise OrchestrationError("Invalid name: a flow run's name must not be empty.")
    changed = await _sql.set_flow_run_name.fetchval(
        executor, name=name, flow_run_id=flow_run_id, tenant_id=tenant_id
    )
    return changed is not None


async def set_flow_run_labels(
    executor: Executor, flow_run_id: UUID, labels: Sequence[str], *, tenant_id: UUID | None = None
) -> bool:
    """Replace a run's labels (kept sorted, each once); False for an unknown run."""
    encoded = orjson.dumps(sorted(set(labels))).decode()
    changed = await _sql.set_flow_run_labels.fetchval(
        executor, labels=encoded, flow_run_id=flow_run_id, tenant_id=tenant_id
    )
    return changed is not None


async def delete_flow_run(executor: Executor, flow_run_id: UUID, *, tenant_id: UUID | None = None) -> bool:
    """Delete a run; what hangs below it goes too, if that is much, a little later (purge.py). False for an unknown one."""
    deleted = await _sql.delete_flow_run.fetchval(executor, flow_run_id=flow_run_id, tenant_id=tenant_id)
    return deleted is not None


async def beat(connection: Connection, beats: Sequence[Beat]) -> list[None]:
    """Note a sign of life of each flow run; unknown ids are nobody's error (server.md 3.6.4)."""
    await _sql.beat.execute(
        connection,
        ids=[each.id for each in beats],
        caller_tenant_ids=[each.caller_tenant_id for each in beats],
    )
    return [None] * len(beats)
