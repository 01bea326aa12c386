"""JSON text for Postgres, which cannot store everything that JSON can say."""

import re
from typing import Any

import orjson

from lictor.orchestration.errors import OrchestrationError

# `\u0000` whose backslash is not itself escaped, in JSON text.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def refuse_nul(encoded: bytes, field: str) -> None:
    """Raise OrchestrationError naming `field` when its JSON text holds a NUL character.

    Neither jsonb nor text can store one.
    """
    if b"\\u0000" in encoded and _NUL.search(encoded) is not None:
        raise OrchestrationError(f"{field} holds a NUL character (\\u0000), which cannot be stored.")


def json_text(value: Any, field: str) -> str:
    """`value` as JSON text that can be stored. Raises OrchestrationError naming `field` when it holds NUL."""
    encoded = orjson.dumps(value)
    refuse_nul(encoded, field)
    return encoded.decode()
