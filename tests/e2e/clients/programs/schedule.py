"""Registers a flow with an interval and a cron clock. Input: {"project"}.

Output: its id, and the next ten events of the client's own reading of the schedule.
"""

from datetime import timedelta

import pendulum
from prefect.schedules import Schedule
from prefect.schedules.clocks import CronClock, IntervalClock

from flows import squares
from release import answer, register

if not hasattr(pendulum.tz, "_Timezone"):
    # pendulum 3, the only one for Python 3.12 and later; CronClock asserts the name that 2 had.
    pendulum.tz._Timezone = pendulum.tz.Timezone

start = pendulum.today("America/New_York").add(days=1)
flow = squares("scheduled")
flow.schedule = Schedule(
    clocks=[
        IntervalClock(timedelta(hours=5), start_date=start, parameter_defaults={"n": 9}, labels=["often"]),
        CronClock("30 2 * * 1-6", start_date=start),
    ]
)
flow_id = register(flow)
answer(
    flow=flow_id,
    events=[
        [event.start_time.isoformat(), event.parameter_defaults or {}, event.labels or []]
        for event in flow.schedule.next(10, return_events=True)
    ],
)
