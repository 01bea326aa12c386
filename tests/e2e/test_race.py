"""Two agents grab the same runs, 1,000 times, through two API processes: each run has exactly one winner."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx2
import pytest

RACES = 1000

SUBMIT = "mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { id status message } } }"


@pytest.mark.timeout(240)
async def test_of_two_agents_exactly_one_wins(lictor, graphql):
    tenant = graphql("{ tenant { id } }")["tenant"][0]["id"]
    project = create(graphql, "project", name=f"race {uuid4()}", tenant_id=tenant)
    flow = create(
        graphql,
        "flow",
        project_id=project,
        serialized_flow=json.dumps({"name": "race", "tasks": [{"slug": "t"}]}),
    )
    agents = [register(graphql, name, tenant) for name in ("red", "blue")]
    wins = dict.fromkeys(agents, 0)
    losing: set[str] = set()
    async with httpx2.AsyncClient(
        base_url=lictor.url, timeout=60, trust_env=False, limits=httpx2.Limits(max_keepalive_connections=0)
    ) as http:
        gate = asyncio.Semaphore(8)

        async def race() -> None:
            async with gate:
                run = (await post(http, CREATE_RUN, {"flow_id": flow}))["data"]["create_flow_run"]["id"]
                input = {"states": [{"flow_run_id": run, "version": 1, "state": {"type": "Submitted"}}]}
                answers = await asyncio.gather(*(post(http, SUBMIT, input, agent) for agent in agents))
            won = [agent for agent, answer in zip(agents, answers, strict=True) if "errors" not in answer]
            assert len(won) == 1, answers
            wins[won[0]] += 1
            losing.update(error["message"] for answer in answers for error in answer.get("errors", []))

        await asyncio.gather(*(race() for _ in range(RACES)))
    assert sum(wins.values()) == RACES
    assert losing == {"State update failed: this run has already been submitted."}
    by_agent = graphql(
        "query($ids: [uuid!]!) { agent(where: {id: {_in: $ids}}) { id flow_runs_aggregate { aggregate { count } } } }",
        ids=agents,
    )
    assert {row["id"]: row["flow_runs_aggregate"]["aggregate"]["count"] for row in by_agent["agent"]} == wins
    versions = graphql(
        "query($flow: uuid!) { flow_run(where: {flow_id: {_eq: $flow}}) { states(order_by: {version: asc}) { version } } }",
        flow=flow,
    )
    assert {tuple(state["version"] for state in run["states"]) for run in versions["flow_run"]} == {(1, 2)}


CREATE_RUN = "mutation($input: create_flow_run_input!) { create_flow_run(input: $input) { id } }"


async def post(
    http: httpx2.AsyncClient, query: str, input: dict[str, Any], agent: str | None = None
) -> dict[str, Any]:
    headers = {"X-PREFECT-AGENT-ID": agent} if agent else {}
    answer = await http.post(
        "/", json={"query": query, "variables": json.dumps({"input": input})}, headers=headers
    )
    return answer.json()


def create(graphql: Any, what: str, **input: Any) -> str:
    document = f"mutation($input: create_{what}_input!) {{ create_{what}(input: $input) {{ id }} }}"
    return graphql(document, input=input)[f"create_{what}"]["id"]


def register(graphql: Any, name: str, tenant: str) -> str:
    document = "mutation($input: register_agent_input!) { register_agent(input: $input) { id } }"
    return graphql(document, input={"type": "LocalAgent", "name": name, "tenant_id": tenant})[
        "register_agent"
    ]["id"]
