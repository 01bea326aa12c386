"""Clients as Prefect's are: some make runs, agents poll for them and carry them out, somebody cancels one now and then.

In: the URL of a Lictor. Out: calls against it, recorded in a History. Like the real client, each call is sent again
until it has an answer; each thing written carries a token, so that the checker can count how often it has happened.
Every agent knows its version and its id, every state the version it follows.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import uuid4

import httpx2

from tests.chaos.history import Call, History, Kind
from tests.orchestration.builders import every

GIVE_UP = 120.0
"""Seconds after which a call that had no answer is a failure of its own: Lictor has not come back."""
MOST_OPEN = 20
"""Runs that may wait for an agent: what agents cannot keep up with would look like forgotten."""
LIMIT = 2
TASKS = 2
_ANSWER_WITHIN = 20.0
_TICK = every(60_000_000, *(f"2020-01-01T00:00:{second:02}" for second in range(60)))
"""Due every second: no clock may be due more often than each minute, but a schedule may have many."""


class Refused(Exception):
    """The server has answered, and said no."""


class Unanswered(AssertionError):
    """A call that was sent again and again for GIVE_UP seconds."""


@dataclass(frozen=True)
class World:
    """What the clients work on: a flow by hand, one with a schedule, a label of which LIMIT runs may be at work."""

    tenant: str
    by_hand: str
    scheduled: str
    label: str


class Driver:
    """The clients of one experiment. `seed` decides what they do, not when: that is the machine's."""

    def __init__(self, url: str, seed: int, *, creators: int = 2, agents: int = 3) -> None:
        self.url = url
        self.history = History()
        self.random = random.Random(seed)
        self.creators, self.agents = creators, agents
        self.name = uuid4().hex[:10]
        self.world: World
        self.tasks_of: list[str] = []
        self.creating = asyncio.Event()
        self.finished: set[str] = set()
        self.ended: set[str] = set()
        self.runs: set[str] = set()
        self.claims: dict[str, list[str]] = {}
        self._numbers = itertools.count(1)
        self._tasks: list[asyncio.Task[None]] = []
        self._http = httpx2.AsyncClient(base_url=url, timeout=_ANSWER_WITHIN, trust_env=False)

    # --- calls ------------------------------------------------------------------------------------------------------

    async def ask(
        self, kind: Kind, client: str, query: str, input: Any = None, *, object: str = "", token: str = "",
        agent: str | None = None, variables: Any = None,
    ) -> Any:  # fmt: skip
        """The data of the answer. Raises Refused; what has no answer is sent again, as the client does."""
        body = {"query": query, "variables": {"input": input} if variables is None else variables}
        headers = {"X-PREFECT-AGENT-ID": agent} if agent else {}
        deadline, pause = time.monotonic() + GIVE_UP, 0.05
        while True:
            call = self.history.invoke(kind, client, object, token)
            try:
                answer = await self._http.post("/graphql", json=body, headers=headers)
            except httpx2.TransportError as error:
                self.history.complete(call, "unknown", type(error).__name__)
            else:
                if (data := self._read(call, answer)) is not None:
                    return data
            if time.monotonic() > deadline:
                raise Unanswered(f"{kind} of {client} had no answer for {GIVE_UP:g} s; last: {call.answer}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.5)

    def _read(self, call: Call, answer: httpx2.Response) -> Any:
        if answer.status_code >= 500:
            self.history.complete(call, "unknown", f"{answer.status_code} {answer.text[:300]}")
            return None
        content = answer.json()
        if "errors" in content:
            message = content["errors"][0]["message"]
            if "failed to answer" in message:
                # An internal error: nothing that a client should ever see, and no word on what has become of the call.
                self.history.complete(call, "unknown", f"internal: {message}")
                return None
            self.history.complete(call, "refused", message)
            raise Refused(message)
        self.history.complete(call, "ok")
        return content["data"]

    def token(self, what: str) -> str:
        return f"{self.name} {what} {next(self._numbers)}"

    # --- the world --------------------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Make the flows, the limit and the agents' names."""
        tenant = (await self.ask("read", "setup", "{ tenant { id } }"))["tenant"][0]["id"]
        project = await self._make("project", name=self.name, tenant_id=tenant)
        tasks = [{"slug": f"t{number}", "name": f"t{number}"} for number in range(TASKS)]
        by_hand = await self._make(
            "flow", project_id=project, serialized_flow={"name": f"by hand {self.name}", "tasks": tasks}
        )
        scheduled = await self._make(
            "flow",
            project_id=project,
            serialized_flow={
                "name": f"scheduled {self.name}", "tasks": tasks, "schedule": _TICK,
                "run_config": {"type": "UniversalRun", "labels": [self.name]},
            },
        )  # fmt: skip
        label = f"limited {self.name}"
        await self.ask(
            "read", "setup",
            "mutation($input: update_flow_concurrency_limit_input!) { update_flow_concurrency_limit(input: $input) { id } }",
            {"label": label, "limit": LIMIT},
        )  # fmt: skip
        self.world = World(tenant, by_hand, scheduled, label)

    async def _make(self, what: str, **input: Any) -> str:
        document = f"mutation($input: create_{what}_input!) {{ create_{what}(input: $input) {{ id }} }}"
        return (await self.ask("read", "setup", document, input))[f"create_{what}"]["id"]

    # --- the clients ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Let everybody work until `drain`."""
        self.creating.set()
        clients = [self._creator(f"creator {number}") for number in range(self.creators)]
        clients += [self._agent(f"agent {number}") for number in range(self.agents)]
        self._tasks = [asyncio.create_task(client) for client in clients]

    def check(self) -> None:
        """Raises what a client has met that it should not have."""
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()

    async def drain(self, within: float) -> float:
        """Make no more runs, and wait until every run that was made has ended; in how many seconds.

        Raises AssertionError naming runs that nobody carries out for `within` seconds: they have been forgotten.
        """
        self.creating.clear()
        began = progress = time.monotonic()
        done = len(self.finished)
        await self.ask(
            "read", "setup", "mutation($input: set_schedule_inactive_input!) { set_schedule_inactive(input: $input) { success } }",
            {"flow_id": self.world.scheduled},
        )  # fmt: skip
        while left := await self._unfinished():
            self.check()
            if len(self.finished) > done:
                done, progress = len(self.finished), time.monotonic()
            assert time.monotonic() - progress < within, f"for {within:g} s nobody has ended these: {left}"
            await asyncio.sleep(0.1)
        return time.monotonic() - began

    async def _unfinished(self) -> list[Any]:
        document = """query($flows: [uuid!]!) { flow_run(where: {flow_id: {_in: $flows}, state: {_nin:
            ["Success", "Cancelled", "Failed"]}}, limit: 5) { id state version auto_scheduled scheduled_start_time } }"""
        flows = [self.world.by_hand, self.world.scheduled]
        return (await self.ask("read", "setup", document, variables={"flows": flows}))["flow_run"]

    async def stop(self) -> None:
        """End all clients, wherever they are."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    async def _creator(self, client: str) -> None:
        while True:
            await self.creating.wait()
            if len(self.runs - self.ended) >= MOST_OPEN:
                await asyncio.sleep(0.1)
                continue
            token = self.token("run")
            labels = [self.name] + ([self.world.label] if self.random.random() < 0.5 else [])
            data = await self.ask(
                "run", client, _CREATE, {"flow_id": self.world.by_hand, "idempotency_key": token, "labels": labels},
                object=self.world.by_hand, token=token,
            )  # fmt: skip
            run = data["create_flow_run"]["id"]
            self.runs.add(run)
            if self.random.random() < 0.05:
                with contextlib.suppress(Refused):
                    await self.ask("cancel", client, _CANCEL, {"flow_run_id": run}, object=run)
                    self.ended.add(run)
            await asyncio.sleep(self.random.uniform(0.05, 0.15))

    async def _agent(self, client: str) -> None:
        document = "mutation($input: register_agent_input!) { register_agent(input: $input) { id } }"
        labels = [self.name, self.world.label]
        agent = (
            await self.ask(
                "read", client, document,
                {"type": "LocalAgent", "name": f"{client} {self.name}", "tenant_id": self.world.tenant, "labels": labels},
            )
        )["register_agent"]["id"]  # fmt: skip
        while True:
            data = await self.ask(
                "read", client, _QUEUE, {"tenant_id": self.world.tenant, "labels": labels}, agent=agent
            )
            runs = data["get_runs_in_queue"]["flow_run_ids"]
            for run in runs:
                try:
                    await self._carry_out(client, agent, run)
                except Refused as error:
                    # Somebody else has it, or its slot is taken, or it has been cancelled; all else is a fault.
                    expected = ["already been submitted", "slots of its label"]
                    if not self.creating.is_set():
                        # The schedule is inactive from now on, which takes the runs with it that nobody has taken.
                        expected.append("there is no such flow run")
                    if run not in self.history.cancelled and not any(text in str(error) for text in expected):
                        raise
            if not runs:
                await asyncio.sleep(self.random.uniform(0.02, 0.1))

    async def _carry_out(self, client: str, agent: str, run: str) -> None:
        """What an agent and the process it starts do to a run."""
        data = await self.ask("read", client, _INFO, variables={"id": run})
        info = data["flow_run_by_pk"]
        if info is None or info["state"] != "Scheduled":
            return
        version = info["version"]
        await self._flow(client, run, version, "Submitted", agent=agent)
        self.claims.setdefault(run, []).append(client)
        await self._flow(client, run, version + 1, "Running")
        try:
            for task in info["flow"]["tasks"]:
                await self._task(client, run, task["id"])
        except Refused:
            # A task run does not start in a run that is being cancelled; its process ends it then.
            if run not in self.history.cancelled:
                raise
            await self._flow(client, run, None, "Cancelled")
            return
        await self._flow(client, run, version + 2, "Success")
        self.finished.add(run)
        self.ended.add(run)

    async def _flow(
        self, client: str, run: str, version: int | None, state: str, agent: str | None = None
    ) -> None:
        token = self.token(state)
        data = await self.ask(
            "flow state", client, _FLOW,
            {"states": [{"flow_run_id": run, "version": version, "state": {"type": state, "message": token}}]},
            object=run, token=token, agent=agent,
        )  # fmt: skip
        [answer] = data["set_flow_run_states"]["states"]
        if answer["status"] != "SUCCESS":
            self._wrong(f"{state} of {run} was answered {answer}")

    async def _task(self, client: str, run: str, task: str) -> None:
        data = await self.ask("read", client, _TASK_RUN, {"flow_run_id": run, "task_id": task})
        task_run = data["get_or_create_task_run_info"]
        version = task_run["version"]
        for state in ("Running", "Success"):
            token = self.token(state)
            item = {
                "task_run_id": task_run["id"],
                "version": version,
                "state": {"type": state, "message": token},
            }
            await self.ask(
                "task state", client, _TASKS, {"states": [item]}, object=task_run["id"], token=token
            )
            version += 1
            token = self.token("log")
            lines = [{"flow_run_id": run, "task_run_id": task_run["id"], "message": token, "level": "INFO"}]
            await self.ask("log", client, _LOGS, {"logs": lines}, object=run, token=token)
        await self.ask("beat", client, _BEAT, {"flow_run_id": run}, object=run)

    @staticmethod
    def _wrong(what: str) -> NoReturn:
        raise AssertionError(what)


def _mutation(name: str, answer: str) -> str:
    return f"mutation($input: {name}_input!) {{ {name}(input: $input) {{ {answer} }} }}"


_CREATE = _mutation("create_flow_run", "id")
_CANCEL = _mutation("cancel_flow_run", "state")
_QUEUE = _mutation("get_runs_in_queue", "flow_run_ids")
_FLOW = _mutation("set_flow_run_states", "states { id status message }")
_TASKS = _mutation("set_task_run_states", "states { id status message }")
_TASK_RUN = _mutation("get_or_create_task_run_info", "id version")
_LOGS = _mutation("write_run_logs", "success")
_BEAT = _mutation("update_flow_run_heartbeat", "success")
_INFO = "query($id: uuid!) { flow_run_by_pk(id: $id) { version state flow { tasks(order_by: {slug: asc}) { id } } } }"
