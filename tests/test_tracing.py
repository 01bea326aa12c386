"""Traces: off without the setting; with it, spans of request, call and statements that hang together."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import asyncpg
import pytest

from lictor import tracing
from lictor.settings import Settings
from tests.actions.gateway.conftest import serve, settings_for

sdk = pytest.importorskip("opentelemetry.sdk.trace")
from opentelemetry.sdk.trace import ReadableSpan  # noqa: E402
from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: E402
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: E402

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    made = InMemorySpanExporter()
    tracing.configure(Settings(traces="otlp"), "test", SimpleSpanProcessor(made))
    yield made
    tracing.shutdown()


def parents(spans: tuple[ReadableSpan, ...], leaf: ReadableSpan) -> list[str]:
    """Names from `leaf` up to the root."""
    by_id = {span.context.span_id: span for span in spans if span.context}
    names = [leaf.name]
    while leaf.parent is not None and leaf.parent.span_id in by_id:
        leaf = by_id[leaf.parent.span_id]
        names.append(leaf.name)
    return names


async def test_a_request_is_one_trace(database: str, exporter: InMemorySpanExporter) -> None:
    async with serve(settings_for(database)) as gateway:
        exporter.clear()
        headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
        await gateway.post("{ tenant(limit: 1) { id } }", headers=headers)
        await gateway.post('mutation { create_tenant(input: {name: "t", slug: "traced"}) { id } }')
        await gateway.post('query { tenant(where: {id: {_eq: "x"}}) { id } }')
    spans = exporter.get_finished_spans()
    ways = [parents(spans, span) for span in spans]
    assert ["SELECT", "query", "POST"] in ways or ["WITH", "query", "POST"] in ways
    assert any(way[1:] == ["create_tenant", "POST"] for way in ways)
    asked = [span for span in spans if span.context and f"{span.context.trace_id:032x}" == TRACE]
    (root,) = [span for span in asked if span.name == "POST"]
    assert root.parent is not None
    assert f"{root.parent.span_id:016x}" == PARENT
    statements = [span for span in spans if span.attributes and "db.query.text" in span.attributes]
    assert all(span.end_time >= span.start_time for span in statements if span.end_time and span.start_time)
    # What clients send is in no span: only names of ours and the texts of statements, whose values are parameters.
    assert not any("traced" in str(value) for span in spans for value in (span.attributes or {}).values())


async def test_a_failed_statement_is_marked(database: str, exporter: InMemorySpanExporter) -> None:
    connection = await asyncpg.connect(database)
    await tracing.watch(connection)
    with tracing.span("outer"), pytest.raises(asyncpg.DivisionByZeroError):
        await connection.fetchval("SELECT 1 / $1::int", 0)
    await connection.fetchval("SELECT 2")
    await connection.close()
    spans = exporter.get_finished_spans()
    failed = next(
        span
        for span in spans
        if span.attributes and span.attributes.get("db.query.text") == "SELECT 1 / $1::int"
    )
    assert failed.status.description == "DivisionByZeroError"
    assert parents(spans, failed) == ["SELECT", "outer"]


def test_off_is_off() -> None:
    tracing.configure(Settings(), "test")
    assert not tracing.is_on()
    assert tracing.span("x") is tracing.span("y")
    assert tracing.parent_of([(b"traceparent", b"00-0-0-01")]) is None


def test_the_setting_without_the_extra_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("opentelemetry.sdk")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)
    with pytest.raises(tracing.TracingError, match=r"install lictor\[otel\]"):
        tracing.configure(Settings(traces="otlp"), "test")
    assert not tracing.is_on()
