"""States set by several at once, in every order: one wins where one must, and no version is lost or made twice."""

from __future__ import annotations

import pytest

from tests.interleavings.scenes import (
    cancel,
    history,
    make_agent,
    make_run,
    set_flow,
    set_tasks,
    task_runs_of,
)
from tests.interleavings.tester import Session


@pytest.mark.parametrize("endings", [("commit", "commit"), ("rollback", "commit"), ("rollback", "rollback")])
async def test_of_two_agents_one_submits(every_order, pool, endings):
    async def make():
        make.run = await make_run(pool)
        agents = [await make_agent(pool, make.run, name) for name in "ab"]
        return [
            Session(name, [("submit", set_flow(make.run, "Submitted", 1, agent))], ending)
            for name, agent, ending in zip("ab", agents, endings, strict=True)
        ]

    async def check(seen):
        accepted = [
            name
            for name, ending in zip("ab", endings, strict=True)
            if ending == "commit" and seen.results[f"{name}.submit"].error is None
        ]
        # Whoever commits and finds nobody before it, wins; one that was rolled back is nobody.
        assert len(accepted) == (1 if "commit" in endings else 0)
        assert await history(pool, make.run) == ["Scheduled"] + ["Submitted"] * len(accepted)

    plays = await every_order(make, check)
    assert len(plays) == 6
    assert any("<waits>" in str(seen) for seen in plays)


async def test_three_agents_one_submits(every_order, pool):
    async def make():
        make.run = await make_run(pool)
        return [
            Session(name, [("submit", set_flow(make.run, "Submitted", 1))], ending)
            for name, ending in (("a", "commit"), ("b", "rollback"), ("c", "commit"))
        ]

    async def check(seen):
        won = [name for name in "ac" if seen.results[f"{name}.submit"].error is None]
        assert len(won) == 1
        assert await history(pool, make.run) == ["Scheduled", "Submitted"]

    assert len(await every_order(make, check)) == 90


async def test_states_from_the_same_version_follow_each_other(every_order, pool):
    """An agent says Failed at the version that the process has left by Running: both stand, one after the other."""

    async def make():
        make.run = await make_run(pool, "Submitted")
        return [
            Session("agent", [("fail", set_flow(make.run, "Failed", 2))]),
            Session("process", [("run", set_flow(make.run, "Running", 2))]),
        ]

    async def check(seen):
        first_failed = seen.before("agent.fail", "process.run") or str(seen).index("agent.fail.") < str(
            seen
        ).index("process.run.")
        expected = ["Failed", "Running"] if first_failed else ["Running", "Failed"]
        assert await history(pool, make.run) == ["Scheduled", "Submitted", *expected]

    await every_order(make, check)


async def test_a_call_sent_again_while_the_first_is_under_way_is_one_state(every_order, pool):
    async def make():
        make.run = await make_run(pool, "Submitted")
        return [Session(name, [("run", set_flow(make.run, "Running", 2))]) for name in "ab"]

    async def check(seen):
        assert seen.results["a.run"].error is None
        assert seen.results["b.run"].error is None
        assert await history(pool, make.run) == ["Scheduled", "Submitted", "Running"]

    await every_order(make, check)


async def test_task_runs_named_in_opposite_orders_never_deadlock(every_order, pool):
    async def make():
        make.run = await make_run(pool, "Running")
        one, two = await task_runs_of(pool, make.run)
        return [
            Session("a", [("set", set_tasks([one, two], "Running")), ("again", set_tasks([two], "Success"))]),
            Session("b", [("set", set_tasks([two, one], "Failed"))]),
        ]

    async def check(seen):
        assert all(answer.error is None for answer in seen.results["b.set"])
        assert await pool.fetchval(
            "SELECT array_agg(version ORDER BY version) FROM task_run WHERE flow_run_id = $1", make.run
        ) == [3, 4]

    await every_order(make, check)


@pytest.mark.parametrize("ending", ["commit", "rollback"])
async def test_a_cancel_and_a_success(every_order, pool, ending):
    """A run that has succeeded stays so; one that was cancelled first may still say that it has succeeded."""

    async def make():
        make.run = await make_run(pool, "Submitted", "Running")
        return [
            Session("person", [("cancel", cancel(make.run))], ending),
            Session("process", [("succeed", set_flow(make.run, "Success"))]),
        ]

    async def check(seen):
        states = await history(pool, make.run)
        assert states[-1] == "Success"
        cancelled = seen.results["person.cancel"] == "Cancelling" and ending == "commit"
        assert states == ["Scheduled", "Submitted", "Running", *(["Cancelling"] * cancelled), "Success"]

    await every_order(make, check)


async def test_a_cancel_and_a_submission(every_order, pool):
    """A run that waits and is cancelled is not handed to a process; one submitted first is cancelled all the same."""

    async def make():
        make.run = await make_run(pool)
        return [
            Session("person", [("cancel", cancel(make.run))]),
            Session("agent", [("submit", set_flow(make.run, "Submitted", 1))]),
        ]

    async def check(seen):
        submitted = seen.results["agent.submit"].error is None
        assert seen.results["person.cancel"] == "Cancelled"
        assert await history(pool, make.run) == ["Scheduled", *(["Submitted"] * submitted), "Cancelled"]
        assert await pool.fetchval(
            "SELECT bool_and(state = 'Cancelled') FROM task_run WHERE flow_run_id = $1", make.run
        )

    await every_order(make, check)


async def test_a_cancel_and_a_task_that_starts(every_order, pool):
    """When the run is Cancelled no task run is left at work, whoever came first."""

    async def make():
        make.run = await make_run(pool, "Running")
        one, two = await task_runs_of(pool, make.run)
        return [
            Session("person", [("cancel", set_flow(make.run, "Cancelled"))]),
            Session("process", [("start", set_tasks([one, two], "Running", 1))]),
        ]

    async def check(seen):
        del seen
        assert await history(pool, make.run) == ["Scheduled", "Running", "Cancelled"]
        left = await pool.fetch("SELECT state FROM task_run WHERE flow_run_id = $1", make.run)
        assert {row["state"] for row in left} == {"Cancelled"}

    await every_order(make, check)
