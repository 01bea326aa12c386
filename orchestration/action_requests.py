"""What an action sends for an event (contract ui-and-cloud.md B.4).

In: a checked config, its secrets, an event with all its fields. Out: requests and e-mails as plain values. Sends
nothing, reads nothing. Raises OrchestrationError for what cannot be sent as the config asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lictor.orchestration.delivery_plans import Email
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.hook_requests import Addresses, HookRequest, slack_text, teams_request
from lictor.orchestration.templates import fill, fill_json, text_of

Part = HookRequest | Email
_TIMEOUT = 5.0
"""Seconds from name look-up to answer."""
_SMS_LIMIT, _SLACK_LIMIT, _SUMMARY_LIMIT = 1600, 40_000, 1024
"""Characters that the services take; the rest is cut off."""


def action_requests(
    config: Mapping[str, Any], secrets: Mapping[str, str], event: Mapping[str, Any], addresses: Addresses
) -> tuple[Part, ...]:
    """The parts that tell `event`. `secrets`: field of the config -> the secret's value."""
    [(key, fields)] = config.items()
    match key:
        case "webhook":
            return (_webhook(fields, event),)
        case "slack_notification":
            text = fill(fields.get("message", "{message}"), event, slack_text)[:_SLACK_LIMIT]
            return (HookRequest(secrets["webhook_url_secret"], _TIMEOUT, json={"text": text}),)
        case "teams_webhook_notification":
            title, text = fields.get("title", "{event_name}"), fields.get("message", "{message}")
            return (teams_request(secrets["webhook_url_secret"], fill(title, event), fill(text, event)),)
        case "email_notification":
            subject, body = fields.get("subject", "Prefect: {event_name}"), fields.get("body", "{message}")
            return (Email(tuple(fields["to_emails"]), fill(subject, event)[:900], fill(body, event)),)
        case "twilio_notification":
            return _twilio(fields, secrets["auth_token_secret"], event, addresses)
        case "pagerduty_notification":
            return (_pagerduty(fields, secrets.get("api_token_secret"), event, addresses),)
        case _:
            raise OrchestrationError(f"{key} sends nothing.")


def _webhook(fields: Mapping[str, Any], event: Mapping[str, Any]) -> HookRequest:
    payload = fill_json(fields["payload"], event) if "payload" in fields else dict(event)
    headers = fields.get("headers", {"X-PREFECT-EVENT-ID": "{id}"})
    filled = {name: _header(fill(value, event)) for name, value in headers.items()}
    # Anything but 200 is a failure.
    return HookRequest(fields["url"], _TIMEOUT, filled, json=payload, taken_by=frozenset({200}))


def _header(value: str) -> str:
    """A header's value: one line of ASCII, so that no field of an event can add a header."""
    return " ".join(value.split()).encode("ascii", "backslashreplace").decode("ascii")


def _twilio(
    fields: Mapping[str, Any], auth_token: str, event: Mapping[str, Any], addresses: Addresses
) -> tuple[HookRequest, ...]:
    sid = fields["account_sid"]
    form = {
        "From": fields["messaging_service_sid"],
        "Body": fill(fields.get("message", "{message}"), event)[:_SMS_LIMIT],
    }
    return tuple(
        HookRequest(
            addresses.twilio_messages(sid), _TIMEOUT, form={"To": number, **form}, auth=(sid, auth_token)
        )
        for number in fields["phone_numbers"]
    )


def _pagerduty(
    fields: Mapping[str, Any], api_token: str | None, event: Mapping[str, Any], addresses: Addresses
) -> HookRequest:
    headers = {} if api_token is None else {"Authorization": f"Token token={_header(api_token)}"}
    link = event.get("flow_run_link")
    body = {
        "routing_key": fields["routing_key"],
        "event_action": "trigger",
        # A second attempt at the same event opens no second incident.
        "dedup_key": event["id"],
        "payload": {
            "summary": fill(fields.get("message", "{message}"), event)[:_SUMMARY_LIMIT]
            or event["event_name"],
            "severity": fields["severity"],
            "source": f"cloud.prefect.io/{text_of(event['tenant_slug'])}",
            "class": event["event_name"],
            "custom_details": dict(event),
        },
        "links": [{"href": link, "text": "Flow run"}] if link else [],
    }
    return HookRequest(addresses.pagerduty_events, _TIMEOUT, headers, json=body)
