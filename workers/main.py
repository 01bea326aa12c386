"""What the `dramatiq` command loads: the broker and every actor.

    python -m lictor.workers

or, with a log of its own form, dramatiq lictor.workers.main --processes 1 --threads 4.

SIGTERM ends it: running actors are cancelled (each of their batches is a transaction) and their messages go back.
"""

import atexit

import dramatiq

from lictor import logs, tracing
from lictor.settings import get_settings
from lictor.workers.actors import (
    deliveries,
    due_task_runs,
    late_runs,
    partitions,
    purge,
    recovery,
    retention,
    scheduler,
    slas,
    tenants,
)
from lictor.workers.broker import broker
from lictor.workers.delivery_service import service

logs.configure(get_settings())
broker.add_middleware(service)
tracing.configure(get_settings(), "lictor-worker")
atexit.register(tracing.shutdown)
# The command takes the broker that is set, not the one it finds in the module.
dramatiq.set_broker(broker)

__all__ = [
    "broker",
    "deliveries",
    "due_task_runs",
    "late_runs",
    "partitions",
    "purge",
    "recovery",
    "retention",
    "scheduler",
    "slas",
    "tenants",
]
