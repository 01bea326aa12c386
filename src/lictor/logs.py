"""The service log: one line an event on standard error, for people or as JSON, from every process the same.

In: the settings. Out: structlog and the standard library's logging, set up. Adds to every line what the process is at:
the request, the call, the runs it names. What a call names is looked at when something is logged, so that a call that
logs nothing pays for two context variables.
"""

from __future__ import annotations

import logging
import random
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any

import structlog

from lictor.settings import Settings

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the HTTP request that is being answered."""
call: ContextVar[tuple[str, Any] | None] = ContextVar("call", default=None)
"""The operation that is being performed, and its arguments."""

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_IDS = ("flow_run_id", "task_run_id", "flow_id")
_MOST_IDS = 10


def request_id_of(given: bytes | None) -> str:
    """The id that a caller gave its request, if it is fit for a log line and a header; else a new one."""
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given.decode("ascii")
    # To tell requests apart, not to be secret: no system call for it.
    return f"{random.getrandbits(64):016x}"


def ids_in(value: Any) -> dict[str, list[str]]:
    """The ids of runs and flows that arguments name, the first ten of each kind."""
    found: dict[str, list[str]] = {}
    for name, each in _named_ids(value, 0):
        ids = found.setdefault(name, [])
        if len(ids) < _MOST_IDS and each not in ids:
            ids.append(each)
    return found


def _named_ids(value: Any, depth: int) -> Iterator[tuple[str, str]]:
    # input -> states -> item: no id of ours stands deeper, and a client's own JSON may.
    if depth > 3:
        return
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name in _IDS and isinstance(item, str):
                yield name, item
            else:
                yield from _named_ids(item, depth + 1)
    elif isinstance(value, list):
        for item in value[:1000]:
            yield from _named_ids(item, depth + 1)


def _add_context(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if (request := request_id.get()) is not None:
        event.setdefault("request_id", request)
    if (present := call.get()) is not None:
        name, arguments = present
        event.setdefault("operation", name)
        for kind, ids in ids_in(arguments).items():
            event.setdefault(kind, ids[0] if len(ids) == 1 else ids)
    return event


def _escape_controls(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Texts of callers (paths, names) as they are, but what would steer a terminal; JSON escapes it by itself."""
    for key, value in event.items():
        if key != "exception" and isinstance(value, str) and _CONTROL.search(value):
            event[key] = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", value)
    return event


def configure(settings: Settings) -> None:
    """Log from `settings.log_level` on, in the form `settings.log_format`."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    as_json = settings.log_format == "json"
    common: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_context,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([structlog.processors.format_exc_info] if as_json else [_escape_controls]),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(default=str)
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*common, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Not print, which writes the line and its end one after the other: lines of libraries would come between.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configure_standard(level, common, renderer)


def _configure_standard(
    level: int, common: list[structlog.typing.Processor], renderer: structlog.typing.Processor
) -> None:
    """Lines of libraries, in the same form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *common, structlog.stdlib.ExtraAdder(())],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    # It tells of every broken connection with a traceback; whoever holds the connection says it in a line.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)
    # Each HTTP request of a client, at INFO.
    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
