"""Takes away what nobody wants to keep any longer (orchestration/retention.py)."""

import dramatiq

from lictor.orchestration.retention import apply_retention
from lictor.orchestration.types import Connection
from lictor.settings import get_settings
from lictor.workers.broker import broker
from lictor.workers.database import database
from lictor.workers.duty_run import run_duty


@dramatiq.actor(broker=broker, actor_name="apply_retention")
async def apply_retention_actor(dispatch: int | None = None) -> None:
    """Apply every tenant's policy, and the settings where a tenant has none."""

    async def work(connection: Connection) -> int:
        settings = get_settings()
        done = await apply_retention(
            connection, settings.retention_days, audit_days=settings.retention_audit_days
        )
        return sum(done.values())

    await run_duty(database, "apply_retention", dispatch, work)
