"""What each type of cloud hook sends for an event (contract server.md 3.6.11).

In: a hook's type and config, an event, addresses. Out: the HTTP requests to make, in order, as plain values. Sends
nothing (lictor.outgoing does). PREFECT_MESSAGE hooks make no request; their event becomes a row of `message`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from lictor.orchestration.hook_config import check_config


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A POST: `json`, `form` or `content` is the body; `timeout` (seconds) covers it from name look-up to answer.

    `taken_by`: the statuses that mean it was taken; None: every 2xx.
    """

    url: str
    timeout: float
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    auth: tuple[str, str] | None = None
    content: bytes | None = None
    taken_by: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where links lead and where the paging services are; URLs without a slash at the end."""

    ui: str
    twilio: str = "https://api.twilio.com"
    pagerduty: str = "https://events.pagerduty.com"

    @classmethod
    def of(cls, ui_url: str | None, port: int, twilio_url: str, pagerduty_url: str) -> Addresses:
        """As the settings say; without a `ui_url`, the UI is the gateway's own."""
        ui = ui_url or f"http://localhost:{port}"
        return cls(*(url.rstrip("/") for url in (ui, twilio_url, pagerduty_url)))

    def twilio_messages(self, account_sid: str) -> str:
        """Where the messages of a Twilio account are sent from."""
        return f"{self.twilio}/2010-04-01/Accounts/{quote(account_sid, safe='')}/Messages.json"

    @property
    def pagerduty_events(self) -> str:
        """Where PagerDuty takes events."""
        return f"{self.pagerduty}/v2/enqueue"


def hook_requests(
    type: str, config: Any, event: Mapping[str, Any], addresses: Addresses
) -> list[HookRequest]:
    """The requests that tell `event` to a hook. Raises OrchestrationError for a config that does not fit its type."""
    check_config(type, config)
    match type:
        case "WEBHOOK":
            headers = {"X-PREFECT-EVENT-ID": str(event["id"])}
            return [HookRequest(config["url"], 2, headers, json={"event": event})]
        case "SLACK_WEBHOOK":
            return [
                HookRequest(config["url"], 1, json={"blocks": _slack_blocks(_Facts.of(event, addresses))})
            ]
        case "TWILIO":
            return _twilio(config, _Facts.of(event, addresses), addresses)
        case "PAGERDUTY":
            return [_pagerduty(config, _Facts.of(event, addresses), addresses)]
        case _:
            return []


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a person is told of an event."""

    flow_run: str
    flow: str
    state: str
    message: str
    tenant_slug: str
    link: str

    @classmethod
    def of(cls, event: Mapping[str, Any], addresses: Addresses) -> _Facts:
        run, slug = event["flow_run"], event["tenant"]["slug"]
        return cls(
            flow_run=run["name"] or run["id"],
            flow=event["flow"]["name"],
            state=event["state"]["state"],
            message=event["state"]["message"] or "",
            tenant_slug=slug,
            link=f"{addresses.ui}/{slug}/flow-run/{run['id']}",
        )


def _slack_blocks(facts: _Facts) -> list[dict[str, Any]]:
    texts = (
        f"`{slack_text(facts.flow_run)}` from flow `{slack_text(facts.flow)}` entered a new state",
        f"*State:* `{slack_text(facts.state)}`",
        f"*Message:* {slack_text(facts.message)}",
        f"*Link:* {facts.link}",
    )
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text[:3000]}} for text in texts]


def slack_text(text: str) -> str:
    """`text` without Slack's control characters: a run's name must not call a whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _twilio(config: Mapping[str, Any], facts: _Facts, addresses: Addresses) -> list[HookRequest]:
    sid = config["account_sid"]
    body = f"{facts.flow_run} from flow {facts.flow} entered a new state: {facts.state}.\nLink: {facts.link}"
    return [
        HookRequest(
            addresses.twilio_messages(sid),
            2,
            form={"To": number, "From": config["messaging_service_sid"], "Body": body},
            auth=(sid, config["auth_token"]),
        )
        for number in config["to"]
    ]


def _pagerduty(config: Mapping[str, Any], facts: _Facts, addresses: Addresses) -> HookRequest:
    payload = {
        "summary": f"Flow run {facts.flow_run} entered a new state: {facts.state}",
        "severity": config["severity"],
        "source": f"cloud.prefect.io/{facts.tenant_slug}",
        "component": facts.flow,
        "group": facts.flow_run,
        "class": f"State-{facts.state}",
        "custom_details": {
            "flow": facts.flow,
            "flow_run": facts.flow_run,
            "state": facts.state,
            "state_message": facts.message,
            "tenant_slug": facts.tenant_slug,
        },
    }
    return HookRequest(
        addresses.pagerduty_events,
        2,
        {"Authorization": f"Token token={config['api_token']}"},
        json={
            "routing_key": config["routing_key"],
            "event_action": "trigger",
            "payload": payload,
            "links": [{"href": facts.link, "text": f"Flow Run {facts.flow_run}"}],
        },
    )


def teams_request(url: str, title: str, text: str) -> HookRequest:
    """A card in a Microsoft Teams channel, as its webhooks take it: the one kind that all of them know."""
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "size": "Medium", "weight": "Bolder", "wrap": True, "text": title[:1000]},
            {"type": "TextBlock", "wrap": True, "text": text[:20_000]},
        ],
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return HookRequest(url, 5, json={"type": "message", "attachments": [attachment]})
