"""Makes the task runs of scheduled runs shortly before they are due (contract client.md 5.1)."""

from datetime import timedelta

import dramatiq

from lictor.orchestration import scheduling
from lictor.orchestration.types import Connection
from lictor.settings import get_settings
from lictor.workers.broker import broker
from lictor.workers.database import database
from lictor.workers.duty_run import run_duty


@dramatiq.actor(broker=broker, actor_name="prepare_due_task_runs")
async def prepare_due_task_runs(dispatch: int | None = None) -> None:
    """Prepare the runs that come due before the run after the next of this duty, or that an agent may fetch early."""

    async def work(connection: Connection) -> int:
        within = timedelta(seconds=get_settings().due_task_runs_ahead)
        return await scheduling.prepare_due_task_runs(connection, within)

    await run_duty(database, "prepare_due_task_runs", dispatch, work)
