"""What a cloud hook may be set to: its states, and its config by type (contract server.md 3.6.11).

In: values from outside. Out: the same values, checked. Raises OrchestrationError with the text `Invalid states` or
`Invalid config` and what is wrong. Knows nothing of the database or of HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from lictor.orchestration.config_checks import CONFIG_LIMIT, check_severity, check_text, check_url
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.state_types import STATE_TYPES
from lictor.orchestration.text import refuse_nul

STATES = tuple(name.upper() for name in STATE_TYPES if not name.startswith("_"))
"""The states a hook may ask for. A hook fires for exactly these names; there is no hierarchy."""


def check_states(states: Sequence[str]) -> list[str]:
    """The states in upper case, each once, in the order given. Raises OrchestrationError for none and unknown ones."""
    wanted = list(dict.fromkeys(state.upper() for state in states))
    unknown = [state for state in wanted if state not in STATES]
    if not wanted or unknown:
        found = ", ".join(unknown)[:200] if unknown else "there are none"
        raise OrchestrationError(f"Invalid states: {found}. Give one or more of {', '.join(STATES)}.")
    return wanted


def _texts(value: Any) -> str | None:
    good = isinstance(value, list) and value and not any(map(check_text, value))
    return None if good else "must be a list of one or more texts"


_FIELDS: dict[str, Mapping[str, Callable[[Any], str | None]]] = {
    "WEBHOOK": {"url": check_url},
    "SLACK_WEBHOOK": {"url": check_url},
    "TWILIO": {
        "account_sid": check_text,
        "auth_token": check_text,
        "messaging_service_sid": check_text,
        "to": _texts,
    },
    "PAGERDUTY": {"api_token": check_text, "routing_key": check_text, "severity": check_severity},
}


def check_config(type: str, config: Any) -> Any:
    """The config of a hook of this type; that of a PREFECT_MESSAGE may be anything, null means empty.

    Raises OrchestrationError naming the key that is missing, unknown or wrong.
    """
    if type == "PREFECT_MESSAGE":
        return _sized(type, {} if config is None else config)
    if type not in _FIELDS:
        raise OrchestrationError(f"Invalid config: there are no hooks of type {type!r}.")
    fields = _FIELDS[type]
    keys = f"the keys have to be exactly {', '.join(fields)}"
    if not isinstance(config, dict):
        raise OrchestrationError(f"Invalid config for {type}: it has to be a JSON object; {keys}.")
    if config.keys() != fields.keys():
        missing = [f"{key} is missing" for key in fields if key not in config]
        unknown = [f"{key[:100]!r} is unknown" for key in config if key not in fields]
        raise OrchestrationError(f"Invalid config for {type}: {keys} ({', '.join(missing + unknown[:5])}).")
    for key, check in fields.items():
        problem = check(config[key])
        if problem is not None:
            raise OrchestrationError(f"Invalid config for {type}: config.{key} {problem}.")
    return _sized(type, config)


def _sized(type: str, config: Any) -> Any:
    encoded = orjson.dumps(config)
    if len(encoded) > CONFIG_LIMIT:
        raise OrchestrationError(
            f"Invalid config for {type}: it has {len(encoded):,} bytes; the limit is {CONFIG_LIMIT:,}."
        )
    refuse_nul(encoded, "config")
    return config
