"""Skips scheduled runs that are late, where the flow group wants that (orchestration/late_runs.py)."""

import dramatiq

from lictor.orchestration import late_runs
from lictor.workers.broker import broker
from lictor.workers.database import database
from lictor.workers.duty_run import run_duty


@dramatiq.actor(broker=broker, actor_name="skip_late_runs")
async def skip_late_runs(dispatch: int | None = None) -> None:
    """Skip until nothing is left; several workers share the runs between them."""
    await run_duty(database, "skip_late_runs", dispatch, late_runs.skip_late_runs)
