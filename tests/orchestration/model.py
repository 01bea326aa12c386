"""What setting states must come to, in plain Python: the reference that test_model.py holds the SQL against.

In: the same calls that the database gets. Out: the answers they must get and the state every run must be in then. Written
from the contract (server.md 3.6.4 to 3.6.6, ui-and-cloud.md B.3, 10 and 11), one run after the other, without sets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

WAITING = {"Scheduled", "Paused", "Queued", "Resume", "Retrying"}
ENDED = {"Success", "Failed", "Cancelled"}
HOLDS_SLOT = {"Submitted", "Running", "Cancelling"}

Answer = Literal["ok", "repeated", "still queued", "queued", "refused"]
Document = tuple[str, str]
"""A state as a client sends it: its type and its message."""


@dataclass
class Run:
    """A flow run or a task run."""

    state: str = "Scheduled"
    version: int = 1
    document: Document | None = None
    due: bool = True
    """Whether its start time has come, if it waits."""

    def move(self, document: Document) -> None:
        """Take the next state."""
        self.state, self.document = document[0], document
        self.version += 1
        # The client's Queued starts now, the server's in ten minutes; a Paused without a time waits for somebody.
        self.due = self.state != "Paused" and document[1] != "no slot"

    def judge(self, document: Document, version: int | None, claimed_by_same: bool) -> Answer:
        """What a state must be answered, as far as this run decides."""
        kind = document[0]
        if kind == "Submitted":
            if self.state in {"Pending", *WAITING} and version in {None, self.version}:
                return "ok"
            repeated = claimed_by_same and self.state == "Submitted" and version == self.version - 1
            return "repeated" if repeated else "refused"
        if version == self.version:
            return "ok"
        if version == self.version - 1:
            if kind == "Running" and self.state == "Queued":
                return "still queued"
            if document == self.document:
                return "repeated"
        return "ok"


@dataclass
class TaskRun(Run):
    """A task run; `limited` if its task has the limited tag."""

    state: str = "Pending"
    limited: bool = False
    slot: bool = False


@dataclass
class FlowRun(Run):
    """A flow run with its task runs by name."""

    labelled: bool = False
    agent: str | None = None
    tasks: dict[str, TaskRun] = field(default_factory=dict)


@dataclass
class Item:
    """One state of a call."""

    run: str
    kind: str
    message: str
    version: int | None
    agent: str | None = None

    @property
    def document(self) -> Document:
        return self.kind, self.message


@dataclass
class Model:
    """All runs, and how many of them may be at work (None: any number)."""

    runs: dict[str, FlowRun] = field(default_factory=dict)
    label_limit: int | None = None
    tag_limit: int | None = None

    def set_flow_states(self, items: list[Item]) -> list[Answer]:
        """One call; all or nothing. Names each run once."""
        answers = [self._judge_flow(item) for item in items]
        if "refused" in answers:
            return answers
        asking = [
            item.run for item, answer in zip(items, answers, strict=True)
            if answer == "ok" and self._takes_slot(item)
        ]  # fmt: skip
        free = self._free_label_slots(asking)
        for number, item in enumerate(items):
            if item.run not in asking:
                continue
            if free is None or free > 0:
                free = None if free is None else free - 1
            else:
                answers[number] = "refused" if item.kind == "Submitted" else "queued"
        if "refused" not in answers:
            for item, answer in zip(items, answers, strict=True):
                self._write_flow(item, answer)
        return answers

    def _judge_flow(self, item: Item) -> Answer:
        run = self.runs.get(item.run)
        if run is None:
            return "refused"
        return run.judge(item.document, item.version, item.agent is not None and run.agent == item.agent)

    def _takes_slot(self, item: Item) -> bool:
        run = self.runs[item.run]
        before = {"Submitted": WAITING | {"Pending"}, "Running": set()}
        if item.kind == "Running":
            return run.labelled and run.state not in {"Submitted", "Running"}
        return run.labelled and item.kind in before

    def _free_label_slots(self, asking: list[str]) -> int | None:
        if self.label_limit is None:
            return None
        held = [
            name for name, run in self.runs.items()
            if run.labelled and run.state in HOLDS_SLOT and name not in asking
        ]  # fmt: skip
        return self.label_limit - len(held)

    def _write_flow(self, item: Item, answer: Answer) -> None:
        if answer not in {"ok", "queued"}:
            return
        run = self.runs[item.run]
        run.move(("Queued", "no slot") if answer == "queued" else item.document)
        if item.kind == "Submitted" and item.agent:
            run.agent = item.agent
        if item.kind == "Cancelled":
            for task in run.tasks.values():
                if task.state not in ENDED:
                    task.move(item.document)

    def set_task_state(self, item: Item) -> Answer:
        """One state of one task run."""
        found = [(run, run.tasks[item.run]) for run in self.runs.values() if item.run in run.tasks]
        if not found:
            return "refused"
        [(flow, task)] = found
        if item.kind in {"Running", "Cancelling"} and flow.state != "Running":
            return "refused"
        answer = task.judge(item.document, item.version, claimed_by_same=False)
        if answer != "ok":
            return answer
        if item.kind == "Running" and task.state != "Running" and task.limited and self.tag_limit is not None:
            held = self._tag_slots(item.run)
            task.slot = held < self.tag_limit
            if not task.slot:
                task.move(("Queued", "no slot"))
                return "queued"
        task.move(item.document)
        return "ok"

    def _tag_slots(self, asking: str) -> int:
        """Slots of the tag that are held; whoever is not under way any more has lost its slot for good."""
        held = 0
        for run in self.runs.values():
            for name, task in run.tasks.items():
                under_way = task.state in {"Running", "Cancelling"} and run.state not in ENDED
                task.slot = task.slot and under_way and name != asking
                held += task.slot
        return held

    def cancel(self, name: str) -> str:
        """Cancel a run; the state it is in then."""
        run = self.runs[name]
        if run.state in ENDED:
            return run.state
        kind = "Cancelling" if run.state in {"Running", "Cancelling"} else "Cancelled"
        message = f"Flow run is {'being cancelled' if kind == 'Cancelling' else 'cancelled'}."
        self._write_flow(Item(name, kind, message, None), "ok")
        return kind

    def limit_tag(self, limit: int | None) -> None:
        """Set the limit of the tag; one that is new counts those at work already."""
        if limit is None or self.tag_limit is None:
            for run in self.runs.values():
                for task in run.tasks.values():
                    at_work = task.state in {"Running", "Cancelling"} and run.state in HOLDS_SLOT
                    task.slot = limit is not None and task.limited and at_work
        self.tag_limit = limit

    def queue(self) -> tuple[set[str], int]:
        """The runs an agent must be given, and of how many labelled ones beside; moves what was Queued back."""
        due = {name: run for name, run in self.runs.items() if run.state in WAITING and run.due}
        plain = {name for name, run in due.items() if not run.labelled}
        labelled = {name for name, run in due.items() if run.labelled}
        free = self._free_label_slots([])
        places = len(labelled) if free is None else max(0, min(free, len(labelled)))
        continuing = {
            name for name, run in self.runs.items()
            if run.state == "Running" and any(task.state in WAITING and task.due for task in run.tasks.values())
        }  # fmt: skip
        return plain | continuing, places

    def handed_out(self, name: str) -> None:
        """An agent has been given a run: if it was Queued, it is Scheduled now."""
        run = self.runs[name]
        if run.state == "Queued":
            run.move(("Scheduled", "a slot is free"))
