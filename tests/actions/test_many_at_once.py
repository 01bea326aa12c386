"""Many writers, agents and processes at once through two API processes' gateways (contract server.md 3.6.6, ui-and-cloud.md B.3).

What holds "at any instant" is observed by the database itself: a deferred trigger counts in every commit, one commit
after the other.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.actions.gateway.conftest import RunningGateway, serve, settings_for
from tests.orchestration.builders import make_flow

RUNS = 200
DIRECT = 20
SLOTS = 7
WRITERS = 16

SET_FLOW = "mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { id status message } } }"
SET_TASK = "mutation($input: set_task_run_states_input!) { set_task_run_states(input: $input) { states { id status message } } }"
QUEUE = "mutation($input: get_runs_in_queue_input!) { get_runs_in_queue(input: $input) { flow_run_ids } }"
RUN = "query($id: uuid!) { flow_run_by_pk(id: $id) { state version task_runs { id version } } }"
TO_DEPLOY = (
    'query($ids: [uuid!]!) { flow_run(where: {id: {_in: $ids}, state: {_eq: "Scheduled"}}) { id version } }'
)

# Commits of runs that begin to run go one by one, and each counts what is Running then. Taken at the very end of a
# transaction, the lock changes nothing about who got a slot before.
OBSERVER = """
CREATE TABLE utility.observed (kind text, running integer);
CREATE FUNCTION utility.observe() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(4711);
    IF TG_TABLE_NAME = 'flow_run' THEN
        INSERT INTO utility.observed
        SELECT 'flow_run', count(*) FROM flow_run WHERE state = 'Running' AND labels ? 'limited';
    ELSE
        INSERT INTO utility.observed
        SELECT 'task_run', count(*) FROM task_run JOIN flow_run ON flow_run.id = task_run.flow_run_id
        WHERE task_run.state = 'Running' AND flow_run.state IN ('Running', 'Cancelling');
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER observe AFTER UPDATE ON flow_run DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.state = 'Running' AND OLD.state IS DISTINCT FROM 'Running') EXECUTE FUNCTION utility.observe();
CREATE CONSTRAINT TRIGGER observe AFTER UPDATE ON task_run DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.state = 'Running' AND OLD.state IS DISTINCT FROM 'Running') EXECUTE FUNCTION utility.observe();
"""


@pytest.fixture
async def gateways(fresh_database: str) -> AsyncIterator[list[RunningGateway]]:
    """Two API processes on one database: nothing they know of each other but what stands there."""
    async with serve(settings_for(fresh_database)) as one, serve(settings_for(fresh_database)) as other:
        yield [one, other]


@pytest.fixture
async def db(fresh_database: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(fresh_database, min_size=1, max_size=2) as pool:
        yield pool


async def ask(
    gateway: RunningGateway, query: str, agent: str | None = None, **variables: Any
) -> dict[str, Any]:
    """The whole answer: data, or the errors."""
    headers = {} if agent is None else {"X-Prefect-Agent-Id": agent}
    return (await gateway.post(query, variables, headers=headers)).json()


async def set_flow(
    gateway: RunningGateway,
    run: str,
    kind: str,
    version: int | None = None,
    agent: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    item = {"flow_run_id": run, "version": version, "state": {"type": kind, **more}}
    return await ask(gateway, SET_FLOW, agent, input={"states": [item]})


async def set_task(
    gateway: RunningGateway, run: str, kind: str, version: int | None = None
) -> dict[str, Any]:
    item = {"task_run_id": run, "version": version, "state": {"type": kind, "context": {"tags": ["tag"]}}}
    return await ask(gateway, SET_TASK, input={"states": [item]})


def status(answer: dict[str, Any]) -> str:
    """SUCCESS, QUEUED, or the message of the error."""
    if "errors" in answer:
        return answer["errors"][0]["message"]
    [payload] = answer["data"].values()
    return payload["states"][0]["status"]


async def test_200_runs_under_a_limit_of_7_with_three_agents(gateways, db):
    """Never more than 7 are Running in any commit, and all come to their end, in whatever way runs end."""
    await db.execute(OBSERVER)
    flow = await make_flow(db)
    tenant = str(await db.fetchval("SELECT tenant_id FROM flow"))
    await db.execute(
        "INSERT INTO flow_concurrency_limit (tenant_id, name, \"limit\") VALUES ($1, 'limited', $2)",
        tenant,
        SLOTS,
    )
    await db.execute(
        "INSERT INTO task_tag_limit (tenant_id, tag, \"limit\") VALUES ($1, 'tag', $2)", tenant, SLOTS - 2
    )
    await db.execute(
        "INSERT INTO flow_run (tenant_id, flow_id, labels, version, state, state_start_time, serialized_state)"
        " SELECT $1, $2, '[\"limited\"]', 1, 'Scheduled', now(), '{\"type\": \"Scheduled\"}' FROM generate_series(1, $3::int)",
        tenant, flow, RUNS,
    )  # fmt: skip
    # Some are started without an agent, and ask for their slot when they run (`prefect run --execute`).
    direct = await db.fetch(
        "UPDATE flow_run SET labels = '[\"direct\", \"limited\"]'"
        " WHERE id IN (SELECT id FROM flow_run ORDER BY id DESC LIMIT $1) RETURNING id::text", DIRECT,
    )  # fmt: skip
    everyone = _Agents(gateways, tenant)
    async with asyncio.timeout(90):
        await asyncio.gather(
            *(everyone.work(number) for number in range(3)),
            *(everyone.execute(number, row["id"]) for number, row in enumerate(direct, RUNS - DIRECT + 1)),
        )
    assert everyone.deployed == Counter(dict.fromkeys(everyone.deployed, 1)), "a run was deployed twice"
    assert len(everyone.deployed) == RUNS - DIRECT
    ended = Counter(row["state"] for row in await db.fetch("SELECT state FROM flow_run"))
    share = RUNS // 5
    assert ended == {"Success": RUNS - 3 * share, "Failed": share, "Cancelled": share}, "a fifth was deleted"
    most = dict(await db.fetch("SELECT kind, max(running) FROM utility.observed GROUP BY kind"))
    assert most == {"flow_run": SLOTS, "task_run": SLOTS - 2}, "all slots were used, and never one more"
    assert await db.fetchval(
        "SELECT count(*) FROM flow_run WHERE version <> 1 + (SELECT count(*) FROM flow_run_state WHERE flow_run_id = flow_run.id)"
    ) == 0  # fmt: skip


class _Agents:
    """Agents and the processes they start. Every fourth run's calls are all sent twice, as if answers got lost."""

    def __init__(self, gateways: list[RunningGateway], tenant: str) -> None:
        self.gateways = gateways
        self.tenant = tenant
        self.deployed: Counter[str] = Counter()
        self.running: set[asyncio.Task[None]] = set()
        # The first to get slots keep them until all are taken.
        self.all_flow_slots = _Gate(SLOTS)
        self.all_task_slots = _Gate(SLOTS - 2)

    async def work(self, number: int) -> None:
        """Poll, submit, start processes until all runs have ended."""
        gateway = self.gateways[number % 2]
        registered = await ask(
            gateway, "mutation($input: register_agent_input!) { register_agent(input: $input) { id } }",
            input={"type": "LocalAgent", "name": f"agent {number}", "labels": ["limited"], "tenant_id": self.tenant},
        )  # fmt: skip
        agent = registered["data"]["register_agent"]["id"]
        while len(self.deployed) < RUNS - DIRECT or self.running:
            queue = await ask(gateway, QUEUE, agent, input={"tenant_id": self.tenant, "labels": ["limited"]})
            ids = queue["data"]["get_runs_in_queue"]["flow_run_ids"]
            assert len(ids) <= SLOTS
            runs = (await ask(gateway, TO_DEPLOY, ids=ids))["data"]["flow_run"] if ids else []
            for run in runs:
                first = status(await set_flow(gateway, run["id"], "Submitted", run["version"], agent))
                if first != "SUCCESS":
                    assert "State update failed" in first
                    continue
                assert status(await set_flow(gateway, run["id"], "Submitted", run["version"], agent)) == first
                self.deployed[run["id"]] += 1
                process = asyncio.create_task(self.execute(len(self.deployed), run["id"]))
                self.running.add(process)
                process.add_done_callback(self.running.discard)
            for done in [task for task in self.running if task.done()]:
                done.result()
            await asyncio.sleep(0.02)

    async def execute(self, number: int, run: str) -> None:
        """A flow process: Running, its task, and one of five ends."""
        gateway = self.gateways[number % 2]
        run_now = (await ask(gateway, RUN, id=run))["data"]["flow_run_by_pk"]
        while (answer := status(await set_flow(gateway, run, "Running", run_now["version"]))) == "QUEUED":
            await asyncio.sleep(0.1)
            run_now = (await ask(gateway, RUN, id=run))["data"]["flow_run_by_pk"]
        assert answer == "SUCCESS"
        if number % 4 == 0:
            assert status(await set_flow(gateway, run, "Running", run_now["version"])) == "SUCCESS"
        await self.all_flow_slots.wait()
        [task] = (await ask(gateway, RUN, id=run))["data"]["flow_run_by_pk"]["task_runs"]
        while (answer := status(await set_task(gateway, task["id"], "Running", task["version"]))) == "QUEUED":
            await asyncio.sleep(0.1)
            [task] = (await ask(gateway, RUN, id=run))["data"]["flow_run_by_pk"]["task_runs"]
        assert answer == "SUCCESS"
        await self.all_task_slots.wait()
        match number % 5:
            case 0:
                await ask(
                    gateway,
                    "mutation($id: UUID!) { delete_flow_run(input: {flow_run_id: $id}) { success } }",
                    id=run,
                )
            case 1:
                for _ in range(2):
                    cancelled = await ask(
                        gateway,
                        "mutation($id: UUID!) { cancel_flow_run(input: {flow_run_id: $id}) { state } }",
                        id=run,
                    )
                    assert cancelled["data"]["cancel_flow_run"]["state"] == "Cancelling"
                await set_flow(gateway, run, "Cancelled")
            case 2:
                # Its process has died: whoever notices says so of the run, and nobody of the task run.
                await set_flow(gateway, run, "Failed")
            case _:
                await set_task(gateway, task["id"], "Success")
                await set_flow(gateway, run, "Success")


class _Gate:
    """Opens, for good, when so many stand before it."""

    def __init__(self, size: int) -> None:
        self.missing = size
        self.open = asyncio.Event()

    async def wait(self) -> None:
        self.missing -= 1
        if self.missing == 0:
            self.open.set()
        await self.open.wait()


@pytest.mark.parametrize("kind", ["flow_run", "task_run"])
async def test_16_writers_on_one_run_count_1_to_n_without_gap_or_fork(gateways, db, kind):
    await make_flow(db)
    run = str(await db.fetchval(
        "INSERT INTO flow_run (tenant_id, flow_id, state) SELECT tenant_id, id, 'Running' FROM flow RETURNING id"
    ))  # fmt: skip
    if kind == "task_run":
        run = str(await db.fetchval("UPDATE task_run SET version = 0 RETURNING id"))
        await db.execute("DELETE FROM task_run_state")
    document = SET_FLOW if kind == "flow_run" else SET_TASK
    kinds = ("Failed", "Retrying", "Running", "Success", "Scheduled", "Paused", "Cancelling", "Cached")

    async def write(writer: int) -> int:
        written = 0
        for number in range(12):
            # What clients send: no version, a stale one; one state, or several in one call.
            items = [
                {f"{kind}_id": run, "version": (None, 1, number)[number % 3],
                 "state": {"type": kinds[(writer + number) % 8], "message": f"{writer}/{number}/{part}"}}
                for part in range(1 + number % 2)
            ]  # fmt: skip
            answer = await ask(gateways[writer % 2], document, input={"states": items})
            assert status(answer) == "SUCCESS", answer
            written += len(items)
        return written

    count = sum(await asyncio.gather(*(write(writer) for writer in range(WRITERS))))
    history = await db.fetch(f"SELECT version, state, message FROM {kind}_state ORDER BY version")
    assert [row["version"] for row in history] == list(range(1, count + 1))
    assert len({row["message"] for row in history}) == count
    row = await db.fetchrow(f"SELECT version, state, state_message FROM {kind}")
    assert tuple(row) == tuple(history[-1])
    # Each writer's own states stand in the order in which it was told that they are written.
    for writer in range(WRITERS):
        own = [row["message"].split("/")[1:] for row in history if row["message"].startswith(f"{writer}/")]
        assert own == sorted(own, key=lambda pair: (int(pair[0]), int(pair[1])))


@pytest.mark.parametrize("kind", ["flow_run", "task_run"])
async def test_of_16_processes_under_a_version_lock_one_starts(gateways, db, kind):
    await make_flow(db, group={"settings": {"version_locking_enabled": True}})
    state = "Submitted" if kind == "flow_run" else "Running"
    run = str(await db.fetchval(
        "INSERT INTO flow_run (tenant_id, flow_id, version, state) SELECT tenant_id, id, 1, $1 FROM flow RETURNING id", state
    ))  # fmt: skip
    if kind == "task_run":
        run = str(await db.fetchval("SELECT id FROM task_run"))
    set_state = set_flow if kind == "flow_run" else set_task
    answers = await asyncio.gather(*(set_state(gateways[n % 2], run, "Running", 1) for n in range(WRITERS)))
    codes = Counter(
        answer["errors"][0]["extensions"]["code"] if "errors" in answer else status(answer)
        for answer in answers
    )
    assert codes == {"SUCCESS": 1, "VERSION_LOCKING_ERROR": WRITERS - 1}
    assert await db.fetchval(f"SELECT version FROM {kind}") == 2
