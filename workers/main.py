"""What the `dramatiq` command loads: the broker and every actor.

    dramatiq lictor.workers.main --processes 1 --threads 4

SIGTERM ends it: running actors are cancelled (each of their batches is a transaction) and their messages go back.
"""

import dramatiq

from lictor.settings import get_settings
from lictor.workers import logs
from lictor.workers.actors import due_task_runs, partitions, purge, scheduler, tenants
from lictor.workers.broker import broker

logs.configure(get_settings())
# The command takes the broker that is set, not the one it finds in the module.
dramatiq.set_broker(broker)

__all__ = ["broker", "due_task_runs", "partitions", "purge", "scheduler", "tenants"]
