"""The duties: what the clock sends to workers again and again.

A duty is a name, the actor that does it and the setting that says how often. Its state (when it is due, how it went)
is a row of `utility.duty`. Every duty must be harmless when done twice or by two workers at once. Imports no actor:
the clock needs their names only.
"""

from dataclasses import dataclass
from datetime import timedelta

from dramatiq import Message

from lictor.settings import Settings

QUEUE = "default"
TIME_LIMIT = timedelta(minutes=10)
"""How long one run of a duty may take; then it is stopped, and due again."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to be done every `interval_setting` seconds by the actor `actor`."""

    name: str
    actor: str
    interval_setting: str

    def interval(self, settings: Settings) -> timedelta:
        """How often, as the settings say."""
        return timedelta(seconds=getattr(settings, self.interval_setting))


DUTIES = (
    Duty("schedule_flow_runs", "schedule_flow_runs", "scheduler_interval"),
    Duty("prepare_due_task_runs", "prepare_due_task_runs", "due_task_runs_interval"),
    Duty("skip_late_runs", "skip_late_runs", "late_runs_interval"),
    Duty("revive_flow_runs", "revive_flow_runs", "lazarus_interval"),
    Duty("kill_zombies", "kill_zombies", "zombie_killer_interval"),
    Duty("purge_tenants", "purge_tenants", "tenant_purge_interval"),
    Duty("purge_deleted", "purge_deleted", "purge_interval"),
    Duty("apply_retention", "apply_retention", "retention_interval"),
    Duty("deliver_hooks", "deliver_hooks", "hook_sweep_interval"),
    Duty("forget_hook_deliveries", "forget_hook_deliveries", "hook_retention_interval"),
    Duty("fail_flow_slas", "fail_flow_slas", "flow_sla_interval"),
    Duty("fail_agent_slas", "fail_agent_slas", "agent_sla_interval"),
    Duty("ensure_partitions", "ensure_partitions", "partitions_interval"),
)


def duty_message(duty: Duty, dispatch: int) -> Message:
    """The order number `dispatch` to do a duty.

    This is the form of every message to an actor, by whoever sends it: the actor's name, its keyword arguments, the
    queue. A sender needs the name of the actor, not its module.
    """
    return Message(QUEUE, duty.actor, args=(), kwargs={"dispatch": dispatch}, options={})
