"""The commands of Hasura's metadata API.

In: a `Change` and a command (`{type, args, version}`). Out: the command's answer; the change holds the new document.
Raises ApiFailure with Hasura's codes and texts, MetadataError for a document that cannot be read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any

from lictor.engine.metadata import MetadataError, upgraded
from lictor.engine.metadata.document import Document, Node, json_path
from lictor.engine.schema import Inconsistency
from lictor.engine.server import edits
from lictor.engine.server.change import Change
from lictor.engine.server.edits import Edit
from lictor.engine.server.failure import ARGS, ApiFailure, malformed

SUCCESS = {"message": "success"}
MAX_BULK = 10_000
_PREFIXES = frozenset({"pg", "citus", "cockroach", "mssql", "bigquery", "mysql", "dataconnector"})

# Commands that Hasura has for what this server does not do, without the prefix of a backend.
_UNSUPPORTED = frozenset(
    [
        "add_source",
        "drop_source",
        "rename_source",
        "update_source",
        "list_source_kinds",
        "get_source_kind_capabilities",
        "get_source_tables",
        "get_table_info",
        "suggest_relationships",
        "add_remote_schema",
        "update_remote_schema",
        "remove_remote_schema",
        "reload_remote_schema",
        "introspect_remote_schema",
        "add_remote_schema_permissions",
        "drop_remote_schema_permissions",
        "create_remote_schema_remote_relationship",
        "update_remote_schema_remote_relationship",
        "delete_remote_schema_remote_relationship",
        "create_remote_relationship",
        "update_remote_relationship",
        "delete_remote_relationship",
        "create_event_trigger",
        "delete_event_trigger",
        "redeliver_event",
        "invoke_event_trigger",
        "cleanup_event_trigger_logs",
        "resume_event_trigger_cleanup",
        "pause_event_trigger_cleanup",
        "get_event_logs",
        "get_event_invocation_logs",
        "get_event_by_id",
        "create_cron_trigger",
        "delete_cron_trigger",
        "get_cron_triggers",
        "create_scheduled_event",
        "delete_scheduled_event",
        "get_scheduled_events",
        "get_event_invocations",
        "create_query_collection",
        "rename_query_collection",
        "drop_query_collection",
        "add_query_to_collection",
        "drop_query_from_collection",
        "add_collection_to_allowlist",
        "drop_collection_from_allowlist",
        "update_scope_of_collection_in_allowlist",
        "create_rest_endpoint",
        "drop_rest_endpoint",
        "dc_add_agent",
        "dc_delete_agent",
        "set_api_limits",
        "remove_api_limits",
        "set_metrics_config",
        "remove_metrics_config",
        "set_opentelemetry_config",
        "set_opentelemetry_status",
        "add_host_to_tls_allowlist",
        "drop_host_from_tls_allowlist",
        "set_query_tags",
        "dump_internal_state",
        "get_catalog_state",
        "set_catalog_state",
        "set_graphql_schema_introspection_options",
        "test_webhook_transform",
        "rename_relationship",
        "set_relationship_comment",
        "set_permission_comment",
        "set_apollo_federation_config",
        "set_feature_flag",
        "track_native_query",
        "untrack_native_query",
        "get_native_query",
        "track_logical_model",
        "untrack_logical_model",
        "get_logical_model",
        "track_stored_procedure",
        "untrack_stored_procedure",
        "track_tables",
        "untrack_tables",
    ]
)


@contextmanager
def _at(path: str) -> Iterator[None]:
    """Failures of the command that stands at `path` of the request say so."""
    try:
        yield
    except MetadataError as error:
        raise malformed(error, path) from error
    except ApiFailure as failure:
        raise failure.inside(path) from failure


async def run_command(change: Change, request: Any, path: str = "$") -> Any:
    """The answer of one command. `path` is where it stands in the request."""
    with _at(path):
        node = Node(request)
        kind = node["type"].expect(str, what="a string")
        bulk = _LISTS.get(kind)
        items = items_of(node["args"]) if bulk else []
    if bulk:
        return await bulk(change, items, f"{path}.args")
    with _at(path):
        return await _single(change, kind, node)


async def _single(change: Change, kind: str, node: Node) -> Any:
    version = node.value.get("version") or 1
    if version not in (1, 2) or (version == 2 and kind not in ("replace_metadata", "export_metadata")):
        raise ApiFailure(
            f"unknown metadata command {kind!r} of version {version!r}", "parse-failed", path="$"
        )
    args = Node(node.value.get("args") or {}, ("args",))
    if (whole := _WHOLE.get(kind)) is not None:
        return await whole(change, args, version)
    document = change.copy()
    await _accept(change, document, _edit(kind)(document, args))
    return SUCCESS


def _edit(kind: str) -> edits.Command:
    command = edits.find(kind)
    if command is not None:
        return command
    prefix, _, rest = kind.partition("_")
    if kind in _UNSUPPORTED or (prefix in _PREFIXES and rest in _UNSUPPORTED):
        raise ApiFailure(f"{kind!r} is not supported by this server", "not-supported")
    if prefix in _PREFIXES:
        text = f'unknown metadata command "{rest}" for backend {prefix}'
    else:
        text = f'unknown metadata command "{kind}"; "{prefix}" was not recognized as a valid backend name'
    raise ApiFailure(text, "parse-failed", path="$")


# --- edits ----------------------------------------------------------------------------------------------


async def _accept(change: Change, document: Document, edit: Edit) -> None:
    """Takes the edited document, unless it makes something inconsistent that was not."""
    known = {one.identity for one in await change.inconsistencies()}
    mark = change.mark()
    change.replace(document)
    try:
        if edit.drops:
            await drop_dependents(change, known, cascade=edit.cascade)
        elif found := [one for one in await change.inconsistencies() if one.identity not in known]:
            raise _refused(found, edit)
    except BaseException:
        change.back(mark)
        raise


async def drop_dependents(
    change: Change, known: AbstractSet[tuple[str, str]], *, cascade: bool, path: str = ARGS
) -> None:
    """What is inconsistent and not `known` depended on what was taken away: drops it too, or refuses."""
    # what is dropped may in its turn have been what something else stood on
    while found := [one for one in await change.inconsistencies() if one.identity not in known and one.place]:
        if not cascade:
            labels = ", ".join(one.label for one in found)
            text = f"cannot drop due to the following dependent objects: {labels}"
            raise ApiFailure(text, "dependency-error", path=path)
        change.replace(without(change.copy(), found))


def _refused(found: list[Inconsistency], edit: Edit) -> ApiFailure:
    """The edit's own object is at fault, or what it has broken elsewhere."""
    if own := [one for one in found if one.name == edit.touched]:
        reasons = ", ".join(one.body["reason"] for one in own)
        return ApiFailure(reasons, "invalid-configuration", internal=[one.body for one in own])
    internal = [one.body for one in found]
    return ApiFailure("cannot continue due to new inconsistent metadata", "unexpected", internal=internal)


def without(document: Document, found: list[Inconsistency] | tuple[Inconsistency, ...]) -> Document:
    """`document` (changed in place) without the objects named."""
    # the last first, and what lies deeper first: the places of the others stay what they are
    for place in sorted({one.place for one in found if one.place}, reverse=True):
        owner: Any = document
        for step in place[:-1]:
            owner = owner[step]
        del owner[place[-1]]
    return document


# --- the whole document ---------------------------------------------------------------------------------


async def _replace(change: Change, args: Node, version: int) -> Any:
    """Without a version, the form of the arguments tells which is meant."""
    wrapped = version == 2 or "metadata" in args.object
    node = args["metadata"] if wrapped else args
    allowed = wrapped and args.flag("allow_inconsistent_metadata")
    try:
        document = upgraded(node.value, change.source)
        change.replace(document)
        found = await change.inconsistencies()
    except MetadataError as error:
        raise malformed(error, json_path(node.place)) from error
    if found and not allowed:
        raise ApiFailure(
            "cannot continue due to inconsistent metadata",
            "unexpected",
            internal=[one.body for one in found],
        )
    return (
        {"is_consistent": not found, "inconsistent_objects": [one.body for one in found]}
        if wrapped
        else SUCCESS
    )


async def _export(change: Change, args: Node, version: int) -> Any:
    if version == 1:
        return change.document
    return {"resource_version": change.version, "metadata": change.document}


async def _reload(change: Change, args: Node, version: int) -> Any:
    change.reload()
    found = await change.inconsistencies()
    answer = {"message": "success", "is_consistent": not found}
    return answer if not found else answer | {"inconsistent_objects": [one.body for one in found]}


async def _get_inconsistent(change: Change, args: Node, version: int) -> Any:
    found = await change.inconsistencies()
    return {"is_consistent": not found, "inconsistent_objects": [one.body for one in found]}


async def _drop_inconsistent(change: Change, args: Node, version: int) -> Any:
    await drop_dependents(change, frozenset(), cascade=True)
    return SUCCESS


async def _clear(change: Change, args: Node, version: int) -> Any:
    change.clear()
    return SUCCESS


_WHOLE: dict[str, Callable[[Change, Node, int], Awaitable[Any]]] = {
    "replace_metadata": _replace,
    "export_metadata": _export,
    "reload_metadata": _reload,
    "get_inconsistent_metadata": _get_inconsistent,
    "drop_inconsistent_metadata": _drop_inconsistent,
    "clear_metadata": _clear,
}


# --- lists of commands ----------------------------------------------------------------------------------


def items_of(args: Node) -> list[Any]:
    """The commands of a bulk. Raises MetadataError if they are no list, or too many."""
    items = args.expect(list, what="an array")
    if len(items) > MAX_BULK:
        raise args.refuse(f"at most {MAX_BULK} commands are taken at once")
    return items


async def _bulk(change: Change, items: list[Any], path: str) -> Any:
    """One after the other; the first that fails undoes all."""
    if await _at_once(change, items):
        return [SUCCESS for _ in items]
    return [await run_command(change, item, f"{path}[{index}]") for index, item in enumerate(items)]


async def _at_once(change: Change, items: list[Any]) -> bool:
    """Runs edits with one schema for all of them; whether that went well.

    If not, or if there are other commands, one after the other has to tell who is to blame.
    """
    kinds = [item.get("type") if isinstance(item, dict) else None for item in items]
    commands = [edits.find(kind) if isinstance(kind, str) else None for kind in kinds]
    before = {one.identity for one in await change.inconsistencies()}
    mark, document = change.mark(), change.copy()
    try:
        for command, item in zip(commands, items, strict=True):
            if command is None:
                return False
            command(document, Node(item.get("args") or {}))
        change.replace(document)
        if all(one.identity in before for one in await change.inconsistencies()):
            return True
    except (ApiFailure, MetadataError):
        pass
    change.back(mark)
    return False


async def _bulk_atomic(change: Change, items: list[Any], path: str) -> Any:
    """Edits that need hold together only at the end."""
    before = {one.identity for one in await change.inconsistencies()}
    document = change.copy()
    for index, item in enumerate(items):
        with _at(f"{path}[{index}]"):
            node = Node(item)
            command = _edit(node["type"].expect(str, what="a string"))
            command(document, Node(node.value.get("args") or {}, ("args",)))
    change.replace(document)
    if found := [one for one in await change.inconsistencies() if one.identity not in before]:
        internal = [[one.body] for one in found]
        raise ApiFailure("Schema inconsistency", "bad-request", path=path, internal=internal)
    return SUCCESS


async def _bulk_keep_going(change: Change, items: list[Any], path: str) -> Any:
    """Each for itself: a failure is told in its place, the others count."""
    answers = []
    for index, item in enumerate(items):
        mark = change.mark()
        try:
            answers.append(await run_command(change, item, f"{path}[{index}]"))
        except ApiFailure as failure:
            change.back(mark)
            answers.append(failure.body)
    return answers


_LISTS: dict[str, Callable[[Change, list[Any], str], Awaitable[Any]]] = {
    "bulk": _bulk,
    "bulk_atomic": _bulk_atomic,
    "bulk_keep_going": _bulk_keep_going,
}
