"""Which state may follow which, and what a move asks for: the whole table FROM x TO, for flow runs and for task runs.

In: nothing. Out: `FLOW_RUN_MOVES` and `TASK_RUN_MOVES`, and for each TO what orchestration/sql/states.sql needs to
know of its column (`flow_run_demands`, `task_run_demands`). Never talks to a database.

Clients rely on almost everything being allowed (contract server.md 3.6.6): an agent reports Failed whatever has
happened meanwhile, the UI restarts finished runs. What is not plainly allowed:

* Submitted is a claim (docs/decisions/0004-claims.md): only from a state that waits, at the version the agent read.
* Running, where the flow group locks versions, must carry the run's version (ui-and-cloud.md B.3, 12).
* Submitted and Running take a slot of each concurrency limit (B.3, 10 and 11) unless the run holds them already.
* A task run is Running or Cancelling only while its flow run is Running.
* A process that Lazarus or the zombie killer has given up may not end what waits for another process, or has one
  (docs/decisions/0015-recovery.md). It is known by what it does: it names no version, and what it says does not follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lictor.orchestration.state_types import FINISHED, STATE_TYPES, WAITING, descendants

STATES: Final = tuple(name for name in STATE_TYPES if name not in {"State", "_MetaState"})
"""The states a run can be in. A run that has none yet counts as Pending."""

CLAIMABLE: Final = frozenset({"Pending", *WAITING})
_SUCCEEDED: Final = frozenset(descendants("Success"))


@dataclass(frozen=True, slots=True)
class Move:
    """What a move from one state to another asks for, beyond a run that exists."""

    allowed: bool = True
    claim: bool = False
    """Of all who make it from the same version, one wins."""
    version_locked: bool = False
    """Where the flow group locks versions, it is made at the run's version only."""
    takes_slot: bool = False
    """It needs a free slot of every limit on the run's labels or tags."""
    needs_running_flow_run: bool = False
    given_up: bool = False
    """Without a version it is made only if no service has moved the run on to another process."""


Moves = Mapping[tuple[str, str], Move]


def _table(move: Callable[[str, str], Move]) -> Moves:
    return {(before, after): move(before, after) for before in STATES for after in STATES}


def _flow_run_move(before: str, after: str) -> Move:
    match after:
        case "Submitted":
            return Move(claim=True, takes_slot=True) if before in CLAIMABLE else Move(allowed=False)
        case "Running":
            # What is Submitted has taken its slot. Cancelling, which may be set from anywhere, proves nothing.
            return Move(version_locked=True, takes_slot=before not in {"Submitted", "Running"})
        case "Cancelled":
            return Move()
        case _ if after in FINISHED:
            # An agent may say that its new process has Failed; that one has succeeded, only the process itself.
            return Move(
                given_up=before == "Scheduled" or (before in {"Submitted", "Running"} and after in _SUCCEEDED)
            )
        case _:
            return Move()


def _task_run_move(before: str, after: str) -> Move:
    match after:
        case "Submitted":
            # A new process for a task run that waits; the task run takes its slot when it starts.
            return Move(claim=True) if before in CLAIMABLE else Move(allowed=False)
        case "Running":
            return Move(version_locked=True, takes_slot=before != "Running", needs_running_flow_run=True)
        case "Cancelling":
            return Move(needs_running_flow_run=True)
        case "Success" | "TimedOut" | "Failed":
            # What a process says at the end of a task run that it thinks is Running.
            return Move(given_up=before == "Retrying" or (before == "Submitted" and after != "Failed"))
        case _:
            return Move()


FLOW_RUN_MOVES: Final = _table(_flow_run_move)
TASK_RUN_MOVES: Final = _table(_task_run_move)


def _demands(moves: Moves) -> Mapping[str, Mapping[str, Any]]:
    """For each TO its column of the table, as the items of states.sql carry it; what is not said is not asked."""
    columns: dict[str, Mapping[str, Any]] = {}
    for after in STATES:
        column = {before: moves[before, after] for before in STATES}
        demands = {
            "claimable_from": [before for before, move in column.items() if move.claim],
            "version_locked": any(move.version_locked for move in column.values()),
            "needs_running_flow_run": any(move.needs_running_flow_run for move in column.values()),
            "given_up_in": [before for before, move in column.items() if move.given_up],
        }
        if any(move.takes_slot for move in column.values()):
            demands["slot_held_in"] = [
                before for before, move in column.items() if move.allowed and not move.takes_slot
            ]
        columns[after] = {key: value for key, value in demands.items() if value or key == "slot_held_in"}
    return columns


flow_run_demands: Final = _demands(FLOW_RUN_MOVES)
task_run_demands: Final = _demands(TASK_RUN_MOVES)
