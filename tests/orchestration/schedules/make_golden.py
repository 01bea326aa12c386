"""Writes golden.jsonl: what Prefect 1.4.1 itself answers for schedules around DST changes and elsewhere.

Run it with the Python of an environment that has the real client (`lictor demo` and the tests make one in the user's
cache; cli/demo/client.py says where):

    prefect-client/bin/python tests/orchestration/schedules/make_golden.py > tests/orchestration/schedules/golden.jsonl

One JSON object a line: `schedule` as the client serialises it (most without what is null, empty or the default),
`after`, and the answer: `times`, each as the seconds since the one before (the first since `after`), and `clocks`,
whose parameters and labels each has (by number; left out if all are those of the first). `settled` if the client
says otherwise when it is asked earlier (oracle.py), in the same form. The output is the same at every run.
"""

import datetime
import itertools
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import golden_cases
import oracle

COUNT = 10
BEYOND = "2037"
"""From this year on the client's zones have no changes any more."""
AS_WRITTEN = 10
"""Every tenth schedule is left as the client wrote it."""
DEFAULTS = {"parameter_defaults": {}, "labels": None, "start_date": None, "end_date": None, "day_or": True}


def compact(schedule):
    clocks = []
    for clock in schedule["clocks"]:
        kept = {k: v for k, v in clock.items() if k not in DEFAULTS or v != DEFAULTS[k]}
        kept.pop("__version__", None)
        clocks.append(kept)
    functions = {k: v for k, v in schedule.items() if isinstance(v, list) and v}
    return {**functions, "clocks": clocks}


def encode(answer, schedule, after):
    attributes = [[it.get("parameter_defaults") or {}, it.get("labels")] for it in schedule["clocks"]]
    times, clocks, last = [], [], datetime.datetime.fromisoformat(after.isoformat())
    for start, *given in answer:
        moment = datetime.datetime.fromisoformat(start)
        microseconds = (moment - last) // datetime.timedelta(microseconds=1)
        times.append(microseconds / 10**6 if microseconds % 10**6 else microseconds // 10**6)
        clocks.append(attributes.index(given))
        last = moment
    return {"times": times, "clocks": clocks} if any(clocks) else {"times": times}


def main(first=0, end=None):
    """All rows, or those from number `first` to before number `end`, for those who have two processors."""
    cases = enumerate(itertools.chain(*golden_cases.ALL))
    for number, (schedule, after) in itertools.islice(cases, first, end):
        answer = oracle.answer(schedule, after, COUNT)
        if "error" in answer:
            raise SystemExit(f"{json.dumps(schedule)}: {answer['error']}")
        if any(start >= BEYOND for start, *_ in answer["expected"] + answer["settled"]):
            continue
        written = schedule if number % AS_WRITTEN == 0 else compact(schedule)
        row = {"schedule": written, "after": after.naive().isoformat()}
        row.update(encode(answer["expected"], schedule, after))
        if answer["settled"] != answer["expected"]:
            row["settled"] = encode(answer["settled"], schedule, after)
        sys.stdout.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
