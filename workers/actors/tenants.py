"""Takes away what deleted tenants have left (contract server.md 3.6.1 delete_tenant)."""

import dramatiq

from lictor.orchestration import tenant_purge
from lictor.workers.broker import broker
from lictor.workers.database import database
from lictor.workers.duty_run import run_duty


@dramatiq.actor(broker=broker, actor_name="purge_tenants")
async def purge_tenants(dispatch: int | None = None) -> None:
    """Purge every deleted tenant that no other worker is purging; several workers share them."""
    await run_duty(database, "purge_tenants", dispatch, tenant_purge.purge_tenants)
