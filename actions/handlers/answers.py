"""Payload shapes that many actions share (contract server.md 3.4)."""

from typing import Any
from uuid import UUID


def success(done: bool = True) -> dict[str, Any]:
    """`success_payload`."""
    return {"success": done, "error": None}


def identified(id: UUID) -> dict[str, Any]:
    """The payloads that carry nothing but an id."""
    return {"id": str(id)}
