"""Very many runs that come due at one moment: when do agents see them, and are their task runs there?

In: a stack and its services. Out: seconds after the moment at which each agent saw its first run, latencies of polls
before and after it, how fast the task runs were made ahead, and how fast the agents took all runs, each exactly once.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from rich.console import Console

from bench import drive, services, stack
from bench.report import progress, table
from bench.scheduler_world import make_flows, sql

AGENTS = 8
"""Agents that poll, each with its own labels: three sets of labels are theirs."""
PACE = 0.2
"""Seconds between two polls of an agent that only looks (a real one: 10 s)."""
LOOKED_AT = 4.0
"""Seconds after the moment in which agents only look; then they take runs as fast as they can."""
AIM = 1.0
POLL = "mutation($input: get_runs_in_queue_input!) { get_runs_in_queue(input: $input) { flow_run_ids } }"
SUBMIT = "mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { status } } }"
_SUBMITTED = {"type": "Submitted", "message": "Submitted for execution"}


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll: when it began (seconds from the moment), how long it took, the runs it was given."""

    began: float
    took: float
    runs: tuple[str, ...]


class Agent(threading.Thread):
    """Polls until nothing is left for it; takes nothing before `LOOKED_AT`."""

    def __init__(self, lictor: stack.Stack, tenant: str, number: int, due: datetime, share: int) -> None:
        super().__init__(name=f"agent {number}", daemon=True)
        self._lictor = lictor
        self._input = {"tenant_id": tenant, "labels": ["big", "gpu", f"zone-{number}"]}
        self._due = due.timestamp()
        self._share = share
        self.polls: list[Poll] = []
        self.taken: list[str] = []
        self.finished = 0.0
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            while len(self.taken) < self._share:
                poll = self._poll()
                if poll.runs and poll.began > LOOKED_AT:
                    self._submit(poll.runs)
                elif poll.began > LOOKED_AT:
                    return  # somebody else's fault: the caller counts what was taken
                else:
                    time.sleep(PACE)
            self.finished = time.time() - self._due
        except Exception as error:
            self.error = error

    def _poll(self) -> Poll:
        now = time.time()
        given = {**self._input, "before": datetime.fromtimestamp(now, UTC).isoformat()}
        answer, took = drive.call(self._lictor, POLL, {"input": given})
        self.polls.append(Poll(now - self._due, took, tuple(answer["get_runs_in_queue"]["flow_run_ids"])))
        return self.polls[-1]

    def _submit(self, runs: Sequence[str]) -> None:
        states = [{"flow_run_id": id, "version": 1, "state": _SUBMITTED} for id in runs]
        answer, _ = drive.call(self._lictor, SUBMIT, {"input": {"states": states}})
        if any(each["status"] != "SUCCESS" for each in answer["set_flow_run_states"]["states"]):
            raise RuntimeError(f"a state was refused: {answer}")
        self.taken += runs


async def measure(lictor: stack.Stack, count: int, lead: float) -> dict[str, Any]:
    """`count` runs that are due `lead` seconds after they have been made, with one worker process."""
    connection = await asyncpg.connect(
        lictor.postgres.dsn("lictor", user="postgres"), server_settings={"timezone": "UTC", "jit": "off"}
    )
    try:
        tenant = await make_flows(connection, [None] * min(count, 100))
        with services.running(lictor, 1) as served:
            progress(f"scheduler: {count:,} runs that come due at one moment")
            await connection.execute("SET session_replication_role = replica")
            due = datetime.now(UTC) + timedelta(seconds=lead)
            await sql.due_runs.execute(connection, tenant_id=tenant, count=count, zones=AGENTS, due=due)
            await connection.execute("SET session_replication_role = DEFAULT")
            await connection.execute("VACUUM ANALYZE flow_run")
            return {"runs": count, **await _watch(lictor, connection, served, str(tenant), count, due)}
    finally:
        await connection.close()


async def _watch(
    lictor: stack.Stack,
    connection: asyncpg.Connection,
    served: services.Services,
    tenant: str,
    count: int,
    due: datetime,
) -> dict[str, Any]:
    ahead = asyncio.create_task(_prepared(lictor, connection, served, count, due))
    await asyncio.sleep(max(0.0, due.timestamp() - time.time() - 5))
    # Run number n is of agent n % AGENTS.
    agents = [Agent(lictor, tenant, n, due, len(range(n, count, AGENTS))) for n in range(min(AGENTS, count))]
    for agent in agents:
        agent.start()
    prepared = await ahead
    progress("scheduler: agents take them")
    before = lictor.cpu()
    for agent in agents:
        await asyncio.to_thread(agent.join)
    used = {name: (value - before[name]) / count * 1e6 for name, value in lictor.cpu().items()}
    if error := next((agent.error for agent in agents if agent.error), None):
        raise error
    return {"prepared": prepared, "taking_cpu_us": used, **judge(agents, count)}


async def _prepared(
    lictor: stack.Stack, connection: asyncpg.Connection, served: services.Services, count: int, due: datetime
) -> dict[str, Any]:
    """How the task runs grew until all were there or the moment came."""
    began = ended = None
    before, after = (served.cpu(), lictor.cpu()["postgres"]), (0.0, 0.0)
    there = 0
    while there < count and time.time() < due.timestamp():
        asked, now = time.perf_counter(), await sql.prepared.fetchval(connection)
        if began is None:
            before = (served.cpu(), lictor.cpu()["postgres"])
            began = asked if now else None
        if now > there:
            there, ended = now, time.perf_counter()
            after = (served.cpu(), lictor.cpu()["postgres"])
        await asyncio.sleep(0.25)
    seconds = ended - began if began is not None and ended is not None else 0.0
    return {
        "runs": there,
        "seconds": seconds,
        "seconds_ahead": due.timestamp() - time.time(),
        "worker_cpu_us": (after[0] - before[0]) / there * 1e6 if there else None,
        "postgres_cpu_us": (after[1] - before[1]) / there * 1e6 if there else None,
    }


def judge(agents: Sequence[Agent], count: int) -> dict[str, Any]:
    """The numbers; raises if a run was handed out early, twice, or never."""
    taken = [id for agent in agents for id in agent.taken]
    polls = [poll for agent in agents for poll in agent.polls]
    # A poll's answer tells of runs due before it was sent.
    early = sum(bool(poll.runs) for poll in polls if poll.began < 0)
    lost, twice = count - len(set(taken)), len(taken) - len(set(taken))
    if early or lost or twice:
        raise RuntimeError(f"runs handed out: {early} polls early, {lost} never, {twice} twice")
    seen = [next(poll.began + poll.took for poll in agent.polls if poll.runs) for agent in agents]
    # Of polls that begin after the moment, those that found nothing: they should have.
    blind = sum(not poll.runs for poll in polls if 0 <= poll.began < LOOKED_AT)
    phases = {
        "before": [poll.took for poll in polls if poll.began < 0],
        "first second": [poll.took for poll in polls if 0 <= poll.began < 1],
        "from 1 s on": [poll.took for poll in polls if 1 <= poll.began < LOOKED_AT],
        "while taken": [poll.took for poll in polls if poll.began >= LOOKED_AT],
    }
    seconds = max(agent.finished for agent in agents) - LOOKED_AT
    return {
        "first_seen": min(seen), "last_seen": max(seen), "blind_polls": blind,
        "polls": {
            name: {"polls": len(took), **{f"p{share}": drive.quantile(took, share / 100) for share in (50, 95)}}
            for name, took in phases.items() if took
        },
        "taking_seconds": seconds, "taken_per_second": count / seconds,
    }  # fmt: skip


def show(console: Console, results: dict[str, Any]) -> None:
    """Print what `measure` gave."""
    prepared = results["prepared"]
    rows = [
        (name, f"{got['polls']:,}", f"{got['p50'] * 1000:.1f}", f"{got['p95'] * 1000:.1f}")
        for name, got in results["polls"].items()
    ]
    title = f"{results['runs']:,} runs come due at one moment; polls of {AGENTS} agents with labels of their own, every {PACE} s, from {LOOKED_AT:.0f} s on without rest"
    console.print(table(title, ("polls that began", "polls", "p50 ms", "p95 ms"), rows))
    console.print(
        f"The first agent saw its runs {results['first_seen']:.3f} s after the moment, the last {results['last_seen']:.3f} s "
        f"(aim: at most {AIM} s); {results['blind_polls']} polls after the moment found nothing.\n"
        f"Taken, each once: {results['taken_per_second']:,.0f} runs/s in {results['taking_seconds']:.1f} s; CPU µs per run: "
        f"gateway {results['taking_cpu_us']['gateway']:,.0f}, Postgres {results['taking_cpu_us']['postgres']:,.0f}."
    )
    cpu = ""
    if prepared["runs"]:
        rate = prepared["runs"] / prepared["seconds"] if prepared["seconds"] else 0
        cpu = (
            f", {rate:,.0f} runs/s, CPU µs per run: worker {prepared['worker_cpu_us']:,.0f}, Postgres "
            f"{prepared['postgres_cpu_us']:,.0f}"
        )
    console.print(
        f"Their task runs: {prepared['runs']:,} made ahead in {prepared['seconds']:.1f} s, done {prepared['seconds_ahead']:.1f} s "
        f"before the moment{cpu}."
    )
