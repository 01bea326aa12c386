"""The Dramatiq broker: Redis carries messages from the clock to the actors, and may lose any of them.

In: the settings. Out: `broker`, on which actors are declared. Makes no connection until it is used; keeps no results;
opens no port (Dramatiq's Prometheus middleware, which would listen on all addresses, is left out).
"""

import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AsyncIO, CurrentMessage, Retries, ShutdownNotifications, TimeLimit
from redis.backoff import NoBackoff
from redis.retry import Retry

from lictor.settings import Settings, get_settings
from lictor.workers.database import CloseDatabase
from lictor.workers.duties import TIME_LIMIT

NAMESPACE = "lictor"
_TIMEOUT = 5.0
"""Seconds after which a Redis that does not answer counts as gone."""


def make_broker(settings: Settings) -> RedisBroker:
    """A broker on `settings.redis_url`."""
    client = redis.Redis.from_url(
        settings.redis_url,
        socket_timeout=_TIMEOUT,
        socket_connect_timeout=_TIMEOUT,
        # A failed command is reported at once: whoever sent it knows better what to do.
        retry=Retry(NoBackoff(), 0),
    )
    return RedisBroker(
        client=client,
        namespace=NAMESPACE,
        # Of a million commands. Our queues are quiet: with the default, the messages of a worker that died would
        # wait long for the clean-up that gives them to another.
        maintenance_chance=100_000,
        middleware=[
            AsyncIO(),
            CloseDatabase(),
            TimeLimit(time_limit=int(TIME_LIMIT.total_seconds() * 1000)),
            ShutdownNotifications(notify_shutdown=True),
            Retries(max_retries=5, min_backoff=1_000, max_backoff=30_000),
            CurrentMessage(),
        ],
    )


broker = make_broker(get_settings())
