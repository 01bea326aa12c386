"""hello, api, reference_data: what the server says of itself (contract server.md 3.3)."""

from __future__ import annotations

import os
from typing import Any

import lictor
from lictor.actions.registry import Caller, action
from lictor.orchestration.state_types import STATE_TYPES, descendants

CORE_VERSION = "1.4.1"
"""The release of the client library whose states and documents are known here."""


@action("hello", idempotent=True)
async def hello(caller: Caller, _: None) -> str:
    return "👋"


@action("api", idempotent=True)
async def api(caller: Caller, _: None) -> dict[str, Any]:
    return {
        "backend": "SERVER",
        "mode": "normal",
        "version": os.environ.get("PREFECT_SERVER_VERSION") or lictor.__version__,
        "core_version": os.environ.get("PREFECT_CORE_VERSION") or CORE_VERSION,
        "release_timestamp": os.environ.get("RELEASE_TIMESTAMP"),
    }


@action("reference_data", idempotent=True)
async def reference_data(caller: Caller, _: None) -> dict[str, Any]:
    return {
        "state_hierarchy": {name: descendants(name) for name in STATE_TYPES},
        "state_info": {name: {"color": state.colour} for name, state in STATE_TYPES.items()},
    }
