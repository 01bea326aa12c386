"""What Prefect 1.4.1 itself answers for a serialised schedule. Runs in the client's Python, not in Lictor's.

As a program: a JSON object {schedule, after, count} a line on standard input, an answer a line on standard output.
An answer has `expected`, what the client says if asked at `after`; `settled`, what it says of the same times if it
had been asked well before (see `Early`); or `error`.
"""

import datetime
import heapq
import itertools
import json
import sys

import pendulum
from prefect.schedules.clocks import CronClock, IntervalClock
from prefect.serialization.schedule import ScheduleSchema

UTC = pendulum.timezone("UTC")
LEADS = [datetime.timedelta(hours=hours) for hours in (1, 12, 30, 240, 960, 3200, 36000)]
WAITING = 20
LONG_ENOUGH = datetime.timedelta(hours=30)


class Early:
    """A clock that is asked early enough, as a server that is up asks it: runs are made ten firings ahead.

    An interval clock counts elapsed time to find its first firing and wall time to compute it, and so leaves some
    out after a change of the offset; a cron clock is an hour off if its first firing is at such a change. Firings
    that do not come first are right, but for those in a gap, which come twice and out of order.
    """

    def __init__(self, clock):
        self.clock = clock

    def events(self, after):
        events = self.clock.events(after=after - self.lead(after))
        return in_order(event for event in events if event.start_time > after)

    def lead(self, after):
        if isinstance(self.clock, IntervalClock):
            return 3 * self.clock.interval + datetime.timedelta(hours=6)
        chosen = LEADS[0]
        for lead in LEADS:
            events = itertools.takewhile(
                lambda event: event.start_time <= after, self.clock.events(after=after - lead)
            )
            passed = sum(1 for _ in itertools.islice(events, 800))
            if passed == 800:
                # A cron clock ends after 1,000 firings.
                break
            chosen = lead
            if passed >= 3 and lead >= LONG_ENOUGH:
                break
        return chosen


def in_order(events):
    """The events of one clock in order and each once; none is more than WAITING places away from its own."""
    waiting = list(itertools.islice(events, WAITING))
    heapq.heapify(waiting)
    last = None
    while waiting:
        following = next(events, None)
        event = heapq.heappop(waiting) if following is None else heapq.heapreplace(waiting, following)
        if event != last:
            yield event
        last = event


def listed(events):
    return [
        [event.start_time.in_tz("UTC").isoformat(), event.parameter_defaults, event.labels]
        for event in events
    ]


def may_err(clock):
    """Whether what a clock says may depend on when it is asked: one that knows changes of its offset."""
    return isinstance(clock, (CronClock, IntervalClock)) and getattr(clock.start_date, "tz", UTC) != UTC


def answer(document, after, count):
    try:
        schedule = ScheduleSchema().load(document)
        expected = listed(schedule.next(count, after=after, return_events=True))
        schedule.clocks = [Early(clock) if may_err(clock) else clock for clock in schedule.clocks]
        # `next` compares the event that follows with the one it has just moved, and drops it if they are at one time
        # now: of hourly events moved by an hour, every second. Here events are moved after all are found.
        adjustments, schedule.adjustments = schedule.adjustments, []
        events = schedule.next(count, after=after, return_events=True)
        schedule.adjustments = adjustments
        for event in events:
            event.start_time = schedule._apply_adjustments(event.start_time)
        settled = listed(events)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"expected": expected, "settled": settled}


def main():
    for line in sys.stdin:
        asked = json.loads(line)
        after = pendulum.parse(asked["after"]).in_tz("UTC")
        print(json.dumps(answer(asked["schedule"], after, asked["count"])), flush=True)


if __name__ == "__main__":
    main()
