"""Takes away what large deletes have left behind (docs/decisions/0011-deletes.md)."""

import dramatiq

from lictor.orchestration import purge
from lictor.workers.broker import broker
from lictor.workers.database import database
from lictor.workers.duty_run import run_duty


@dramatiq.actor(broker=broker, actor_name="purge_deleted")
async def purge_deleted(dispatch: int | None = None) -> None:
    """Purge until nothing is left; several workers share the runs between them."""
    await run_duty(database, "purge_deleted", dispatch, purge.purge_deleted)
