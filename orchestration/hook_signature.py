"""Signatures by which a listener can tell that a request is ours, and new (https://www.standardwebhooks.com).

In: a request with a JSON body, a secret. Out: the request with its body as bytes and the three headers
`webhook-id`, `webhook-timestamp` (seconds since 1970) and `webhook-signature`. How to verify one stands in
docs/decisions/0016-outbox.md.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import replace
from datetime import datetime

import orjson

from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.hook_requests import HookRequest

PREFIX = "whsec_"


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over id, timestamp and body. Raises OrchestrationError for a bad secret."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise OrchestrationError(
            f"Invalid signing_secret: it has to be {PREFIX} and then the key in base64; null for no signature."
        )
    digest = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def signed(request: HookRequest, secret: str, id: str, moment: datetime) -> HookRequest:
    """`request` signed as the message `id` that is sent at `moment`."""
    body = orjson.dumps(request.json)
    timestamp = int(moment.timestamp())
    headers = {
        **request.headers,
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, id, timestamp, body),
    }
    return replace(request, headers=headers, json=None, content=body)
