"""The calls that agents and flow processes make most, each with its combiner.

One object per process and pool. What is combined is one statement for many calls (bench/README.md says
what that brings); everything else goes to Postgres by itself.
"""

from __future__ import annotations

from uuid import UUID

import asyncpg

from lictor.orchestration import flow_runs, logs, states, task_runs
from lictor.orchestration.combine import Combiner
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.flow_runs import MadeFlowRun, NewFlowRun
from lictor.orchestration.logs import LogLine
from lictor.orchestration.states import NewState, StateAnswer
from lictor.orchestration.task_runs import TaskRunInfo, TaskRunKey
from lictor.orchestration.types import Beat


def _run_ids(call: list[NewState]) -> set[UUID]:
    return {item.id for item in call}


class Combined:
    """Combiners over one connection pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.set_flow_run_states = Combiner[list[NewState], list[StateAnswer]](
            pool, states.set_flow_run_states, keys=_run_ids, weigh=len
        )
        self.set_task_run_states = Combiner[list[NewState], list[StateAnswer]](
            pool, states.set_task_run_states, keys=_run_ids, weigh=len
        )
        self.get_or_create_task_runs = Combiner[TaskRunKey, TaskRunInfo | OrchestrationError](
            pool, task_runs.get_or_create_task_runs
        )
        self.create_flow_runs = Combiner[NewFlowRun, MadeFlowRun](pool, flow_runs.create_flow_runs, size=64)
        self.write_logs = Combiner[list[LogLine], bool](pool, logs.write_logs, weigh=len, size=5000)
        self.flow_run_beats = Combiner[Beat, None](pool, flow_runs.beat, keys=lambda call: (call.id,))
        self.task_run_beats = Combiner[Beat, None](pool, task_runs.beat, keys=lambda call: (call.id,))
