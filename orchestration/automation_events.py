"""The events that automations are about, as listeners and templates see them (contract ui-and-cloud.md B.4).

In: what an outbox row keeps of an event. Out: all of its fields, with links and the default message. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from lictor.orchestration.hook_requests import Addresses
from lictor.orchestration.templates import fill

FLOW_RUN_STATE_CHANGED: Final = "FlowRunStateChangedEvent"
FLOW_SLA_FAILED: Final = "FlowSLAFailedEvent"
AGENT_SLA_FAILED: Final = "AgentSLAFailedEvent"
SCHEDULED_NOT_STARTED: Final = "SCHEDULED_NOT_STARTED"
STARTED_NOT_FINISHED: Final = "STARTED_NOT_FINISHED"
SLA_KINDS: Final = (SCHEDULED_NOT_STARTED, STARTED_NOT_FINISHED)

_ALL = ("id", "event_name", "message", "tenant_id", "tenant_slug", "timestamp")
_FLOW_RUN = (
    "flow_id", "flow_name", "flow_group_id", "flow_link", "flow_run_id", "flow_run_name", "flow_run_link", "state",
    "state_message",
)  # fmt: skip
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    FLOW_RUN_STATE_CHANGED: (*_ALL, *_FLOW_RUN),
    FLOW_SLA_FAILED: (*_ALL, *_FLOW_RUN, "flow_sla_config_id", "kind", "duration_seconds"),
    AGENT_SLA_FAILED: (
        *_ALL, "healthy_agent_ids", "unhealthy_agent_ids", "sla_min_healthy", "agent_config_id",
    ),
}  # fmt: skip
"""The fields of an event by its class: all that is told, and all that a template can name."""

_MESSAGES: Final[Mapping[str, str]] = {
    FLOW_RUN_STATE_CHANGED: "Flow run {flow_run_name} of flow {flow_name} is now {state}: {state_message} {flow_run_link}",
    SCHEDULED_NOT_STARTED: (
        "Flow run {flow_run_name} of flow {flow_name} did not start within {duration_seconds} seconds of its scheduled"
        " time. {flow_run_link}"
    ),
    STARTED_NOT_FINISHED: (
        "Flow run {flow_run_name} of flow {flow_name} did not finish within {duration_seconds} seconds of its start."
        " {flow_run_link}"
    ),
    AGENT_SLA_FAILED: (
        "Fewer agents than {sla_min_healthy} of the agent config {agent_config_id} are healthy."
        " Healthy: {healthy_agent_ids}. Unhealthy: {unhealthy_agent_ids}."
    ),
}
"""What is said of an event where an action has no words of its own, by class, or kind of SLA."""


def told(facts: Mapping[str, Any], addresses: Addresses) -> dict[str, Any]:
    """The event of which an outbox row keeps `facts`."""
    event = dict(facts)
    name, slug = event["event_name"], event.get("tenant_slug")
    if name != AGENT_SLA_FAILED:
        event["flow_link"] = f"{addresses.ui}/{slug}/flow/{event.get('flow_group_id')}"
        event["flow_run_link"] = f"{addresses.ui}/{slug}/flow-run/{event.get('flow_run_id')}"
    event["message"] = fill(_MESSAGES[event["kind"] if name == FLOW_SLA_FAILED else name], event)
    return {field: event.get(field) for field in FIELDS[name]}


def invented(tenant_id: UUID, tenant_slug: str) -> dict[str, Any]:
    """The facts of an event that has not happened, to try an action with."""
    ids = {f"{name}_id": str(uuid4()) for name in ("flow", "flow_group", "flow_run")}
    return ids | {
        "id": str(uuid4()),
        "event_name": FLOW_RUN_STATE_CHANGED,
        "timestamp": datetime.now(UTC).isoformat(),
        "tenant_id": str(tenant_id),
        "tenant_slug": tenant_slug,
        "flow_name": "Test Flow",
        "flow_run_name": "test-run",
        "state": "Success",
        "state_message": "This is a test of an action; no flow has run.",
    }
