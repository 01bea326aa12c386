"""Looks for runs and agents that break an SLA (docs/decisions/0017-automations.md)."""

from datetime import timedelta

import dramatiq
import structlog

from lictor.orchestration import slas
from lictor.orchestration.types import Connection
from lictor.settings import get_settings
from lictor.workers.broker import broker
from lictor.workers.database import database
from lictor.workers.duty_run import run_duty

_log = structlog.get_logger("lictor.automations")


@dramatiq.actor(broker=broker, actor_name="fail_flow_slas")
async def fail_flow_slas(dispatch: int | None = None) -> None:
    """Tell automations of runs that did not start, or finish, in the time they have."""
    await run_duty(database, "fail_flow_slas", dispatch, slas.fail_flow_slas)


@dramatiq.actor(broker=broker, actor_name="fail_agent_slas")
async def fail_agent_slas(dispatch: int | None = None) -> None:
    """Tell automations of agent configs with too few agents that ask for runs."""

    async def work(connection: Connection) -> int:
        healthy_for = timedelta(seconds=get_settings().agent_healthy_seconds)
        failed, recovered = await slas.fail_agent_slas(connection, healthy_for=healthy_for)
        if recovered:
            _log.info("agents_recovered", configs=recovered)
        return failed

    await run_duty(database, "fail_agent_slas", dispatch, work)
