"""The UI's team pages and its message centre through the gateway, as the UI asks (ui-and-cloud.md A.2.7 and A.2.8)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from lictor.cli.embedded.postgres import PostgresServer
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for
from tests.receiver import Receiver


@pytest.fixture
async def server(database: str, postgres: PostgresServer) -> AsyncIterator[RunningGateway]:
    """A gateway on a database that is this test's, whose hooks may go to loopback."""
    async with serve(settings_for(database, hook_networks="127.0.0.0/8")) as running:
        yield running


async def ask(server: RunningGateway, query: str, variables=None, **headers: str):
    answer = await server.post(query, variables, headers=headers)
    assert answer.status_code == 200
    body = answer.json()
    assert "errors" not in body, body
    return body["data"]


CREATE_TENANT = "mutation ($input: create_tenant_input!) { create_tenant(input: $input) { id } }"


async def make_team(server: RunningGateway, slug: str) -> str:
    made = await ask(server, CREATE_TENANT, {"input": {"name": slug, "slug": slug}})
    return made["create_tenant"]["id"]


async def test_a_team_is_renamed_without_naming_it(server: RunningGateway) -> None:
    own, other = await make_team(server, "own"), await make_team(server, "other")
    rename = """mutation ($name: String!, $slug: String!, $settings: JSON) {
        update_tenant_name(input: {name: $name}) { id }
        update_tenant_slug(input: {slug: $slug}) { id }
        update_tenant_settings(input: {settings: $settings}) { id }
    }"""
    variables = {"name": "Mine", "slug": "mine", "settings": {"work_queue_paused": True}}
    data = await ask(server, rename, variables, **{"X-Prefect-Tenant-Id": own})
    assert data == {
        key: {"id": own} for key in ("update_tenant_name", "update_tenant_slug", "update_tenant_settings")
    }
    listed = await ask(server, "{ tenant(order_by: {name: asc}) { id name slug settings } }")
    assert listed["tenant"] == [
        {"id": own, "name": "Mine", "slug": "mine", "settings": {"work_queue_paused": True}},
        {"id": other, "name": "other", "slug": "other", "settings": {}},
    ]
    # The text that installers and the UI compare.
    answer = await server.post(rename, {**variables, "slug": "other"}, headers={"X-Prefect-Tenant-Id": own})
    assert answer.json()["errors"][0]["message"] == "Uniqueness violation."


async def test_a_hook_is_made_tried_switched_and_deleted(server: RunningGateway) -> None:
    tenant_id = await make_team(server, "own")
    with Receiver() as receiver:
        create = """mutation ($type: cloud_hook_type!, $states: [String!]!, $config: JSON, $tenant_id: UUID) {
            create_cloud_hook(input: {version_group_id: null, name: "n", states: $states, config: $config, type: $type,
                                      tenant_id: $tenant_id}) { id }
        }"""
        variables = {
            "type": "WEBHOOK",
            "states": ["FAILED"],
            "config": {"url": receiver.url},
            "tenant_id": tenant_id,
        }
        hook_id = (await ask(server, create, variables))["create_cloud_hook"]["id"]
        test = """mutation ($id: UUID!) {
            test_cloud_hook(input: {cloud_hook_id: $id, state_type: SUCCESS}) { success error }
        }"""
        told = await ask(server, test, {"id": hook_id})
        assert told["test_cloud_hook"] == {"success": True, "error": None}
        assert len(receiver.requests) == 1
        receiver.status = 500
        told = await ask(server, test, {"id": hook_id})
        assert told["test_cloud_hook"] == {"success": False, "error": "127.0.0.1 answered HTTP 500."}
    switch = """mutation ($id: UUID!) {
        set_cloud_hook_inactive(input: {cloud_hook_id: $id}) { success }
    }"""
    await ask(server, switch, {"id": hook_id})
    found = await ask(
        server,
        "{ cloud_hook(where: {_or: [{version_group_id: {_is_null: true}}]}) { active states config } }",
    )
    assert found["cloud_hook"] == [{"active": False, "states": ["FAILED"], "config": {"url": receiver.url}}]
    delete = "mutation ($id: UUID!) { delete_cloud_hook(input: {cloud_hook_id: $id}) { success } }"
    for expected in (True, False):
        done = await ask(server, delete, {"id": hook_id})
        assert done == {"delete_cloud_hook": {"success": expected}}


async def test_messages_are_marked_and_deleted_by_aliases(server: RunningGateway, database: str) -> None:
    tenant_id = await make_team(server, "own")
    connection = await asyncpg.connect(database)
    try:
        rows = await connection.fetch(
            "INSERT INTO message (tenant_id, type) SELECT $1, 'MESSAGE' FROM generate_series(1, 3) RETURNING id",
            tenant_id,
        )
    finally:
        await connection.close()
    ids = [str(row["id"]) for row in rows]
    one, two, three = ids
    document = f"""mutation {{
        a: mark_message_as_read(input: {{message_id: "{one}"}}) {{ success }}
        b: mark_message_as_read(input: {{message_id: "{two}"}}) {{ success }}
        c: mark_message_as_unread(input: {{message_id: "{two}"}}) {{ success }}
        d: delete_message(input: {{message_id: "{three}"}}) {{ success }}
    }}"""
    assert await ask(server, document) == {key: {"success": True} for key in "abcd"}
    unread = await ask(server, "{ message(where: {read: {_eq: false}}) { id } }")
    assert unread == {"message": [{"id": two}]}


async def test_the_generated_deletions_have_made_way(server: RunningGateway) -> None:
    """`delete_agent(where: …)` is refused, as on the original's public endpoint (server.md 2.3)."""
    for table in ("agent", "agent_config", "cloud_hook", "message", "tenant"):
        answer = await server.post(f"mutation {{ delete_{table}(where: {{}}) {{ affected_rows }} }}")
        assert answer.status_code == 400
        assert json.dumps(answer.json()).count("GRAPHQL_VALIDATION_FAILED") > 0


async def test_a_tenant_needs_confirmation_to_be_deleted(server: RunningGateway) -> None:
    tenant_id = await make_team(server, "own")
    delete = "mutation ($id: UUID!, $sure: Boolean!) { delete_tenant(input: {tenant_id: $id, confirm: $sure}) { success } }"
    answer = await server.post(delete, {"id": tenant_id, "sure": False})
    assert "confirm=True" in answer.json()["errors"][0]["message"]
    done = await ask(server, delete, {"id": tenant_id, "sure": True})
    assert done == {"delete_tenant": {"success": True}}
    assert await ask(server, "{ tenant { id } }") == {"tenant": []}


async def test_the_default_team_stays_the_first(server: RunningGateway) -> None:
    """Clients that know no tenant take the first, asking for no order (contract client.md 1.6)."""
    teams = [await make_team(server, slug) for slug in ("m", "z", "a")]
    rename = 'mutation ($id: UUID!) { update_tenant_name(input: {tenant_id: $id, name: "new"}) { id } }'
    for id in (teams[0], teams[1], teams[0]):
        await ask(server, rename, {"id": id})
        assert [team["id"] for team in (await ask(server, "query { tenant { id } }"))["tenant"]] == teams
    by_slug = await ask(server, "query { tenant(order_by: {slug: asc}, limit: 2) { slug } }")
    assert by_slug["tenant"] == [{"slug": "a"}, {"slug": "m"}]
    found = await ask(server, 'query { tenant(where: {slug: {_eq: "z"}}) { id __typename } }')
    assert found["tenant"] == [{"id": teams[1], "__typename": "tenant"}]


async def test_a_deleted_team_is_not_listed_while_its_rows_go(server: RunningGateway, database: str) -> None:
    deleted, left = await make_team(server, "deleted"), await make_team(server, "left")
    project = 'mutation ($id: UUID) { create_project(input: {tenant_id: $id, name: "p"}) { id } }'
    await ask(server, project, {"id": deleted})
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction():
            # Somebody holds a row, so that the purge does not come to an end.
            await connection.execute("SELECT FROM project FOR UPDATE")
            delete = (
                "mutation ($id: UUID!) { delete_tenant(input: {tenant_id: $id, confirm: true}) { success } }"
            )
            assert (await ask(server, delete, {"id": deleted}))["delete_tenant"]["success"]
            assert await connection.fetchval("SELECT count(*) FROM tenant") == 2
            listed = await ask(server, "{ tenant { id } tenant_aggregate { aggregate { count } } }")
            assert listed == {"tenant": [{"id": left}], "tenant_aggregate": {"aggregate": {"count": 1}}}
    finally:
        await connection.close()


async def test_dead_letters_are_seen_and_sent_again(server: RunningGateway, database: str) -> None:
    team = await make_team(server, "team")
    headers = {"X-Prefect-Tenant-Id": team}
    make_hook = """mutation { create_cloud_hook(input: {
        type: WEBHOOK, name: "mine", states: ["RUNNING"], config: {url: "http://127.0.0.1:1/"}}) { id } }"""
    hook_id = (await ask(server, make_hook, **headers))["create_cloud_hook"]["id"]
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(
            "INSERT INTO hook_delivery (tenant_id, kind, target_id, subject_id, event_id, event, status, finished,"
            " attempts, last_status, last_error)"
            " VALUES ($1, 'cloud_hook', $2, uuidv7(), uuidv7(), '{}', 'Dead', now(), 12, 410, 'x answered HTTP 410.')",
            team, hook_id,
        )  # fmt: skip
    finally:
        await connection.close()
    look = """{ hook_delivery(where: {status: {_eq: "Dead"}}, order_by: {created: desc}) {
        id attempts last_status last_error cloud_hook { name signing_secret } flow_run { id } tenant { slug } } }"""
    [letter] = (await ask(server, look))["hook_delivery"]
    assert letter["cloud_hook"].pop("signing_secret").startswith("whsec_")
    id = letter.pop("id")
    assert letter == {
        "attempts": 12, "last_status": 410, "last_error": "x answered HTTP 410.", "cloud_hook": {"name": "mine"},
        "flow_run": None, "tenant": {"slug": "team"},
    }  # fmt: skip
    again = "mutation ($id: UUID!) { retry_hook_delivery(input: {hook_delivery_id: $id}) { success error } }"
    done = await ask(server, again, {"id": id}, **headers)
    assert done == {"retry_hook_delivery": {"success": True, "error": None}}
    assert (await ask(server, look))["hook_delivery"] == []
