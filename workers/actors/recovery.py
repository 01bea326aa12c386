"""Lazarus and the zombie killer (contract server.md 4.1, docs/decisions/0015-recovery.md)."""

from datetime import timedelta

import dramatiq

from lictor.orchestration import recovery
from lictor.orchestration.types import Connection
from lictor.settings import get_settings
from lictor.workers.broker import broker
from lictor.workers.database import database
from lictor.workers.duty_run import run_duty


def _silence() -> recovery.Silence:
    settings = get_settings()
    return recovery.Silence(
        beats=timedelta(seconds=settings.heartbeat_cutoff),
        reads=timedelta(seconds=settings.runner_cutoff) if settings.runner_cutoff else None,
    )


@dramatiq.actor(broker=broker, actor_name="revive_flow_runs")
async def revive_flow_runs(dispatch: int | None = None) -> None:
    """Put flow runs whose process is gone back into the queue; several workers share them between them."""

    async def work(connection: Connection) -> int:
        limit = get_settings().resurrection_limit
        return await recovery.revive_flow_runs(connection, _silence(), limit=limit)

    await run_duty(database, "revive_flow_runs", dispatch, work)


@dramatiq.actor(broker=broker, actor_name="kill_zombies")
async def kill_zombies(dispatch: int | None = None) -> None:
    """Settle task runs and cancelled flow runs whose process is gone; several workers share them between them."""

    async def work(connection: Connection) -> int:
        return await recovery.kill_zombies(connection, _silence())

    await run_duty(database, "kill_zombies", dispatch, work)
