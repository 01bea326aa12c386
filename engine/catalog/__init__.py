"""Stage 0: Postgres' catalog becomes frozen dataclasses, in one statement. Knows no metadata."""

from lictor.engine.catalog.introspect import catalog_sql, introspect, read_catalog
from lictor.engine.catalog.model import Catalog, CatalogFunction, CatalogTable, Column, ForeignKey

__all__ = [
    "Catalog",
    "CatalogFunction",
    "CatalogTable",
    "Column",
    "ForeignKey",
    "catalog_sql",
    "introspect",
    "read_catalog",
]
