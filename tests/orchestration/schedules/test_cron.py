"""Times computed here are those croniter gives for the same wall time, expression by expression."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

import pytest
from croniter import CroniterBadDateError, croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from lictor.orchestration.schedules.cron import CronExpression, parse_cron


def field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    pair = st.tuples(number, number).map(sorted)
    one = st.one_of(
        number.map(str),
        pair.map(lambda it: f"{it[0]}-{it[1]}"),
        st.tuples(pair, st.integers(1, 9)).map(lambda it: f"{it[0][0]}-{it[0][1]}/{it[1]}"),
        st.integers(1, high).map(lambda step: f"*/{step}"),
    )
    return st.one_of(st.just("*"), st.lists(one, min_size=1, max_size=3).map(",".join))


EXPRESSIONS = st.tuples(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)).map(" ".join)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1))


def by_croniter(text: str, wall: datetime, day_or: bool) -> list[datetime]:
    expression = croniter(text, wall, ret_type=datetime, day_or=day_or)
    times: list[datetime] = []
    try:
        while len(times) < 5:
            times.append(expression.get_next())
    except CroniterBadDateError:
        pass
    return times


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS, TIMES, st.booleans())
def test_random_expressions(text: str, wall: datetime, day_or: bool):
    try:
        expected = by_croniter(text, wall, day_or)
    except ValueError:
        return
    assert list(islice(CronExpression(text, day_or).after(wall), 5)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "0 12 L * *", "0 6 * * 1#2", "0 6 * * L5", "* * * * * */15", "0 0 1 1 * 0 2040", "@yearly", "@hourly",
        "0 0 * jan-mar sun", "0 0 29 2 *", "0 0 30 2 *", "59/1 * * * *", "0 0 31 * *", "0 0 */2 * 1", "0 0 1 * 0-6",
        "*/61 * * * *",
    ],
)  # fmt: skip
@pytest.mark.parametrize("day_or", [True, False])
def test_particular_expressions(text: str, day_or: bool):
    wall = datetime(2026, 1, 31, 23, 59, 30, 5)
    try:
        expected = by_croniter(text, wall, day_or)
    except ValueError:
        with pytest.raises(ValueError, match="invalid cron"):
            parse_cron(text, day_or)
    else:
        assert list(islice(parse_cron(text, day_or).after(wall), 5)) == expected


def test_a_time_that_matches_is_not_later_than_itself():
    noon = datetime(2026, 1, 1, 12)
    assert next(parse_cron("0 12 * * *").after(noon)) == noon + timedelta(days=1)
    assert next(parse_cron("0 12 * * *").after(noon - timedelta(microseconds=1))) == noon


def test_one_expression_serves_many_at_once():
    expression = parse_cron("0 12 L * *")
    first, second = expression.after(datetime(2026, 1, 1)), expression.after(datetime(2027, 1, 1))
    interleaved = [next(times) for _ in range(3) for times in (first, second)]
    assert [it.year for it in interleaved] == [2026, 2027] * 3
