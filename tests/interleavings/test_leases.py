"""The clocks' lease renewed, stolen and used by several at once, in every order: one leader to each term."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from lictor.workers.lease import Lease
from lictor.workers.statements import clock as sql
from tests.interleavings.tester import Session

LONG = timedelta(minutes=1)
LEASE = "FROM utility.leader WHERE name = $1"


class Election:
    """A leader and a rival for the clocks' lease; the leader's has `left` seconds."""

    # Not any name: the invariants compare what duties say with this lease.
    name = "clock"

    def __init__(self, pool):
        self.pool = pool

    async def clear(self) -> None:
        await self.pool.execute("DELETE FROM utility.leader")
        await self.pool.execute("DELETE FROM utility.duty")

    async def make(self, left: float) -> None:
        await self.clear()
        self.leader, self.rival, self.third = (Lease(self.name, LONG) for _ in range(3))
        assert await self.leader.keep(self.pool)
        await self.pool.execute(
            "UPDATE utility.leader SET expires_at = clock_timestamp() + make_interval(secs => $2) WHERE name = $1",
            self.name, left,
        )  # fmt: skip

    def renew(self):
        identity = {"name": self.name, "leader_id": self.leader.leader_id, "duration": LONG, "term": 1}
        return lambda connection: sql.renew.fetchval(connection, **identity)

    async def row(self):
        return await self.pool.fetchrow("SELECT * FROM utility.leader WHERE name = $1", self.name)


@pytest.fixture
async def election(pool):
    election = Election(pool)
    yield election
    await election.clear()


async def test_a_lease_that_is_kept_is_not_stolen(every_order, election):
    async def make():
        await election.make(60)
        return [
            Session("leader", [("renew", election.renew())]),
            Session("rival", [("keep", election.rival.keep)]),
        ]

    async def check(seen):
        assert seen.results["leader.renew"] == 1
        assert seen.results["rival.keep"] is False
        assert (await election.row())["leader_id"] == election.leader.leader_id

    await every_order(make, check)


async def test_a_lease_that_has_run_out_is_stolen_and_not_renewed(every_order, election):
    async def make():
        await election.make(-1)
        return [
            Session("leader", [("renew", election.renew())]),
            Session("rival", [("keep", election.rival.keep)]),
        ]

    async def check(seen):
        assert seen.results["leader.renew"] is None
        assert seen.results["rival.keep"] is True
        row = await election.row()
        assert (row["term"], row["leader_id"]) == (2, election.rival.leader_id)

    await every_order(make, check)


@pytest.mark.parametrize("ending", ["commit", "rollback"])
async def test_of_two_rivals_one_steals(every_order, election, ending):
    async def make():
        await election.make(-1)
        return [
            Session("rival", [("keep", election.rival.keep)], ending),
            Session("third", [("keep", election.third.keep)]),
        ]

    async def check(seen):
        row = await election.row()
        assert row["term"] == 2
        if ending == "rollback":
            assert row["leader_id"] == election.third.leader_id
        else:
            assert seen.results["rival.keep"] != seen.results["third.keep"]

    await every_order(make, check)


async def test_a_leader_resigns_while_a_rival_asks(every_order, election):
    async def make():
        await election.make(60)
        return [
            Session("leader", [("resign", election.leader.resign)]),
            Session("rival", [("keep", election.rival.keep)]),
        ]

    async def check(seen):
        row = await election.row()
        assert row["term"] == (2 if seen.results["rival.keep"] else 1)
        if seen.before("leader.commit", "rival.keep"):
            assert seen.results["rival.keep"]

    await every_order(make, check)


async def test_orders_go_out_in_the_term_of_their_leader_only(every_order, election, pool):
    """The lease runs out between the leader's steps: what it sends then is nothing, what it has sent was its own."""

    async def make():
        await election.make(0.4)
        make.late = False
        duty = make.duty = uuid4().hex
        await pool.execute(
            "INSERT INTO utility.duty (name, interval, next_due) VALUES ($1, interval '1 hour', clock_timestamp())",
            duty,
        )
        leader = {"lease": election.name, "leader_id": election.leader.leader_id, "term": 1}

        async def dispatch(connection):
            orders = await sql.dispatch_due.fetch(
                connection, names=[duty], patience=LONG, time_limit=LONG, **leader
            )
            make.late = await connection.fetchval(
                f"SELECT clock_timestamp() >= expires_at {LEASE}", election.name
            )
            return orders

        async def sleep(connection):
            await connection.execute(
                f"SELECT pg_sleep(0.02 + greatest(0, extract(epoch FROM expires_at - clock_timestamp()))) {LEASE}",
                election.name,
            )

        return [
            Session("leader", [("dispatch", dispatch)]),
            Session("rival", [("sleep", sleep), ("keep", election.rival.keep)]),
        ]

    async def check(seen):
        assert seen.results["rival.keep"] is True
        duty = await pool.fetchrow("SELECT dispatch, term FROM utility.duty WHERE name = $1", make.duty)
        sent = bool(seen.results["leader.dispatch"])
        assert (duty["dispatch"], duty["term"]) == ((1, 1) if sent else (0, duty["term"]))
        if seen.before("rival.sleep", "leader.dispatch"):
            assert not sent
        elif seen.order[0] == "leader":
            # On a slow machine the lease may have run out before the leader came to its step.
            assert sent or make.late
            # The next term begins once the orders are committed. Which of the two answers is heard first is chance.
            assert seen.trace.index("leader.commit") < seen.trace.index("rival.keep.")

    plays = await every_order(make, check)
    assert any("rival.keep<waits>" in str(seen) for seen in plays)
    assert any(seen.results["leader.dispatch"] for seen in plays)
