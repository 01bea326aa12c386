"""The commands `lictor key …` and `lictor secret …`.

In: arguments. Out: text on standard output (JSON with --json), an exit status. The work is done in
`lictor.cli.accounts`, imported when a command is called.
"""

import json
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from cyclopts import Parameter

from lictor.cli.commands import Json, database_url, fail, settings_of


def create(
    name: str,
    *,
    user: str = "admin",
    tenant: str | None = None,
    role: str | None = None,
    expires: datetime | None = None,
    as_json: Json = False,
) -> int:
    """Make an API key and print it. It is shown this once and stored nowhere.

    Examples:

        lictor key create laptop
        lictor key create agent --user agents --role RUNNER --tenant default --expires 2027-01-01

    With `LICTOR_AUTH=key lictor up`, a Prefect client logs in with it:

        export PREFECT__BACKEND=cloud PREFECT__CLOUD__API=http://127.0.0.1:4200
        prefect auth login --key KEY

    Parameters
    ----------
    name
        What the key is for.
    user
        Whose key it is; made if there is no such user.
    tenant
        Slug of the tenant that the user joins; default: all there are.
    role
        What the user may do there from now on: TENANT_ADMIN, USER,
        READ_ONLY_USER, RUNNER (agents and flows) or a role of the tenant's
        own. Default: a member keeps theirs, a new one is TENANT_ADMIN.
    expires
        When the key ends (UTC unless it says otherwise); default: never.
    as_json
        As a JSON object with the keys id and key.
    """
    import asyncpg

    from lictor.cli.accounts import create_key
    from lictor.orchestration.errors import OrchestrationError

    expires_at = expires and (expires if expires.tzinfo else expires.replace(tzinfo=UTC))
    try:
        made = create_key(
            database_url(), name, username=user, tenant=tenant, role=role, expires_at=expires_at
        )
    except (asyncpg.PostgresError, OSError, OrchestrationError) as error:
        return fail(str(error))
    print(json.dumps({"id": str(made.id), "key": made.key}) if as_json else made.key)
    return 0


def list_keys(*, as_json: Json = False) -> int:
    """List all API keys: id, user, expiry, the public beginning, name.

    Parameters
    ----------
    as_json
        As a JSON array of objects.
    """
    import asyncpg

    from lictor.cli.accounts import list_keys as listed

    try:
        keys = listed(database_url())
    except (asyncpg.PostgresError, OSError) as error:
        return fail(str(error))
    if as_json:
        print(json.dumps(keys, default=str))
        return 0
    for key in keys:
        end = f"{key['expires_at']:%Y-%m-%d %H:%M}" if key["expires_at"] else "never ends"
        print(f"{key['id']}  {key['username']:<12}  {end:<16}  lictor_{key['prefix']}_…  {key['name']}")
    return 0


def revoke(key_id: Annotated[UUID, Parameter(name="id")]) -> int:
    """Delete an API key. Every API process refuses it within LICTOR_AUTH_CACHE_SECONDS.

    Parameters
    ----------
    key_id
        Its id; `lictor key list` shows it.
    """
    import asyncpg

    from lictor.cli.accounts import revoke_key

    try:
        done = revoke_key(database_url(), key_id)
    except (asyncpg.PostgresError, OSError) as error:
        return fail(str(error))
    return 0 if done else fail(f"There is no API key {key_id}.")


def new_secret_key() -> int:
    """Print a fresh key for LICTOR_SECRET_KEY or a line of LICTOR_SECRET_KEY_FILE.

    To change keys: put the new one first, restart, run `lictor secret reseal`, take the old one away.
    """
    from lictor.orchestration.sealing import new_key

    print(new_key())
    return 0


def reseal() -> int:
    """Encrypt with the first key every secret that another key has encrypted, all or none."""
    import asyncpg

    from lictor.cli.accounts import reseal as run
    from lictor.cli.instance import Instance
    from lictor.keys import keyring_of
    from lictor.orchestration.errors import OrchestrationError
    from lictor.orchestration.sealing import SealError

    settings = settings_of()
    if settings.secret_key is None and settings.secret_key_file is None:
        settings.secret_key_file = Instance(settings.data_dir).secret_key_path
    try:
        keyring = keyring_of(settings)
        assert keyring is not None
        count = run(database_url(), keyring)
    except (asyncpg.PostgresError, OSError, OrchestrationError, SealError) as error:
        return fail(str(error))
    print(f"{count} secrets resealed with the key {keyring.key_id}")
    return 0
