"""Text that Postgres cannot store."""

import re

from lictor.orchestration.errors import OrchestrationError

# `\u0000` whose backslash is not itself escaped, in JSON text.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def refuse_nul(encoded: bytes, field: str) -> None:
    """Raise OrchestrationError naming `field` when its JSON text holds a NUL character.

    Neither jsonb nor text can store one.
    """
    if b"\\u0000" in encoded and _NUL.search(encoded) is not None:
        raise OrchestrationError(f"{field} holds a NUL character (\\u0000), which cannot be stored.")
