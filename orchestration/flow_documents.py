"""The serialised flow that a client registers (contract server.md 3.6.2, client.md 4.2).

Turns the document into what is stored, or says which field is wrong. Pure: no I/O.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
import orjson

from lictor.orchestration.errors import OrchestrationError

# A registration may be large, a bomb may not: 64 times the largest body that is let in.
_DECOMPRESSED_LIMIT = 512 * 1024 * 1024
# The original's default of `core_version_cutoff`.
_OLDEST_VERSION = (0, 6, 1)
_VERSION = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?")


# Seconds; more than three hundred years.
_LONGEST_DELAY = 1e10


class TaskDocument(msgspec.Struct):
    """What is read of one task of a flow document; numbers as far as the columns go."""

    slug: str
    id: UUID | None = None
    name: str | None = None
    type: str | None = None
    tags: list[str] | None = None
    max_retries: Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)] | None = 0
    retry_delay: Annotated[float, msgspec.Meta(ge=-_LONGEST_DELAY, le=_LONGEST_DELAY)] | str | None = None
    cache_key: str | None = None
    trigger: str | dict[str, Any] | None = None
    auto_generated: bool | None = False


class _Slug(msgspec.Struct):
    slug: str


class EdgeDocument(msgspec.Struct):
    """What is read of one edge; tasks are named by slug or by an object with a `slug`."""

    upstream_task: str | _Slug
    downstream_task: str | _Slug
    key: str | None = None
    mapped: bool | None = False


class ParameterDocument(msgspec.Struct):
    """What is read of one parameter."""

    name: str
    slug: str
    required: bool | None = False
    default: Any = None


class _Schedule(msgspec.Struct):
    clocks: list[dict[str, Any]] = []


class FlowDocument(msgspec.Struct):
    """What is read of a flow document; everything else in it is kept unread."""

    name: str
    tasks: list[TaskDocument] | None = None
    edges: list[EdgeDocument] | None = None
    parameters: list[ParameterDocument] | None = None
    schedule: _Schedule | None = None
    environment: dict[str, Any] | None = None
    run_config: dict[str, Any] | None = None
    storage: dict[str, Any] | None = None
    core_version: str | None = msgspec.field(name="__version__", default=None)


T = TypeVar("T")


def convert(value: Any, kind: type[T], field: str) -> T:
    """`value` as `kind`; raises OrchestrationError naming the field below `field` that does not fit."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        raise OrchestrationError(f"Invalid flow: {field}{path.rstrip('`')}: {text}.") from None


def check_core_version(version: str | None) -> None:
    """Raise OrchestrationError if `version` of the client library is older than this server reads (3.6.2 step 2).

    No version, or one that does not begin with numbers, is taken: it is not known to be old.
    """
    found = _VERSION.match(version or "")
    if found is not None and tuple(int(part) for part in found.groups(default="0")) < _OLDEST_VERSION:
        oldest = ".".join(map(str, _OLDEST_VERSION))
        raise OrchestrationError(
            f"This server's version and settings require new flows to be built with Prefect {oldest} or later, "
            f"not with {version}."
        )


def decompress(text: str) -> Any:
    """The JSON in base64(gzip(JSON)). Raises OrchestrationError when it is anything else."""
    try:
        packed = base64.b64decode(text, validate=True)
        stream = zlib.decompressobj(wbits=31)
        raw = stream.decompress(packed, _DECOMPRESSED_LIMIT)
        if stream.unconsumed_tail:
            raise OrchestrationError(
                f"Unable to decompress serialized_flow: it unpacks to more than {_DECOMPRESSED_LIMIT:,} bytes."
            )
        return orjson.loads(raw)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise OrchestrationError(
            f"Unable to decompress serialized_flow: it must be base64 of gzip of JSON ({error})."
        ) from None


def task_rows(raw_tasks: list[Any], tasks: list[TaskDocument]) -> bytes:
    """Tasks as JSON text for the statement `insert_tasks`: the columns beside the document as it came."""
    rows = [
        {
            "row": {
                "id": task.id,
                "name": task.name,
                "slug": task.slug,
                "type": task.type,
                "max_retries": task.max_retries or 0,
                "retry_delay": _interval(task.retry_delay),
                "trigger": task.trigger.get("fn") if isinstance(task.trigger, dict) else task.trigger,
                "cache_key": task.cache_key,
                "tags": task.tags,
                "auto_generated": task.auto_generated,
            },
            "task": raw,
        }
        for raw, task in zip(raw_tasks, tasks, strict=True)
    ]
    return orjson.dumps(rows)


def _interval(delay: float | str | None) -> str | None:
    return f"{delay} seconds" if isinstance(delay, int | float) else delay


def slug_of(task: str | _Slug) -> str:
    """The slug by which an edge names a task."""
    return task if isinstance(task, str) else task.slug


def edge_rows(edges: list[EdgeDocument]) -> bytes:
    """Edges as JSON text for the statement `insert_edges`."""
    rows = [
        {
            "upstream": slug_of(edge.upstream_task),
            "downstream": slug_of(edge.downstream_task),
            "key": edge.key,
            "mapped": edge.mapped,
        }
        for edge in edges
    ]
    return orjson.dumps(rows)
