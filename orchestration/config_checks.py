"""What is wrong with a value in the config of a hook or of an action.

In: a value of any kind. Out: what it must be, as the end of a sentence, or None for a good one. Raises nothing.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

CONFIG_LIMIT = 65_536
"""Largest config in bytes of JSON."""
SEVERITIES = ("info", "warning", "error", "critical")
"""Those of PagerDuty."""


def check_text(value: Any) -> str | None:
    """A text with something in it."""
    return None if isinstance(value, str) and value.strip() else "must be a text that is not empty"


def check_url(value: Any) -> str | None:
    """An http or https URL."""
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    return None if good else "must be an http or https URL"


def check_severity(value: Any) -> str | None:
    """One of SEVERITIES."""
    return None if value in SEVERITIES else f"must be one of {', '.join(SEVERITIES)}"
