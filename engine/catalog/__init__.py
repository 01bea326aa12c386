"""Stage 0: Postgres' catalog becomes frozen dataclasses, one snapshot. Knows no metadata."""

from lictor.engine.catalog.enum_values import with_enum_values
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
    "with_enum_values",
]
