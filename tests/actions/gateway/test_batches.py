"""Arrays of operations, as the original UI sends them (contract ui-and-cloud.md A.0.2 and E 1)."""

from __future__ import annotations

import pytest

from tests.actions.gateway.conftest import RunningGateway


async def test_ten_with_one_bad(gateway: RunningGateway) -> None:
    operations = [{"operationName": None, "query": f"{{ a{n}: hello }}", "variables": {}} for n in range(10)]
    operations[4]["query"] = "{ no_such_field }"
    answer = await gateway.client.post("/graphql", json=operations)
    assert answer.status_code == 200
    items = answer.json()
    assert len(items) == 10
    assert items[4]["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert [list(item["data"]) for n, item in enumerate(items) if n != 4] == [
        [f"a{n}"] for n in range(10) if n != 4
    ]
    assert all("errors" not in item for n, item in enumerate(items) if n != 4)


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        "query",
        [],
        {},
        {"query": 1},
        {"query": ""},
        {"query": "{", "variables": None},
        {"query": "{hello}", "variables": "{"},
    ],
    ids=repr,
)
async def test_a_bad_item_fails_alone(gateway: RunningGateway, bad: object) -> None:
    good = {"query": "{ hello }"}
    answer = await gateway.client.post("/", json=[good, bad, good])
    assert answer.status_code == 200
    first, second, third = answer.json()
    assert first == third
    assert first["data"]["hello"]
    assert second["errors"][0]["message"]
    assert "data" not in second


async def test_empty_array(gateway: RunningGateway) -> None:
    answer = await gateway.client.post("/", json=[])
    assert (answer.status_code, answer.json()) == (200, [])


async def test_array_of_one(gateway: RunningGateway) -> None:
    answer = await gateway.client.post("/", json=[{"query": "{ hello }"}])
    assert [list(item) for item in answer.json()] == [["data"]]


async def test_too_long_an_array(gateway: RunningGateway) -> None:
    most = [{"query": "{ hello }"}] * 100
    assert len((await gateway.client.post("/", json=most)).json()) == 100
    answer = await gateway.client.post("/", json=[*most, {"query": "{ hello }"}])
    assert answer.status_code == 400
    assert "101" in answer.json()["errors"][0]["message"]
    assert "100" in answer.json()["errors"][0]["message"]


async def test_reads_actions_and_failures_side_by_side(gateway: RunningGateway) -> None:
    operations = [
        {"query": "{ tenant(limit: 0) { id } }"},
        {"query": '{ get_task_run_info(task_run_id: "nonsense") { id } }'},
        {"query": "{ hello }"},
        {"query": "query A { hello } query B { api { backend } }", "operationName": "B"},
    ]
    answer = await gateway.client.post("/", json=operations)
    read, failed, hello, named = answer.json()
    assert read == {"data": {"tenant": []}}
    assert failed["data"] == {"get_task_run_info": None}
    assert "Could not parse UUID" in failed["errors"][0]["message"]
    assert hello["data"]["hello"]
    assert named == {"data": {"api": {"backend": "SERVER"}}}
