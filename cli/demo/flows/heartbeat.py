"""Scheduled every hour, for the first time some seconds from now."""

# pyright: reportMissingImports=false, reportFunctionMemberAccess=false

from datetime import timedelta

import pendulum
import prefect
from prefect import Flow, task
from prefect.schedules import IntervalSchedule


@task
def beat():
    due = prefect.context.scheduled_start_time
    prefect.context.logger.info(
        "Was due at %s, runs %.1f s later", due, (pendulum.now("UTC") - due).total_seconds()
    )


schedule = IntervalSchedule(start_date=pendulum.now("UTC").add(seconds=5), interval=timedelta(hours=1))

with Flow("heartbeat", schedule=schedule) as flow:
    beat()
