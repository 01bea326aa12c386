"""Actions, hooks and SLAs for tests of automations."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from lictor.orchestration import automations
from tests.orchestration.builders import insert

SECRET = "webhook_url"
URL = "http://127.0.0.1:9/"


def actions(url: str, group_id: UUID) -> dict[str, dict[str, Any]]:
    """One config of each class; what sends, sends to `url`, where it is free to choose."""
    return {
        "webhook": {"url": url, "payload": {"{event_name}": ["{flow_run_name}|{message}"]}},
        "slack_notification": {"webhook_url_secret": SECRET, "message": "slack {event_name} {flow_run_name}"},
        "teams_webhook_notification": {"webhook_url_secret": SECRET, "message": "teams {event_name}"},
        "email_notification": {"to_emails": ["a@example.com"], "subject": "mail {event_name}", "body": "{message}"},
        "twilio_notification": {
            "account_sid": "AC1", "auth_token_secret": "token", "messaging_service_sid": "MG1",
            "phone_numbers": ["+1", "+2"], "message": "sms {event_name}",
        },
        "pagerduty_notification": {"routing_key": "key", "severity": "error", "message": "page {event_name}"},
        "cancel_flow_run": {"message": "because of {event_name}"},
        "pause_schedule": {},
        "create_flow_run": {"flow_group_id": str(group_id), "parameters": {"why": "{event_name} of {flow_run_id}"}},
    }  # fmt: skip


API = {"cancel_flow_run", "pause_schedule", "create_flow_run"}


async def make_action(pool: asyncpg.Pool, tenant_id: UUID, kind: str = "webhook", **fields: Any) -> UUID:
    fields = fields or {"url": URL}
    return await automations.create_action(pool, tenant_id=tenant_id, name=kind, config={kind: fields})


async def group_of(pool: asyncpg.Pool, run_id: UUID) -> UUID:
    return await pool.fetchval(
        "SELECT flow_group_id FROM flow JOIN flow_run ON flow_id = flow.id WHERE flow_run.id = $1", run_id
    )


async def make_sla(pool: asyncpg.Pool, tenant_id: UUID, group_id: UUID, kind: str, seconds: int = 60) -> UUID:
    """An SLA that holds for a group since long ago."""
    sla_id = await automations.create_flow_sla_config(
        pool, tenant_id=tenant_id, kind=kind, duration_seconds=seconds
    )
    await automations.create_flow_group_sla(pool, flow_sla_config_id=sla_id, flow_group_id=group_id)
    await pool.execute("UPDATE flow_group_sla SET created = created - interval '1 day'")
    return sla_id


async def make_agent(pool: asyncpg.Pool, tenant_id: UUID, config_id: UUID, **values: Any) -> UUID:
    id = uuid4()
    agent = {
        "id": id,
        "tenant_id": tenant_id,
        "agent_config_id": config_id,
        "name": str(id),
        "type": "LocalAgent",
    }
    return await insert(pool, "agent", {**agent, "labels": [], **values})


async def events(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    """What is owed to automations, in the order it was written."""
    rows = await pool.fetch("SELECT event FROM hook_delivery WHERE kind = 'automation' ORDER BY sequence")
    return [json.loads(row["event"]) for row in rows]


async def set_api_life(pool: asyncpg.Pool) -> None:
    """An API has been up for a day and will be for another."""
    await pool.execute("DELETE FROM utility.api_life")
    await pool.execute("DELETE FROM utility.api_outage")
    await pool.execute(
        "INSERT INTO utility.api_life (since, last_seen, expected_by)"
        " VALUES (now() - interval '1 day', now() + interval '1 day', now() + interval '1 day')"
    )
