"""Text that Postgres cannot store."""

import re

# `\u0000` whose backslash is not itself escaped, in JSON text.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def holds_nul(encoded: bytes) -> bool:
    """Whether JSON text holds a NUL character, which neither jsonb nor text can store."""
    return b"\\u0000" in encoded and _NUL.search(encoded) is not None
