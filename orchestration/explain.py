"""Why a flow run is not running: an answer made of what the database says now.

In: a connection and the id of a run. Out: an `Explanation` whose reasons stand in the order in which a person should
look at them. Asks one statement (sql/explain.sql) and changes nothing. Raises OrchestrationError for an unknown run.

The conditions are those of the work queue (contract server.md 3.6.4) and of what moves runs on afterwards (4.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from lictor.orchestration import queries
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.state_types import FINISHED, WAITING
from lictor.orchestration.types import Executor

_sql = queries.load("explain")

AGENT_ALIVE_WITHIN = timedelta(minutes=1)
"""An agent asks every 10 s at the latest (contract client.md 7.2); one that was silent for longer is taken for gone."""

SILENT_AFTER = timedelta(minutes=2)
"""A process sends a heartbeat every 30 s (contract client.md 5.8)."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that keeps a run from running.

    `code` is for programs; `message` says it, `remedy` what to do about it (None: nothing, but to wait). `until` is
    when it ends by itself, where that is known. `details` holds ids and names.
    """

    code: str
    message: str
    remedy: str | None = None
    until: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The state of a run, since when, and why it is not running; no reasons: it is running, or about to."""

    flow_run_id: UUID
    state: str
    since: datetime | None
    reasons: list[Reason]

    @property
    def summary(self) -> str:
        """One sentence for a person."""
        return self.reasons[0].message if self.reasons else f"It is {self.state}."


async def why_not_running(
    executor: Executor, flow_run_id: UUID, *, tenant_id: UUID | None = None
) -> Explanation:
    """Explain a run of the tenant (None: of any). Raises OrchestrationError for an unknown one."""
    row = await _sql.facts.fetchrow(
        executor, flow_run_id=flow_run_id, tenant_id=tenant_id, alive_within=AGENT_ALIVE_WITHIN
    )
    if row is None:
        raise OrchestrationError(f"Flow run {flow_run_id} not found.")
    facts: dict[str, Any] = dict(row)
    for name in ("labels", "full_limits", "agents", "waiting_tasks", "settings"):
        facts[name] = orjson.loads(facts[name])
    return Explanation(flow_run_id, facts["state"], facts["state_timestamp"], list(_reasons(facts)))


def _reasons(facts: Mapping[str, Any]) -> Iterator[Reason]:
    state = facts["state"]
    if state in FINISHED:
        yield Reason(
            "FINISHED",
            f"It has finished as {state}{_at(facts['state_timestamp'])}.",
            "Restart it from the UI, or make a new run.",
        )
    elif state in WAITING:
        yield from _waiting(facts)
    elif state == "Submitted":
        yield _submitted(facts)
    elif state == "Cancelling":
        yield Reason(
            "CANCELLING",
            "It is being cancelled: its process has been asked to stop and looks every 15 s.",
            "Where the process is gone, the run is marked once it has been silent long enough.",
            details={"heartbeat": facts["heartbeat"]},
        )
    elif state == "Pending":
        yield Reason("NOT_SCHEDULED", "It has not been scheduled.", "Set it to Scheduled, or make a new run.")
    elif state == "Running":
        yield from _running(facts)


def _waiting(facts: Mapping[str, Any]) -> Iterator[Reason]:
    """A run in the queue: all that stands between it and an agent."""
    due, now = facts["state_start_time"], facts["now"]
    if due is None:
        yield Reason(
            "PAUSED",
            f"It is {facts['state']} until somebody resumes it.",
            "Set it to Resume (`Approve` in the UI).",
        )
        return
    if due > now:
        yield Reason("NOT_DUE", f"It is not due until {_time(due)}.", until=due)
    if facts["queue_paused"]:
        yield Reason(
            "QUEUE_PAUSED",
            "The work queue of the tenant is paused: agents get no runs.",
            "Resume it with resume_tenant_work_queue.",
        )
    for limit in facts["full_limits"]:
        yield _full(limit)
    yield from _agents(facts)
    if due <= now and not facts["queue_paused"] and not facts["full_limits"] and _serving(facts):
        yield _in_line(facts)


def _full(limit: Mapping[str, Any]) -> Reason:
    holders = limit["holders"] or []
    names = ", ".join(holder["name"] or holder["id"] for holder in holders)
    more = limit["slots"] - len(holders)
    if not holders:
        held = "the limit is 0, which holds every run back"
    else:
        held = f"held by {names}" + (f" and {more} more" if more > 0 else "")
    return Reason(
        "LIMIT_REACHED",
        f"All {limit['limit']} slots of the label {limit['name']!r} are taken: {held}.",
        "Wait for one of them, or raise the limit with update_flow_concurrency_limit.",
        details=dict(limit),
    )


def _serving(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [agent for agent in facts["agents"] if agent["serves"] and agent["alive"]]


def _agents(facts: Mapping[str, Any]) -> Iterator[Reason]:
    """What is wrong with the agents, if none of them would take the run."""
    if _serving(facts):
        return
    labels = facts["labels"]
    wanted = f"the labels {', '.join(map(repr, labels))}" if labels else "no labels"
    options = "".join(f" --label {label}" for label in labels)
    remedy = f"Start one: prefect agent local start{options}"
    details = {"labels": labels, "agents": facts["agents"]}
    silent = [agent for agent in facts["agents"] if agent["serves"]]
    others = [agent for agent in facts["agents"] if agent["alive"]]
    if silent:
        last = silent[0]
        yield Reason(
            "AGENT_SILENT",
            f"The agent {last['name']!r} serves it, but has not asked for runs since {last['last_queried']}.",
            f"Look after that agent. {remedy}",
            details=details,
        )
    elif others:
        nearest = others[0]
        lacks = (
            f"the agent {nearest['name']!r} lacks {', '.join(map(repr, nearest['missing']))}"
            if nearest["missing"]
            else f"the agent {nearest['name']!r} has labels, and a run without any needs an agent without any"
        )
        yield Reason("NO_AGENT", f"No agent serves runs with {wanted}: {lacks}.", remedy, details=details)
    else:
        yield Reason(
            "NO_AGENT", f"No agent is running that serves runs with {wanted}.", remedy, details=details
        )


def _in_line(facts: Mapping[str, Any]) -> Reason:
    ahead, agent = facts["ahead"], _serving(facts)[0]
    before = f"behind {ahead}{' or more' if ahead >= 1000 else ''} older runs" if ahead else "as the next one"
    return Reason(
        "IN_LINE",
        f"It has waited since {_time(facts['state_start_time'])} and stands in line {before}; "
        f"the agent {agent['name']!r} serves it.",
        details={"ahead": ahead, "agent_id": agent["id"]},
    )


def _submitted(facts: Mapping[str, Any]) -> Reason:
    agent = f"The agent {facts['agent_name']!r}" if facts["agent_name"] else "An agent"
    return Reason(
        "STARTING",
        f"{agent} has submitted it{_at(facts['state_timestamp'])}; its process has not reported yet.",
        "Look at the agent's log. A run that stays silent is rescheduled by Lazarus.",
        details={"agent_id": facts["agent_id"], "heartbeat": facts["heartbeat"]},
    )


def _running(facts: Mapping[str, Any]) -> Iterator[Reason]:
    """Running by name: what may stand still nevertheless."""
    if facts["waiting_tasks"]["count"]:
        yield _tasks_wait(facts)
    beat = facts["heartbeat"]
    if beat is not None and beat < facts["now"] - SILENT_AFTER:
        yield Reason(
            "SILENT",
            f"It is Running, but its process has been silent since {_time(beat)}.",
            "Look for its process. If it is gone, the run is taken up again once it has been silent long enough.",
            details={"heartbeat": beat},
        )


def _tasks_wait(facts: Mapping[str, Any]) -> Reason:
    tasks = facts["waiting_tasks"]
    first = datetime.fromisoformat(tasks["first"])
    due = f"the first is due at {_time(first)}" if first > facts["now"] else "the first is due"
    return Reason(
        "TASKS_WAIT",
        f"{tasks['count']} of its task runs wait for their time; {due}. Then an agent continues the run.",
        until=first,
        details={"task_runs": tasks["count"]},
    )


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _at(moment: datetime | None) -> str:
    return f" at {_time(moment)}" if moment is not None else ""
