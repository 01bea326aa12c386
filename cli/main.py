"""The `lictor` command: its words, and where each is implemented.

In: command line arguments. Out: an exit status: 0, 1 for a failure, 2 for a wrong command line. Imports nothing heavy:
the commands import what they need when they are called.
"""

import sys

from cyclopts import App, CycloptsError

from lictor.cli import (
    audit_commands,
    commands,
    doctor_command,
    key_commands,
    moving_commands,
    prepare_command,
    retention_commands,
    settings_command,
)

_HELP = """The open backend for Prefect 1.x flows.

Try it:

    lictor demo          start everything, run example flows with a real Prefect client, show the result

Use it:

    lictor up            start everything and keep it running; then, in another terminal,
    prefect backend server
    prefect create project hello
    prefect agent local start

Settings are environment variables: LICTOR_DATA_DIR, LICTOR_PORT, LICTOR_DATABASE_URL, ...: `lictor settings`.
"""

app = App(name="lictor", help=_HELP, help_format="plaintext", version=commands.version)
db = App(name="db", help="The database: upgrade, downgrade, current revision.")
engine = App(name="engine", help="The GraphQL engine on its own, in place of a Hasura container.")
tenant = App(name="tenant", help="Tenants.")
key = App(name="key", help="API keys: create, list, revoke. LICTOR_AUTH=key makes the server ask for them.")
secret = App(name="secret", help="The server's own keys, with which secrets are encrypted.")
retention = App(name="retention", help="How long data are kept: see what would go, and take it away now.")
audit = App(name="audit", help="The audit trail: who did what, when, from where. List it, export it.")

app.command(commands.up, sort_key=1)
app.command(commands.demo, sort_key=2)
app.command(commands.status, sort_key=3)
app.command(doctor_command.doctor, sort_key=4)
app.command(settings_command.settings, sort_key=5)
app.command(moving_commands.import_, name="import", sort_key=6)
app.command(moving_commands.backup, sort_key=7)
app.command(moving_commands.restore, sort_key=8)
app.command(prepare_command.prepare, sort_key=9)
db.command(commands.db_upgrade, name="upgrade")
db.command(commands.db_downgrade, name="downgrade")
db.command(commands.db_current, name="current")
engine.command(commands.engine_serve, name="serve")
tenant.command(commands.tenant_create, name="create")
key.command(key_commands.create)
key.command(key_commands.list_keys, name="list")
key.command(key_commands.revoke)
secret.command(key_commands.new_secret_key, name="new-key")
secret.command(key_commands.reseal)
retention.command(retention_commands.preview)
retention.command(retention_commands.apply)
audit.command(audit_commands.list_, name="list")
audit.command(audit_commands.export)
for group in (db, engine, tenant, key, secret, retention, audit):
    app.command(group)
# By name: its module, with an HTTP client, is imported only when it is called.
app.command(
    "lictor.cli.hasura_apply:app", name="hasura", help="A Hasura container: apply Lictor's metadata to it."
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    try:
        status = app(arguments, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        # Printed by cyclopts already.
        sys.exit(2)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
