"""The state classes of Prefect 1.x: who descends from whom, which carry a start time, their colours.

The one place where states are declared (contract server.md 8.2). Sets of names that rules need are
derived here; SQL partial indexes repeat `WAITING` and `EXECUTING` literally.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class StateType:
    """One state class: `parent` is the class it inherits from, `colour` what a UI paints it with."""

    name: str
    parent: str | None
    colour: str
    has_start_time: bool = False
    defaults_to_now: bool = False
    """Without a start time it means "now" (Paused without one means "until resumed")."""


STATE_TYPES: Final[dict[str, StateType]] = {
    state.name: state
    for state in (
        StateType("State", None, "#696969"),
        StateType("Pending", "State", "#7ebdff"),
        StateType("Scheduled", "Pending", "#ffab00", has_start_time=True, defaults_to_now=True),
        StateType("Paused", "Scheduled", "#99a8e8", has_start_time=True),
        StateType("_MetaState", "State", "#696969"),
        StateType("ClientFailed", "_MetaState", "#eb0000"),
        StateType("Submitted", "_MetaState", "#ffdf5d"),
        StateType("Queued", "_MetaState", "#ffea7f", has_start_time=True, defaults_to_now=True),
        StateType("Resume", "Scheduled", "#f58c0c", has_start_time=True, defaults_to_now=True),
        StateType("Retrying", "Scheduled", "#f66a0a", has_start_time=True, defaults_to_now=True),
        StateType("Running", "State", "#3d67ff"),
        StateType("Cancelling", "Running", "#E8E8E8"),
        StateType("Finished", "State", "#003ccb"),
        StateType("Looped", "Finished", "#003ccb"),
        StateType("Success", "Finished", "#28a745"),
        StateType("Cached", "Success", "#34d058"),
        StateType("Mapped", "Success", "#003ccb"),
        StateType("Failed", "Finished", "#eb0000"),
        StateType("TimedOut", "Failed", "#ff4e33"),
        StateType("TriggerFailed", "Failed", "#ff5131"),
        StateType("ValidationFailed", "Failed", "#ff5131"),
        StateType("Skipped", "Success", "#62757f"),
        StateType("Cancelled", "Finished", "#bdbdbd"),
    )
}


def ancestors(name: str) -> list[str]:
    """The classes `name` inherits from, nearest first, `name` itself left out."""
    found: list[str] = []
    parent = STATE_TYPES[name].parent
    while parent is not None:
        found.append(parent)
        parent = STATE_TYPES[parent].parent
    return found


def descendants(name: str) -> list[str]:
    """`name` and every class below it, in the order they are declared."""
    return [other for other in STATE_TYPES if other == name or name in ancestors(other)]


FINISHED: Final = frozenset(descendants("Finished"))
RUNNING: Final = frozenset(descendants("Running"))
WAITING: Final = frozenset({"Scheduled", "Paused", "Queued", "Resume", "Retrying"})
"""What the queue hands out when its start time has come."""
