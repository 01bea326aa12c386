"""What the two state mutations answer with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lictor.actions.registry import INTERNAL, ActionError
from lictor.orchestration.states import StateAnswer


def answered(answers: Sequence[StateAnswer]) -> dict[str, Any]:
    """The payload of the states that were written. Raises ActionError when one of them was refused.

    A call is all or nothing, so the first refusal speaks for the whole (contract server.md 3.6.6). Clients that
    are told QUEUED wait for 30 s and ask again (client.md 5.5).
    """
    for answer in answers:
        if answer.error is not None:
            raise ActionError(answer.error, answer.code or INTERNAL)
    return {
        "states": [
            {
                "id": str(answer.id),
                "status": "QUEUED" if answer.queued else "SUCCESS",
                "message": answer.message,
            }
            for answer in answers
        ]
    }
