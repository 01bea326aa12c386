"""The election on a real database, step by step and without processes."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg

from lictor.workers.lease import CHANNEL, Lease

LONG = timedelta(minutes=1)
ENDED = timedelta(microseconds=1)


class Machine:
    """A monotonic clock that moves when told."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


async def test_the_first_leads_and_the_others_wait(connections: asyncpg.Pool):
    leases = [Lease("test", LONG) for _ in range(8)]
    answers = await asyncio.gather(*(lease.keep(connections) for lease in leases))
    assert sorted(answers) == [False] * 7 + [True]
    assert [lease.term for lease, led in zip(leases, answers, strict=True) if led] == [1]
    assert 55 < await leases[0].seconds_until_vacant(connections) <= 60


async def test_leases_of_two_names_are_two_leases(connections: asyncpg.Pool):
    assert await Lease("one", LONG).keep(connections)
    assert await Lease("two", LONG).keep(connections)


async def test_a_lease_is_renewed_when_a_third_of_it_is_over(connections: asyncpg.Pool):
    machine = Machine()
    lease = Lease("test", LONG, machine)
    assert await lease.keep(connections)

    async def expires_at():
        return await connections.fetchval("SELECT expires_at FROM utility.leader")

    first = await expires_at()
    machine.seconds += 19
    assert await lease.keep(connections)
    assert await expires_at() == first
    machine.seconds += 2
    assert await lease.keep(connections)
    assert await expires_at() > first
    assert lease.term == 1


async def test_a_leader_steps_down_before_its_lease_has_run_out(connections: asyncpg.Pool):
    machine = Machine()
    lease = Lease("test", LONG, machine)
    await lease.keep(connections)
    machine.seconds += 53
    assert lease.held
    machine.seconds += 2
    assert not lease.held
    # The database still holds it for us: the same term goes on.
    assert await lease.keep(connections)
    assert lease.term == 1


async def test_a_lease_that_ran_out_goes_to_another_with_a_new_term(connections: asyncpg.Pool):
    machine = Machine()
    sleeper, other = Lease("test", ENDED, machine), Lease("test", LONG)
    await sleeper.keep(connections)
    machine.seconds += 1
    assert await other.keep(connections)
    assert other.term == 2
    assert not await sleeper.keep(connections)
    assert sleeper.term is None


async def test_who_resigns_is_followed_at_once_and_says_so(connections: asyncpg.Pool):
    leader, other = Lease("test", LONG), Lease("test", LONG)
    await leader.keep(connections)
    async with connections.acquire() as listener:
        heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        await listener.add_listener(CHANNEL, lambda *message: heard.set_result(message[-1]))
        await leader.resign(connections)
        assert await asyncio.wait_for(heard, 5) == "test"
        await listener.reset()
    assert await other.seconds_until_vacant(connections) == 0
    assert await other.keep(connections)
    # To resign twice, or after another was elected, changes nothing.
    await leader.resign(connections)
    assert not await leader.keep(connections)
