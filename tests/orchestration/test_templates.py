"""Templates of automations: fields and nothing else (contract ui-and-cloud.md B.4)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lictor.orchestration.automation_events import AGENT_SLA_FAILED, FIELDS, invented, told
from lictor.orchestration.hook_requests import Addresses
from lictor.orchestration.templates import fill, fill_json

EVENT = {"id": "7", "state": "{id}", "none": None, "ids": ["a", "b"], "count": 3}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{id}", "7"),
        ("a {id} b {count}", "a 7 b 3"),
        ("{ids}/{none}/", "a, b//"),
        # What is filled in is not filled again.
        ("{state}", "{id}"),
        ("{unknown} {id.__class__} {id[0]} {id!r} {id:>9} {0} {} {{id}} {", "{unknown} {id.__class__} {id[0]} {id!r} {id:>9} {0} {} {7} {"),
        ("%s $id ${id}", "%s $id $7"),
    ],
)  # fmt: skip
def test_a_template_knows_fields_only(template, text):
    assert fill(template, EVENT) == text


def test_keys_and_values_of_json_are_filled_and_all_else_stays():
    payload = {"{id}": [1, None, True, {"a {count}": "{ids}"}], "{unknown}": "x"}
    assert fill_json(payload, EVENT) == {"7": [1, None, True, {"a 3": "a, b"}], "{unknown}": "x"}


def test_an_event_has_the_contracts_fields_links_and_a_message():
    facts = invented(uuid4(), "team")
    event = told(facts, Addresses("https://ui"))
    assert tuple(event) == FIELDS["FlowRunStateChangedEvent"]
    assert event["flow_link"] == f"https://ui/team/flow/{facts['flow_group_id']}"
    assert event["flow_run_link"] == f"https://ui/team/flow-run/{facts['flow_run_id']}"
    assert event["message"].startswith("Flow run test-run of flow Test Flow is now Success: ")
    agents = told(
        {
            "event_name": AGENT_SLA_FAILED,
            "sla_min_healthy": 2,
            "healthy_agent_ids": ["a"],
            "unhealthy_agent_ids": [],
        },
        Addresses("u"),
    )
    assert agents["message"].startswith("Fewer agents than 2 ")
    assert "Healthy: a. Unhealthy: ." in agents["message"]
