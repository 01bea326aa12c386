"""The revisions of Prefect Server's database (contract server.md 1.5), oldest first, and which of them can be read."""

from lictor.cli.moving.errors import MoveError

EXTENSIONS, TABLES, IDEMPOTENCY_KEY_UNIQUE, HEAD = (
    "27811b58307b", "72e2cd3e0469", "a666a3f4e422", "ac5747fb571c",
)  # fmt: skip

REVISIONS = {
    EXTENSIONS: "extensions",
    TABLES: "initial tables and triggers",
    "c4d792bdd05e": "flow_run.idempotency_key",
    "3398e4807bfb": "traversal functions",
    "b9086bd4b962": "message",
    "c1f317aa658c": "state_id removed",
    "6611fd0ccc73": "state triggers for each row",
    "70528cee0d2b": "agent, agent_config, flow_run.agent_id",
    "9cb7539b7363": "index on agent_id",
    "e148cf9f1e5b": "task_run.name",
    "850b76d44332": "flow.run_config",
    "24f10aeee83e": "flow_run.labels",
    "3c87ad7e0b71": "task_run_artifact",
    "57ac2cb01ac1": "index on task_run.name",
    "7ca57ea2fdff": "run_config of flow_run and flow_group",
    "9116e81c6dc2": "flow_group.description",
    "459a61bedc9e": "states of the same version win",
    IDEMPOTENCY_KEY_UNIQUE: "unique idempotency keys",
    HEAD: "unique edges",
}
"""Revision: what it brought."""

_ORDER = list(REVISIONS)


def is_before(revision: str, other: str) -> bool:
    """Whether `revision` is older than `other`."""
    return _ORDER.index(revision) < _ORDER.index(other)


def check_revision(revisions: list[str]) -> str:
    """The revision, if a database at `revisions` (the rows of alembic_version) can be read; raises MoveError."""
    name = ", ".join(revisions) or "none"
    if len(revisions) == 1 and revisions[0] in _ORDER and not is_before(revisions[0], TABLES):
        return revisions[0]
    if len(revisions) == 1 and revisions[0].isdigit() and len(revisions[0]) == 4:
        raise MoveError(
            f"The source is a Lictor's database (revision {name}), no Prefect Server's. Move it with `lictor backup` and "
            "`lictor restore`."
        )
    raise MoveError(
        f"The source is at revision {name}, which is older than what can be read ({TABLES}, {REVISIONS[TABLES]}) or none "
        f"of Prefect Server's. Bring it to {HEAD} with the last release of Prefect Server, on a copy if you like: "
        "`prefect-server database upgrade -y` with PREFECT_SERVER__DATABASE__CONNECTION_URL set to it; then import that."
    )
