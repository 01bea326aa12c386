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
    """Make the next runs of every flow that has too few ahead.

    When there is more than a batch to do, other workers are called to help. Whoever comes takes flows that nobody
    else holds; a call that is lost or comes late does no harm.
    """
    settings = get_settings()

    def call_helpers() -> None:
        for _ in range(settings.scheduler_helpers):
            # Without an order: a helper writes nothing down and calls nobody.
            schedule_flow_runs.send()

    async def work(connection: Connection) -> int:
        made = await scheduling.schedule_flow_runs(
            connection,
            max_runs=settings.scheduled_runs_per_flow,
            more=call_helpers if dispatch is not None else None,
        )
        return len(made)

    await run_duty(database, "schedule_flow_runs", dispatch, work)
