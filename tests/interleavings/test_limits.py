"""Slots of concurrency limits taken and given back by several at once, in every order: never more than there are."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lictor.orchestration import limits
from tests.interleavings.scenes import make_run, set_flow, set_tasks, task_runs_of
from tests.interleavings.tester import Session
from tests.invariants import most_holders
from tests.orchestration.builders import make_flow


class Limited:
    """Runs of one tenant with a label of their own, of which `slots` may run."""

    def __init__(self, pool):
        self.pool = pool

    async def make(self, *moves: tuple[str, ...], slots: int = 1):
        self.label = uuid4().hex
        self.flow = await make_flow(self.pool)
        self.tenant = await self.pool.fetchval("SELECT tenant_id FROM flow WHERE id = $1", self.flow)
        self.limit = await limits.update_flow_concurrency_limit(self.pool, self.tenant, self.label, slots)
        return [await make_run(self.pool, *each, flow=self.flow, labels=[self.label]) for each in moves]

    async def holders(self) -> int:
        [usage] = await limits.flow_concurrency(self.pool, self.tenant, [self.label])
        return usage.usage


@pytest.fixture
def limited(pool):
    return Limited(pool)


@pytest.mark.parametrize("first", ["commit", "rollback"])
async def test_two_for_one_slot(every_order, pool, limited, first):
    async def make():
        runs = await limited.make((), ())
        return [
            Session(name, [("submit", set_flow(run, "Submitted", 1))], ending)
            for name, run, ending in zip("ab", runs, (first, "commit"), strict=True)
        ]

    async def check(seen):
        assert await most_holders(pool, limited.label) == await limited.holders() <= 1
        if first == "commit" or seen.results["b.submit"].error is None:
            assert await limited.holders() == 1

    await every_order(make, check)


async def test_three_for_two_slots(every_order, pool, limited):
    async def make():
        runs = await limited.make((), (), (), slots=2)
        return [
            Session(name, [("submit", set_flow(run, "Submitted", 1))])
            for name, run in zip("abc", runs, strict=True)
        ]

    async def check(seen):
        refused = [name for name in "abc" if seen.results[f"{name}.submit"].error]
        assert len(refused) == 1
        assert await most_holders(pool, limited.label) == 2

    assert len(await every_order(make, check)) == 90


@pytest.mark.parametrize("kind", ["Submitted", "Running"])
async def test_one_takes_what_another_gives_back(every_order, pool, limited, kind):
    async def make():
        holder, waiting = await limited.make(("Submitted", "Running"), ())
        return [
            Session("holder", [("end", set_flow(holder, "Success", 3))]),
            Session("waiting", [("take", set_flow(waiting, kind, 1))]),
        ]

    async def check(seen):
        answer = seen.results["waiting.take"]
        taken = answer.error is None and not answer.queued
        assert await limited.holders() == int(taken)
        assert await most_holders(pool, limited.label) == 1
        # What was free before it asked, it gets.
        if seen.before("holder.commit", "waiting.take"):
            assert taken

    await every_order(make, check)


async def test_a_limit_lowered_while_a_run_takes_the_slot(every_order, pool, limited):
    async def make():
        [run] = await limited.make(())

        async def lower(connection):
            return await limits.update_flow_concurrency_limit(connection, limited.tenant, limited.label, 0)

        return [
            Session("person", [("lower", lower)]),
            Session("agent", [("submit", set_flow(run, "Submitted", 1))]),
        ]

    async def check(seen):
        if seen.before("person.commit", "agent.submit"):
            assert "slots" in seen.results["agent.submit"].error

    await every_order(make, check)


async def test_a_limit_deleted_while_a_run_asks_for_its_slot(every_order, pool, limited):
    async def make():
        _, run = await limited.make(("Submitted",), ())

        async def delete(connection):
            return await limits.delete_flow_concurrency_limit(connection, limited.limit)

        return [
            Session("person", [("delete", delete)]),
            Session("agent", [("submit", set_flow(run, "Submitted", 1))]),
        ]

    async def check(seen):
        assert seen.results["person.delete"] is True
        if seen.before("person.commit", "agent.submit"):
            assert seen.results["agent.submit"].error is None

    await every_order(make, check)


@pytest.mark.parametrize("ending", ["Success", "Failed"])
async def test_task_runs_take_and_give_back(every_order, pool, ending):
    async def make():
        make.tag = uuid4().hex
        flow = await make_flow(pool, tasks=2)
        await pool.execute(
            "UPDATE task SET tags = jsonb_build_array($2::text) WHERE flow_id = $1", flow, make.tag
        )
        make.tenant = await pool.fetchval("SELECT tenant_id FROM flow WHERE id = $1", flow)
        await limits.update_task_tag_limit(pool, make.tenant, make.tag, 1)
        one, two = await task_runs_of(pool, await make_run(pool, "Running", flow=flow))
        async with pool.acquire() as connection:
            await set_tasks([one], "Running", 1)(connection)
        return [
            Session("holder", [("end", set_tasks([one], ending, 2))]),
            Session("waiting", [("take", set_tasks([two], "Running", 1))]),
        ]

    async def check(seen):
        [answer] = seen.results["waiting.take"]
        [usage] = await limits.task_concurrency(pool, make.tenant, [make.tag])
        assert usage.usage == int(not answer.queued) <= 1
        if seen.before("holder.commit", "waiting.take"):
            assert not answer.queued

    await every_order(make, check)


async def test_runs_with_two_labels_named_in_opposite_orders_never_deadlock(every_order, pool):
    async def make():
        flow = await make_flow(pool)
        tenant = await pool.fetchval("SELECT tenant_id FROM flow WHERE id = $1", flow)
        labels = [uuid4().hex for _ in range(2)]
        for label in labels:
            await limits.update_flow_concurrency_limit(pool, tenant, label, 1)
        make.labels = labels
        runs = [await make_run(pool, flow=flow, labels=order) for order in (labels, labels[::-1])]
        return [
            Session(name, [("submit", set_flow(run, "Submitted", 1))])
            for name, run in zip("ab", runs, strict=True)
        ]

    async def check(seen):
        assert sum(seen.results[f"{name}.submit"].error is None for name in "ab") == 1
        assert [await most_holders(pool, label) for label in make.labels] == [1, 1]

    await every_order(make, check)
