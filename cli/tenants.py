"""Tenants, made from the command line straight in the database.

In: a DSN, names. Out: rows of `tenant`. For everything else about tenants there is the API.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import aiosql
import psycopg


class TenantError(ValueError):
    """The tenant cannot be made; the text says why."""


@cache
def _queries() -> Any:
    return aiosql.from_path(Path(__file__).with_name("sql") / "tenants.sql", "psycopg")


def ensure_default_tenant(dsn: str) -> None:
    """Make the tenant "default" if there is no tenant at all."""
    with psycopg.connect(dsn) as connection:
        _queries().ensure_default_tenant(connection)


def create_tenant(dsn: str, name: str, slug: str | None = None) -> str:
    """Make a tenant and return its id. Raises TenantError for an unusable or taken slug (server.md 3.6)."""
    slug = slugify(name) if slug is None else slug
    if not slug or slug != slugify(slug):
        raise TenantError(f'Slug must be "slugified": lower-case letters, digits and hyphens, not {slug!r}.')
    with psycopg.connect(dsn) as connection:
        row = _queries().create_tenant(connection, name=name, slug=slug)
    if row is None:
        raise TenantError(f"There is a tenant with the slug {slug!r} already.")
    return str(row[0])


def slugify(text: str) -> str:
    """Lower-case ASCII words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
