"""Any sequence of calls on flow and task runs against a small model: the same answers, the same states, no invariant broken.

Each run of the machine has a database of its own.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lictor.cli.embedded.postgres import PostgresServer
from lictor.orchestration import flow_runs, limits, states, task_runs
from lictor.orchestration.flow_runs import NewFlowRun
from lictor.orchestration.queue import runs_in_queue
from lictor.orchestration.states import NewState, StateAnswer, prepare_state
from lictor.orchestration.types import Beat
from tests.invariants import violations
from tests.orchestration.builders import make_flow
from tests.orchestration.model import Answer, FlowRun, Item, Model, TaskRun

KINDS = (
    "Scheduled", "Submitted", "Running", "Running", "Success", "Failed", "Cancelled", "Cancelling", "Retrying",
    "Paused", "Queued",
)  # fmt: skip
_numbers = itertools.count(1)

kinds = st.sampled_from(KINDS)
messages = st.sampled_from("ab")
# What the caller read: nothing, the version of now, the one before, an old one, one that has never been.
behind = st.sampled_from([None, 0, 0, 0, 1, 1, 2, -1])
agents = st.sampled_from([None, 0, 1])


class States(RuleBasedStateMachine):
    """Clients, agents and people at one database."""

    flows = Bundle("flows")
    tasks = Bundle("tasks")

    def __init__(self, server: PostgresServer, template: str) -> None:
        super().__init__()
        self.server = server
        self.name = f"model_{next(_numbers)}"
        server.create_database(self.name, template=template)
        self.runner = asyncio.Runner()
        self.model = Model()
        self.last: Any = None
        self.pool: asyncpg.Pool = self.do(self._open())
        self.flow: UUID = self.do(make_flow(self.pool, tasks=2))
        self.do(self.pool.execute("UPDATE task SET tags = '[\"tag\"]' WHERE slug = 'task-1'"))
        self.tenant: UUID = self.do(self.pool.fetchval("SELECT id FROM tenant"))
        self.agents = [self.do(self._agent(name)) for name in ("red", "blue")]

    async def _open(self) -> asyncpg.Pool:
        return await asyncpg.create_pool(
            self.server.dsn(self.name),
            min_size=1,
            max_size=1,
            server_settings={"timezone": "UTC", "jit": "off"},
        )

    async def _agent(self, name: str) -> str:
        statement = "INSERT INTO agent (tenant_id, name, labels) VALUES ($1, $2, '[]') RETURNING id"
        return str(await self.pool.fetchval(statement, self.tenant, name))

    def do(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    def teardown(self) -> None:
        self.do(self.pool.close())
        self.runner.close()
        self.server.drop_database(self.name)

    # --- runs -------------------------------------------------------------------------------------------------------

    @rule(target=flows, labelled=st.booleans())
    def create(self, labelled: bool) -> str:
        request = NewFlowRun(flow_id=self.flow, labels=["label"] if labelled else [])
        [made] = self.do(flow_runs.create_flow_runs(self.pool, [request]))
        name = str(made.unwrap())
        rows = self.do(
            self.pool.fetch(
                "SELECT run.id, slug = 'task-1' AS limited FROM task_run AS run JOIN task ON task.id = task_id WHERE flow_run_id = $1",
                made.id,
            )
        )
        tasks = {str(row["id"]): TaskRun(limited=row["limited"]) for row in rows}
        assert len(tasks) == 2
        self.model.runs[name] = FlowRun(labelled=labelled, tasks=tasks)
        return name

    @rule(target=tasks, flow=flows)
    def name_tasks(self, flow: str) -> Any:
        return multiple(*self.model.runs[flow].tasks) if flow in self.model.runs else multiple()

    @rule(flow=consumes(flows))
    def delete(self, flow: str) -> None:
        there = self.model.runs.pop(flow, None) is not None
        assert self.do(flow_runs.delete_flow_run(self.pool, UUID(flow))) is there

    # --- states -----------------------------------------------------------------------------------------------------

    def _item(
        self, name: str, run: Any, kind: str, message: str, behind: int | None, agent: int | None
    ) -> Item:
        version = None if behind is None else (run.version if run else 1) - behind
        return Item(name, kind, message, version, None if agent is None else self.agents[agent])

    @rule(flow=flows, kind=kinds, message=messages, behind=behind, agent=agents)
    def set_flow_state(
        self, flow: str, kind: str, message: str, behind: int | None, agent: int | None
    ) -> None:
        self._set_flows([self._item(flow, self.model.runs.get(flow), kind, message, behind, agent)])

    @rule(
        several=st.lists(st.tuples(flows, kinds, behind), min_size=2, max_size=3, unique_by=lambda it: it[0]),
        message=messages,
    )
    def set_flow_states(self, several: list[tuple[str, str, int | None]], message: str) -> None:
        self._set_flows(
            [
                self._item(flow, self.model.runs.get(flow), kind, message, behind, None)
                for flow, kind, behind in several
            ]
        )

    @rule(task=tasks, kind=kinds, message=messages, behind=behind)
    def set_task_state(self, task: str, kind: str, message: str, behind: int | None) -> None:
        found = [run.tasks[task] for run in self.model.runs.values() if task in run.tasks]
        self._set_task(self._item(task, found[0] if found else None, kind, message, behind, None))

    @precondition(lambda self: self.last is not None)
    @rule()
    def send_again(self) -> None:
        """The answer to the last call got lost on its way."""
        again, argument = self.last
        again(argument)

    def _set_flows(self, items: list[Item]) -> None:
        self.last = self._set_flows, items
        expected = self.model.set_flow_states(items)
        [answers] = self.do(self._send(states.set_flow_run_states, items))
        self._compare(expected, answers)

    def _set_task(self, item: Item) -> None:
        self.last = self._set_task, item
        expected = self.model.set_task_state(item)
        [answers] = self.do(self._send(states.set_task_run_states, [item]))
        self._compare([expected], answers)

    async def _send(self, set_states: Any, items: list[Item]) -> list[list[StateAnswer]]:
        new = [
            NewState(
                UUID(item.run),
                prepare_state({"type": item.kind, "message": item.message}),
                item.version,
                UUID(item.agent) if item.agent else None,
            )
            for item in items
        ]
        return await set_states(self.pool, [new])

    def _compare(self, expected: list[Answer], answers: list[StateAnswer]) -> None:
        refused = "refused" in expected
        for want, got in zip(expected, answers, strict=True):
            assert (got.error is not None) == (want == "refused"), (want, got)
            if not refused:
                assert got.queued == (want in {"queued", "still queued"}), (want, got)

    @rule(flow=flows)
    def cancel(self, flow: str) -> None:
        if flow in self.model.runs:
            assert self.do(self._cancel(UUID(flow))) == self.model.cancel(flow)

    async def _cancel(self, flow: UUID) -> str:
        async with self.pool.acquire() as connection:
            return await states.cancel_flow_run(connection, flow)

    @rule(flow=flows, task=tasks)
    def beat(self, flow: str, task: str) -> None:
        self.do(flow_runs.beat(self.pool, [Beat(UUID(flow)), Beat(uuid4())]))
        self.do(task_runs.beat(self.pool, [Beat(UUID(task))]))

    # --- the queue and its limits -----------------------------------------------------------------------------------

    @rule(limit=st.integers(0, 2))
    def limit_label(self, limit: int) -> None:
        self.do(limits.update_flow_concurrency_limit(self.pool, self.tenant, "label", limit))
        self.model.label_limit = limit

    @rule()
    def unlimit_label(self) -> None:
        self.do(self.pool.execute("DELETE FROM flow_concurrency_limit"))
        self.model.label_limit = None

    @rule(limit=st.integers(0, 2))
    def limit_tag(self, limit: int) -> None:
        self.do(limits.update_task_tag_limit(self.pool, self.tenant, "tag", limit))
        self.model.limit_tag(limit)

    @rule()
    def unlimit_tag(self) -> None:
        self.do(self.pool.execute("DELETE FROM task_tag_limit"))
        self.model.limit_tag(None)

    @rule()
    def poll(self) -> None:
        """An agent without labels gets all that is due without labels; one with the label the rest, as there are slots."""
        certain, places = self.model.queue()
        plain = {name for name in certain if not self.model.runs[name].labelled}
        got = {str(id) for id in self.do(runs_in_queue(self.pool, self.tenant, [], limit=100))}
        assert got == plain
        for name in got:
            self.model.handed_out(name)
        got = {str(id) for id in self.do(runs_in_queue(self.pool, self.tenant, ["label"], limit=100))}
        continuing = certain - plain
        assert continuing <= got
        assert len(got - continuing) == places
        for name in got:
            assert self.model.runs[name].labelled
            assert name in continuing or (
                self.model.runs[name].state in {"Scheduled", "Paused", "Queued", "Retrying"}
            )
            self.model.handed_out(name)

    # --- what holds after each step ---------------------------------------------------------------------------------

    @invariant()
    def the_database_agrees(self) -> None:
        rows = self.do(
            self.pool.fetch(
                "SELECT id::text, state, version FROM flow_run UNION ALL SELECT id::text, state, version FROM task_run"
            )
        )
        found = {row["id"]: (row["state"], row["version"]) for row in rows}
        known: dict[str, Any] = dict(self.model.runs)
        for run in self.model.runs.values():
            known |= run.tasks
        assert found == {name: (run.state, run.version) for name, run in known.items()}
        broken = self.do(violations(self.pool))
        assert broken == []


@pytest.mark.timeout(120)
def test_states_are_what_the_model_says(postgres: PostgresServer, template_database: str) -> None:
    run_state_machine_as_test(
        lambda: States(postgres, template_database),
        settings=settings(
            max_examples=20,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            print_blob=True,
        ),
    )
