"""Cross-origin rules: any origin may call, with any header it asks for (server.md 3.1, ui-and-cloud.md A.0.2).

Known headers of an OPTIONS request come in, the headers of its answer go out. Cookies are never involved,
so there is no `allow-credentials`.
"""

from __future__ import annotations

import re

from lictor.actions.gateway.headers import Headers
from lictor.actions.gateway.responses import Header

ALLOWED_METHODS = b"GET, HEAD, POST, OPTIONS"
# What the original UI asks for when it is served from another port, and what GraphQL clients add.
_USUAL_HEADERS = (
    b"authorization, content-encoding, content-security-policy, content-type, x-backend, "
    b"x-content-type-options, x-frame-options, x-permitted-cross-domain-policies, x-prefect-interactive-api, "
    b"x-prefect-tenant-id, x-prefect-ui, x-prefect-user-id"
)
_HEADER_LIST = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+(?:[ \t]*,[ \t]*[A-Za-z0-9!#$%&'*+.^_`|~-]+)*")
_LONGEST_LIST = 4096


def preflight_headers(headers: Headers, methods: bytes = ALLOWED_METHODS) -> tuple[Header, ...]:
    """What OPTIONS answers of an address that takes `methods`; browsers may keep this for a day.

    Every requested header is allowed but those that are a proxy's word.
    """
    asked = headers.get(b"access-control-request-headers", b"").strip()
    echoed = len(asked) <= _LONGEST_LIST and _HEADER_LIST.fullmatch(asked) is not None
    echoed = echoed and b"forwarded" not in asked.lower()
    return (
        (b"allow", methods),
        (b"access-control-allow-methods", methods),
        (b"access-control-allow-headers", asked if echoed else _USUAL_HEADERS),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"access-control-request-headers"),
    )
