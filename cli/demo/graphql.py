"""What the demo asks of the API: the state of runs, and their logs.

In: a URL. Out: plain Python values. Reads only, over the same GraphQL that every client uses.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import httpx2

FINISHED = {
    "Success",
    "Failed",
    "Cancelled",
    "TimedOut",
    "TriggerFailed",
    "Skipped",
    "Cached",
    "Mapped",
    "Looped",
}

_RUNS = """
query ($runs: [uuid!]!, $scheduled: [uuid!]!) {
  flow_run(where: {_or: [{id: {_in: $runs}}, {flow_id: {_in: $scheduled}, auto_scheduled: {_eq: true}}]},
           order_by: {scheduled_start_time: asc}) {
    id name state start_time end_time flow_id flow { name } task_runs { state }
  }
}
"""
_LOGS = """
query ($run: uuid!) {
  log(where: {flow_run_id: {_eq: $run}}, order_by: {timestamp: desc}, limit: 20) { timestamp level message }
}
"""


class ApiError(RuntimeError):
    """The API answered with errors; the text is theirs."""


@dataclass(frozen=True)
class Run:
    """A flow run as the API tells of it."""

    id: str
    flow: str
    flow_id: str
    name: str
    state: str
    task_states: list[str]
    seconds: float | None

    @classmethod
    def parse(cls, row: dict[str, Any]) -> Self:
        """Make a Run of a row of `flow_run`."""
        seconds = None
        if row["start_time"] and row["end_time"]:
            began, ended = (datetime.fromisoformat(row[name]) for name in ("start_time", "end_time"))
            seconds = (ended - began).total_seconds()
        return cls(
            id=row["id"],
            flow=row["flow"]["name"],
            flow_id=row["flow_id"],
            name=row["name"],
            state=row["state"] or "Scheduled",
            task_states=[task["state"] or "Pending" for task in row["task_runs"]],
            seconds=seconds,
        )

    @property
    def finished(self) -> bool:
        """Whether the state is final."""
        return self.state in FINISHED


class Api:
    """Asks the GraphQL API at `url`."""

    def __init__(self, url: str) -> None:
        # No proxy of the environment: the API is on this machine.
        self._client = httpx2.AsyncClient(base_url=url, trust_env=False, timeout=15)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def runs(self, run_ids: list[str], scheduled_flow_ids: list[str]) -> list[Run]:
        """The given runs, and the first scheduled run of each of the given flows. Raises ApiError."""
        data = await self._query(_RUNS, {"runs": run_ids, "scheduled": scheduled_flow_ids})
        runs = [Run.parse(row) for row in data["flow_run"]]
        first: dict[str, Run] = {}
        for run in runs:
            if run.flow_id in scheduled_flow_ids:
                first.setdefault(run.flow_id, run)
        return [run for run in runs if run.flow_id not in first or first[run.flow_id] is run]

    async def logs(self, run_id: str) -> list[str]:
        """The last lines that a run logged. Raises ApiError."""
        rows = (await self._query(_LOGS, {"run": run_id}))["log"]
        return [f"{row['timestamp']} {row['level']:<8} {row['message']}" for row in reversed(rows)]

    async def _query(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        answer = await self._client.post("/graphql", json={"query": query, "variables": variables})
        body = answer.json()
        if "errors" in body:
            raise ApiError("; ".join(error["message"] for error in body["errors"]))
        return body["data"]
