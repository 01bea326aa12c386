"""The commands `lictor retention …`.

In: arguments. Out: text on standard output (JSON with --json), an exit status. The rules stand in
`lictor.orchestration.retention`, imported when a command is called.
"""

import json

from lictor.cli.commands import Json, database_url, fail, settings_of


def preview(*, as_json: Json = False) -> int:
    """Show what retention would take away if it ran now; nothing is deleted.

    How long data are kept is a tenant's own policy (the mutation set_retention_policy), else the settings
    LICTOR_RETENTION_FLOW_RUNS_DAYS, …_STATES_DAYS, …_LOGS_DAYS, …_ARTIFACTS_DAYS and …_MESSAGES_DAYS; 0 is for ever.

    Parameters
    ----------
    as_json
        As a JSON array of objects.
    """
    import asyncpg

    from lictor.cli.tenants import run
    from lictor.orchestration.retention import retention_preview

    try:
        found = run(
            database_url(), lambda connection: retention_preview(connection, settings_of().retention_days)
        )
    except (asyncpg.PostgresError, OSError) as error:
        return fail(str(error))
    if as_json:
        fields = ("tenant_id", "slug", "kind", "cutoff", "rows")
        print(json.dumps([{name: getattr(it, name) for name in fields} for it in found], default=str))
        return 0
    if not found:
        print("Everything is kept for ever.")
    for it in found:
        print(f"{it.slug:<24}  {it.kind:<10}  before {it.cutoff:%Y-%m-%d %H:%M}  {it.rows:>12,} rows")
    return 0


def apply(*, as_json: Json = False) -> int:
    """Take away now what is too old, as the workers do every LICTOR_RETENTION_INTERVAL seconds.

    Parameters
    ----------
    as_json
        As a JSON object: rows by kind, and the partitions dropped.
    """
    import asyncpg

    from lictor.cli.tenants import run
    from lictor.orchestration.retention import apply_retention

    try:
        done = run(
            database_url(),
            lambda connection: apply_retention(
                connection, settings_of().retention_days, audit_days=settings_of().retention_audit_days
            ),
        )
    except (asyncpg.PostgresError, OSError) as error:
        return fail(str(error))
    if as_json:
        print(json.dumps(done))
        return 0
    taken = [f"{count:,} {kind.replace('_', ' ')}" for kind, count in done.items() if count]
    print("Taken away: " + (", ".join(taken) or "nothing") + ".")
    return 0
