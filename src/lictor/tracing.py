"""OpenTelemetry traces, for who wants them: the extra lictor[otel] and LICTOR_TRACES=otlp.

In: the settings, and places in the code that are worth a span: a call, an SQL statement, a duty, a request to a hook.
Out: spans, sent where OTEL_EXPORTER_OTLP_ENDPOINT says. Without the setting nothing of OpenTelemetry is imported and a
span costs a function call. Never holds arguments of a statement or bodies of requests: they may be secret.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from lictor.settings import Settings

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.connection import LoggedQuery
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Tracer

_NOTHING: AbstractContextManager[Any] = contextlib.nullcontext()
_LONGEST_STATEMENT = 2000
_tracer: Tracer | None = None
_provider: Any = None


class TracingError(Exception):
    """Traces are asked for and cannot be made; the text names the way out."""


def configure(settings: Settings, service: str, processor: SpanProcessor | None = None) -> None:
    """Trace this process as `service` if the settings say so; `processor` stands in for the OTLP exporter.

    Raises TracingError where the extra is not installed.
    """
    global _tracer, _provider
    if settings.traces == "off":
        return
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
    except ImportError as error:
        raise TracingError(
            "LICTOR_TRACES=otlp needs OpenTelemetry: install lictor[otel], or set LICTOR_TRACES=off."
        ) from error
    _provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
    _provider.add_span_processor(processor or _otlp())
    _tracer = _provider.get_tracer("lictor")


def _otlp() -> SpanProcessor:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(OTLPSpanExporter())


def shutdown() -> None:
    """Send what has not been sent, and trace no more."""
    global _tracer, _provider
    provider, _provider, _tracer = _provider, None, None
    if provider is not None:
        provider.shutdown()


def is_on() -> bool:
    """Whether spans are made."""
    return _tracer is not None


def span(
    name: str, attributes: Mapping[str, str | int] | None = None, parent: Context | None = None
) -> AbstractContextManager[Any]:
    """A span around a block, within the present one (or `parent`); an exception that leaves it is noted."""
    if _tracer is None:
        return _NOTHING
    return _tracer.start_as_current_span(name, context=parent, attributes=attributes)


def parent_of(headers: Iterable[tuple[bytes, bytes]]) -> Context | None:
    """The caller's trace, out of the W3C headers `traceparent` and `tracestate`; None while traces are off."""
    if _tracer is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier = {
        name.decode("ascii"): value.decode("latin-1")
        for name, value in headers
        if name in (b"traceparent", b"tracestate")
    }
    return TraceContextTextMapPropagator().extract(carrier)


async def watch(connection: asyncpg.Connection) -> None:
    """Make a span of each statement of `connection`; for the `init` of a pool."""
    if _tracer is not None:
        connection.add_query_logger(_note_statement)


def _note_statement(done: LoggedQuery) -> None:
    # Called in the context of who ran the statement, right after it.
    if _tracer is None:
        return
    ended = time.time_ns()
    started = ended - int(done.elapsed * 1e9)
    words = done.query.split(maxsplit=1)
    attributes = {"db.system.name": "postgresql", "db.query.text": done.query[:_LONGEST_STATEMENT]}
    made = _tracer.start_span(words[0].upper() if words else "SQL", start_time=started, attributes=attributes)
    if done.exception is not None:
        from opentelemetry.trace import StatusCode

        made.set_status(StatusCode.ERROR, type(done.exception).__name__)
    made.end(ended)
