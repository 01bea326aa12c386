"""Makes the monthly partitions of the history tables ahead of time (migrations, utility.ensure_partitions)."""

import dramatiq

from lictor.orchestration.types import Connection
from lictor.workers.broker import broker
from lictor.workers.database import database
from lictor.workers.duty_run import run_duty
from lictor.workers.statements import partitions as _sql


@dramatiq.actor(broker=broker, actor_name="ensure_partitions")
async def ensure_partitions(dispatch: int | None = None) -> None:
    """Make the partitions of the next three months where they are missing."""

    async def work(connection: Connection) -> int:
        return await _sql.ensure_partitions.fetchval(connection)

    await run_duty(database, "ensure_partitions", dispatch, work)
