"""Stage 4: only here a connection is taken. Plans run, actions are called, the answer's bytes are put together."""

from lictor.engine.run.executor import Executor

__all__ = ["Executor"]
