"""Tops up the runs of flows with an active schedule (contract server.md 4.1 Scheduler)."""

import dramatiq

from lictor.orchestration import scheduling
from lictor.orchestration.types import Connection
from lictor.settings import get_settings
from lictor.workers.broker import broker
from lictor.workers.database import database
from lictor.workers.duty_run import run_duty


@dramatiq.actor(broker=broker, actor_name="schedule_flow_runs")
async def schedule_flow_runs(dispatch: int | None = None) -> None:
    """Make the next runs of every flow that has too few ahead; several workers share the flows between them."""

    async def work(connection: Connection) -> int:
        max_runs = get_settings().scheduled_runs_per_flow
        return len(await scheduling.schedule_flow_runs(connection, max_runs=max_runs))

    await run_duty(database, "schedule_flow_runs", dispatch, work)
