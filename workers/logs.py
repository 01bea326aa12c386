"""Sets up structlog for the processes of this room: one line an event, on standard error."""

import logging
import sys

import structlog

from lictor.settings import Settings


def configure(settings: Settings) -> None:
    """Log from `settings.log_level` on; as JSON if `settings.log_json`."""
    # It tells of every broken connection with a traceback; whoever holds the connection says it in a line.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)
    renderer = (
        structlog.processors.JSONRenderer()
        if settings.log_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if settings.log_json else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
