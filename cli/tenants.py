"""Tenants, made from the command line straight in the database.

In: a DSN, names. Out: rows of `tenant`. The rules are orchestration's; here they get a connection.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from lictor.orchestration import accounts, teams
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.types import Connection

Result = TypeVar("Result")


class TenantError(ValueError):
    """The tenant cannot be made; the text says why."""


def ensure_default_tenant(dsn: str) -> None:
    """Make the tenant "default" if there is no tenant at all, and its administrator if there is no user."""

    async def ensure(connection: Connection) -> None:
        async with connection.transaction():
            await teams.ensure_default_tenant(connection)
            await accounts.ensure_first_user(connection)

    run(dsn, ensure)


def create_tenant(dsn: str, name: str, slug: str | None = None) -> str:
    """Make a tenant and return its id. Raises TenantError for an unusable or taken slug (server.md 3.6)."""
    slug = teams.slugify(name) if slug is None else slug
    try:
        return str(run(dsn, lambda connection: teams.create_tenant(connection, name, slug)))
    except asyncpg.UniqueViolationError:
        raise TenantError(f"There is a tenant with the slug {slug!r} already.") from None
    except OrchestrationError as error:
        raise TenantError(str(error)) from None


def run(dsn: str, work: Callable[[Connection], Awaitable[Result]]) -> Result:
    """What `work` returns, run with a connection to `dsn` of its own."""

    async def connected() -> Result:
        connection = await asyncpg.connect(dsn)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(connected())
