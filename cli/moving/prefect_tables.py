"""How each table of a Prefect Server becomes one of Lictor: its columns, what older revisions lack, what Lictor refuses.

In: nothing. Out: `TABLES`, in the order in which their foreign keys let them be filled, and the SELECT that gives a table's
rows as Lictor keeps them (`rows_of`). That SELECT runs in the source, for copying and for checksums alike.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from lictor.cli.moving.fingerprints import quoted
from lictor.cli.moving.prefect_revisions import HEAD, IDEMPOTENCY_KEY_UNIQUE, is_before


@dataclass(frozen=True)
class Table:
    """One table. Expressions are SQL over the row `source` of the original's table."""

    name: str
    columns: tuple[str, ...]
    parents: Mapping[str, str] = field(default_factory=dict)
    """Column: table that it points to. The row's tenant is that of the first one there is; without parents it is its own."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """Column that came later: what its value is in older databases."""
    expressions: Mapping[str, str] = field(default_factory=dict)
    """Column: what its value is, where that is not simply the column's."""
    adjusted: Mapping[str, str] = field(default_factory=dict)
    """Column of `expressions` that changes rows which Lictor would refuse: what is told of those."""
    origin: str = ""
    """What stands after FROM, as `source`; default: the table."""
    came_later: bool = False
    """Older databases have no such table."""
    is_small: bool = False
    """Read whole at every pass: `expressions` look at other rows, which may have changed."""
    is_history: bool = False
    """Partitioned by `timestamp`."""

    @property
    def data(self) -> tuple[str, ...]:
        """All columns that are compared: those of every table, and `columns`."""
        return ("id", "created", "updated", *(() if self.parents else self.tenant), *self.columns)

    @property
    def tenant(self) -> tuple[str, ...]:
        """The column of a tenant that is the row's own."""
        return () if self.name == "tenant" else ("tenant_id",)


_STATE = ("timestamp", "state", "version", "message", "result", "start_time", "serialized_state")
_RUN = (
    "name", "heartbeat", "start_time", "end_time", "version", "state", "state_message", "state_timestamp",
    "state_start_time", "state_result", "serialized_state",
)  # fmt: skip
_NULL = "NULL"

# Registrations that met each other could leave what Lictor's unique constraints refuse (server.md 5.3 no. 10 and 22).
_AGENT_NAME = """
    CASE WHEN row_number() OVER (
        PARTITION BY source.tenant_id, source.type, source.name, source.core_version, source.labels::text
        ORDER BY source.created, source.id) = 1
    THEN source.name ELSE concat_ws(' ', source.name, '(' || source.id || ')') END::varchar"""
_GROUP_NAME = """
    CASE WHEN row_number() OVER (PARTITION BY source.tenant_id, source.name ORDER BY source.created, source.id) = 1
         THEN source.name ELSE source.name || ' (' || source.id || ')' END::varchar"""
_FLOWS = """(
    SELECT flow.*, twin.number, twin.top, twin.live
    FROM public.flow
    JOIN (
        SELECT one.id,
            row_number() OVER (PARTITION BY project.tenant_id, one.version_group_id, one.version
                ORDER BY one.created, one.id) AS number,
            max(one.version) OVER (PARTITION BY project.tenant_id, one.version_group_id) AS top,
            row_number() OVER (PARTITION BY project.tenant_id, one.version_group_id, one.archived
                ORDER BY one.version DESC NULLS LAST, one.created DESC, one.id) AS live
        FROM public.flow AS one JOIN public.project ON project.id = one.project_id
    ) AS twin ON twin.id = flow.id
) AS source"""
_FLOW_VERSION = """
    CASE WHEN source.number = 1 OR source.version_group_id IS NULL THEN source.version
         ELSE source.top + row_number() OVER (
             PARTITION BY source.version_group_id, source.top, source.number = 1 ORDER BY source.created, source.id) END::integer"""
_FLOW_ARCHIVED = "source.archived OR (source.live > 1 AND source.version_group_id IS NOT NULL)"
# What the original's own migrations would have written, for every run and not only for late ones.
_LABELS = """
    (SELECT coalesce(flow_group.labels, flow.environment -> 'labels', '[]'::jsonb)
     FROM public.flow JOIN public.flow_group ON flow_group.id = flow.flow_group_id WHERE flow.id = source.flow_id)"""
# The original never set it (server.md 1.1); in Lictor it says what its name says.
_MAPPED = """
    source.mapped OR EXISTS (SELECT FROM public.edge WHERE edge.downstream_task_id = source.id AND edge.mapped)"""
_OLD_KEY = """
    CASE WHEN row_number() OVER (PARTITION BY source.idempotency_key, source.flow_id ORDER BY source.created, source.id) = 1
         THEN source.idempotency_key END"""
_FIRST_EDGES = """(
    SELECT DISTINCT ON (flow_id, downstream_task_id, upstream_task_id) *
    FROM public.edge ORDER BY flow_id, downstream_task_id, upstream_task_id, created, id
) AS source"""

TABLES = (
    Table("tenant", ("name", "slug", "info", "settings"), is_small=True),
    Table("project", ("name", "description"), is_small=True),
    Table(
        "flow_group",
        ("name", "description", "labels", "schedule", "settings", "default_parameters", "run_config"),
        absent={"description": _NULL, "run_config": _NULL},
        expressions={"name": _GROUP_NAME},
        adjusted={"name": "flow groups have the name of another one: their ids were added to it"},
        is_small=True,
    ),
    Table(
        "flow",
        (
            "project_id", "flow_group_id", "name", "version", "version_group_id", "description", "environment", "run_config",
            "storage", "parameters", "core_version", "serialized_flow", "schedule", "is_schedule_active", "archived",
            "settings",
        ),
        parents={"project_id": "project"},
        absent={"run_config": _NULL},
        expressions={"version": _FLOW_VERSION, "archived": _FLOW_ARCHIVED},
        adjusted={
            "version": "flows have the version of another one of their group: they got the next free one",
            "archived": "flows were archived: a newer version of their group is unarchived as well",
        },
        origin=_FLOWS,
        is_small=True,
    ),
    Table(
        "task",
        (
            "flow_id", "name", "slug", "description", "type", "max_retries", "retry_delay", "trigger", "cache_key", "tags",
            "auto_generated", "mapped", "is_root_task", "is_terminal_task", "is_reference_task",
        ),
        parents={"flow_id": "flow"},
        expressions={"mapped": _MAPPED},
    ),
    Table(
        "edge",
        ("flow_id", "upstream_task_id", "downstream_task_id", "key", "mapped"),
        parents={"flow_id": "flow"},
    ),
    Table("agent_config", ("name", "settings"), came_later=True, is_small=True),
    Table(
        "agent",
        ("agent_config_id", "name", "type", "core_version", "labels", "last_queried"),
        expressions={"name": _AGENT_NAME},
        adjusted={"name": "agents are registered more than once: their ids were added to the names"},
        came_later=True,
        is_small=True,
    ),
    Table("cloud_hook", ("name", "type", "states", "config", "active", "version_group_id"), is_small=True),
    Table("message", ("read", "type", "text", "content"), came_later=True),
    Table(
        "flow_run",
        (
            "flow_id", "agent_id", "parameters", "context", "labels", "run_config", "scheduled_start_time", "auto_scheduled",
            "idempotency_key", "times_resurrected", *_RUN,
        ),
        parents={"flow_id": "flow"},
        absent={"agent_id": "NULL::uuid", "labels": _LABELS, "run_config": _NULL, "idempotency_key": _NULL},
        expressions={"times_resurrected": "coalesce(source.times_resurrected, 0)"},
    ),
    Table(
        "task_run",
        ("flow_run_id", "task_id", "map_index", "cache_key", *_RUN),
        parents={"flow_run_id": "flow_run"},
        absent={"name": _NULL},
    ),
    Table("flow_run_state", ("flow_run_id", *_STATE), parents={"flow_run_id": "flow_run"}, is_history=True),
    Table("task_run_state", ("task_run_id", *_STATE), parents={"task_run_id": "task_run"}, is_history=True),
    Table("task_run_artifact", ("task_run_id", "kind", "data"), parents={"task_run_id": "task_run"}, came_later=True),
    Table(
        "log",
        ("flow_run_id", "task_run_id", "timestamp", "name", "level", "message", "info", "is_loaded_from_archive"),
        parents={"flow_run_id": "flow_run", "task_run_id": "task_run"},
        # A line without a run belongs to nobody, and nobody could read it.
        origin="(SELECT * FROM public.log WHERE flow_run_id IS NOT NULL OR task_run_id IS NOT NULL) AS source",
        is_history=True,
    ),
)  # fmt: skip


def rows_of(table: Table, present: Set[str], revision: str) -> str:
    """The SELECT of a table's rows, with the columns `table.data`, over a source at `revision` with the columns `present`."""
    if not present:
        types = {"id": "uuid", "updated": "timestamptz"}
        values = [f"NULL::{types.get(name, 'text')} AS {quoted(name)}" for name in table.data]
        return f"SELECT {', '.join(values)} WHERE false"
    expressions = dict(table.expressions)
    origin = table.origin or f'public."{table.name}" AS source'
    if (
        table.name == "flow_run"
        and "idempotency_key" in present
        and is_before(revision, IDEMPOTENCY_KEY_UNIQUE)
    ):
        expressions["idempotency_key"] = _OLD_KEY
    if table.name == "edge" and is_before(revision, HEAD):
        origin = _FIRST_EDGES
    values = [
        f"{table.absent[name] if name not in present else expressions.get(name, f'source.{quoted(name)}')}"
        f" AS {quoted(name)}"
        for name in table.data
    ]
    return f"SELECT {', '.join(values)} FROM {origin}"
