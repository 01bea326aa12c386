"""Live queries and streams: polled, multiplexed, pushed only when there is something new.

A `Subscription` is one subscriber: an iterator of answers. Subscriptions with the same statement form a `Group`,
which is polled by one task; within it, those with the same parameters form a cohort, which is one row of the
statement. `Subscriptions` puts them together, and again when the schema changes.
"""

from lictor.engine.subscriptions.manager import Planned, Subscriptions
from lictor.engine.subscriptions.subscription import Request, Subscription

__all__ = ["Planned", "Request", "Subscription", "Subscriptions"]
