"""What the action of an automation may be set to, by its class (contract ui-and-cloud.md B.4).

In: a config from outside. Out: the action's class and the config, checked. Raises OrchestrationError that names what is
wrong and what would be right. Knows nothing of the database or of HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from lictor.orchestration.config_checks import CONFIG_LIMIT, check_severity, check_text, check_url
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.text import refuse_nul

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "trailer", "expect"}
)
"""Headers that say how the request itself is sent."""
_LISTED = 500

Check = Callable[[Any], str | None]


def _texts(value: Any) -> str | None:
    good = isinstance(value, list) and 0 < len(value) <= _LISTED and not any(map(check_text, value))
    return None if good else f"must be a list of 1 to {_LISTED} texts that are not empty"


def _labels(value: Any) -> str | None:
    good = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return None if good else "must be a list of texts"


def _emails(value: Any) -> str | None:
    good = _texts(value) is None and all(re.fullmatch(r"[^\s@,;<>]+@[^\s@,;<>]+", item) for item in value)
    return None if good else f"must be a list of 1 to {_LISTED} e-mail addresses, such as name@example.com"


def _uuid(value: Any) -> str | None:
    try:
        UUID(value if isinstance(value, str) else "")
    except ValueError:
        return "must be a UUID"
    return None


def _object(value: Any) -> str | None:
    return None if isinstance(value, dict) else "must be a JSON object"


def _payload(value: Any) -> str | None:
    return None if isinstance(value, dict | list) else "must be a JSON object or list"


def _headers(value: Any) -> str | None:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        return "must be a JSON object of texts"
    for name in value:
        if not _TOKEN.fullmatch(name):
            return f"has {name[:100]!r}, which is no name of a header"
        if name.lower() in _OURS:
            return f"has {name!r}, which is not for you to set: leave it out"
    return None


@dataclass(frozen=True, slots=True)
class ActionClass:
    """A class of actions: its name, what its config must hold, and what it may hold."""

    name: str
    required: Mapping[str, Check]
    optional: Mapping[str, Check]
    is_api: bool = False
    """Done by ourselves to flows and runs; needs an event of a flow run."""


CLASSES: Final[Mapping[str, ActionClass]] = {
    "webhook": ActionClass("WebhookAction", {"url": check_url}, {"payload": _payload, "headers": _headers}),
    "slack_notification": ActionClass("SlackNotificationAction", {"webhook_url_secret": check_text}, {"message": check_text}),
    "teams_webhook_notification": ActionClass(
        "TeamsWebhookNotificationAction", {"webhook_url_secret": check_text}, {"message": check_text, "title": check_text}
    ),
    "email_notification": ActionClass(
        "EmailNotificationAction", {"to_emails": _emails}, {"subject": check_text, "body": check_text}
    ),
    "twilio_notification": ActionClass(
        "TwilioNotificationAction",
        {"account_sid": check_text, "auth_token_secret": check_text, "messaging_service_sid": check_text, "phone_numbers": _texts},
        {"message": check_text},
    ),
    "pagerduty_notification": ActionClass(
        "PagerDutyNotificationAction",
        {"routing_key": check_text, "severity": check_severity},
        {"api_token_secret": check_text, "message": check_text},
    ),
    "cancel_flow_run": ActionClass("CancelFlowRunAction", {}, {"message": check_text}, is_api=True),
    "pause_schedule": ActionClass("PauseScheduleAction", {}, {"flow_group_id": _uuid}, is_api=True),
    "create_flow_run": ActionClass(
        "CreateFlowRunAction",
        {"flow_group_id": _uuid},
        {
            "parameters": _object, "context": _object, "labels": _labels, "run_config": _object,
            "flow_run_name": check_text,
        },
        is_api=True,
    ),
}  # fmt: skip
"""Key of the config -> what is below it."""
API_CLASSES: Final = frozenset(entry.name for entry in CLASSES.values() if entry.is_api)


def check_action_config(config: Any) -> tuple[str, dict[str, Any]]:
    """The action's class, and the config to be stored: fields that are null are left out.

    Raises OrchestrationError naming the key or the field that is missing, unknown or wrong.
    """
    one_of = f"give exactly one of {', '.join(CLASSES)}"
    if not isinstance(config, dict):
        raise OrchestrationError(f"Invalid config: it has to be a JSON object; {one_of}.")
    if len(config) != 1:
        found = ", ".join(repr(key[:100]) for key in list(config)[:10]) or "none"
        raise OrchestrationError(f"Invalid config: it has {len(config)} keys ({found}); {one_of}.")
    [(key, given)] = config.items()
    if key not in CLASSES:
        raise OrchestrationError(f"Invalid config: {key[:100]!r} is no kind of action; {one_of}.")
    entry = CLASSES[key]
    checked = {key: _check_fields(key, entry, {} if given is None and not entry.required else given)}
    encoded = orjson.dumps(checked)
    if len(encoded) > CONFIG_LIMIT:
        raise OrchestrationError(
            f"Invalid config: it has {len(encoded):,} bytes; the limit is {CONFIG_LIMIT:,}. Make its texts shorter."
        )
    refuse_nul(encoded, "config")
    return entry.name, checked


def _check_fields(key: str, entry: ActionClass, given: Any) -> dict[str, Any]:
    known = {**entry.required, **entry.optional}
    takes = f"{entry.name} takes {', '.join(entry.required) or 'nothing that is required'}"
    takes += f" and may have {', '.join(entry.optional)}" if entry.optional else ""
    if not isinstance(given, dict):
        raise OrchestrationError(f"Invalid config: config.{key} has to be a JSON object; {takes}.")
    for field in given:
        if field not in known:
            raise OrchestrationError(f"Invalid config: config.{key}.{field[:100]} is unknown; {takes}.")
    fields = {field: value for field, value in given.items() if value is not None}
    for field in entry.required:
        if field not in fields:
            raise OrchestrationError(f"Invalid config: config.{key}.{field} is missing; {takes}.")
    for field, value in fields.items():
        problem = known[field](value)
        if problem is not None:
            raise OrchestrationError(f"Invalid config: config.{key}.{field} {problem}.")
    return fields


def secrets_of(config: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a checked config that name a secret of the tenant, with the secret's name."""
    [fields] = config.values()
    return {field: name for field, name in fields.items() if field.endswith("_secret")}


def flow_group_of(config: Mapping[str, Any]) -> tuple[str, UUID] | None:
    """The field of a checked config that names a flow group, as a path for messages, and the group."""
    [(key, fields)] = config.items()
    group_id = fields.get("flow_group_id")
    return None if group_id is None else (f"config.{key}.flow_group_id", UUID(group_id))
