"""What clients asked and were answered: every call as invoke, then ok, refused or unknown.

In: calls as they happen. Out: the promises that the database must keep (tests/chaos/checker.py), and numbers for the
report. A call whose answer was lost is unknown: it may have happened, once, or not at all.
"""

from __future__ import annotations

import itertools
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["run", "flow state", "task state", "log", "read", "cancel", "beat"]
Outcome = Literal["ok", "refused", "unknown"]


@dataclass
class Call:
    """One attempt: what was to be written (`token` is in it and nowhere else), and what came of it."""

    kind: Kind
    client: str
    object: str
    token: str
    began: float
    ended: float = 0.0
    outcome: Outcome = "unknown"
    answer: str = ""


@dataclass
class History:
    """All calls of the clients of one experiment, in the order in which they were begun."""

    calls: list[Call] = field(default_factory=list)

    def invoke(self, kind: Kind, client: str, object: str = "", token: str = "") -> Call:
        """Note that a call is about to be sent."""
        call = Call(kind, client, object, token, time.monotonic())
        self.calls.append(call)
        return call

    def complete(self, call: Call, outcome: Outcome, answer: str = "") -> None:
        """Note what came of it."""
        call.outcome, call.answer, call.ended = outcome, answer, time.monotonic()

    def tokens(self, kind: Kind, outcome: Outcome = "ok") -> dict[str, str]:
        """token -> object of the calls of a kind with an outcome."""
        return {
            call.token: call.object for call in self.calls if call.kind == kind and call.outcome == outcome
        }

    @property
    def cancelled(self) -> set[str]:
        """Runs that somebody tried to cancel."""
        return {call.object for call in self.calls if call.kind == "cancel"}

    def counts(self) -> Counter[str]:
        """How many attempts had which outcome; those that their client gave up at the end have none."""
        return Counter(call.outcome for call in self.calls if call.ended)

    def longest_silence(self) -> float:
        """Seconds of the longest time in which nobody got an answer, whatever it was."""
        times = sorted(call.ended for call in self.calls if call.outcome != "unknown" and call.ended)
        return max((after - before for before, after in itertools.pairwise(times)), default=0.0)

    def write(self, path: Path) -> None:
        """One JSON object a line, for reading what led to a violation."""
        with path.open("w") as stream:
            stream.writelines(json.dumps(vars(call)) + "\n" for call in self.calls)
