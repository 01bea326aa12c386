"""Reminds the worker of what is owed to hooks, and forgets what was paid long ago (docs/decisions/0016-outbox.md)."""

from datetime import timedelta

import dramatiq
import structlog

from lictor.orchestration import automations, deliveries
from lictor.orchestration.types import Connection
from lictor.settings import get_settings
from lictor.workers.broker import broker
from lictor.workers.database import database
from lictor.workers.delivery_service import service
from lictor.workers.duty_run import run_duty

_log = structlog.get_logger("lictor.hooks")


@dramatiq.actor(broker=broker, actor_name="deliver_hooks")
async def deliver_hooks(dispatch: int | None = None) -> None:
    """Wake this process's deliverer; say so if deliveries have been due for longer than they should."""

    async def work(connection: Connection) -> int:
        service.wake()
        patience = timedelta(seconds=get_settings().hook_claim)
        overdue = await deliveries.count_overdue(connection, patience)
        if overdue:
            _log.warning("deliveries_overdue", number=overdue, seconds=patience.total_seconds())
        return overdue

    await run_duty(database, "deliver_hooks", dispatch, work)


@dramatiq.actor(broker=broker, actor_name="forget_hook_deliveries")
async def forget_hook_deliveries(dispatch: int | None = None) -> None:
    """Delete deliveries that were made, or given up, long enough ago."""

    async def work(connection: Connection) -> int:
        settings = get_settings()
        delivered_for = timedelta(days=settings.hook_delivered_days)
        dead_for = timedelta(days=settings.hook_dead_days)
        # A dead letter that is sent again may yet make a run.
        await automations.forget_descendants(connection, max(delivered_for, dead_for) + timedelta(days=1))
        return await deliveries.forget_deliveries(connection, delivered_for=delivered_for, dead_for=dead_for)

    await run_duty(database, "forget_hook_deliveries", dispatch, work)
