"""What the metadata says, unresolved.

Out of the loader, into the schema stage: table, relationship, function and action declarations as the files
give them. Names are not yet checked against the database. Frozen and free of behaviour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode


@dataclass(frozen=True, slots=True)
class QualifiedName:
    """A table or function: schema and name."""

    schema: str
    name: str

    def __str__(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Relationship:
    """A relationship of one table.

    `columns` maps local to remote columns for a manual relationship; for a foreign-key one it is empty and
    `fk_columns` names the constraint's columns (local ones if `fk_table` is None, else columns of `fk_table`).
    """

    name: str
    is_array: bool
    remote_table: QualifiedName | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    fk_table: QualifiedName | None = None
    fk_columns: tuple[str, ...] = ()
    comment: str | None = None


@dataclass(frozen=True)
class ComputedField:
    """A function over a table's row, shown as a field.

    `table_argument` names the argument that takes the row (the first one if None), `session_argument` the one
    that takes the session variables.
    """

    name: str
    function: QualifiedName
    table_argument: str | None = None
    session_argument: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class Table:
    """A tracked table with its configuration.

    `permissions` are raw, keyed by "select_permissions", "insert_permissions", "update_permissions" and
    "delete_permissions": the schema stage reads them when it builds the roles.
    """

    name: QualifiedName
    custom_name: str | None
    custom_root_fields: Mapping[str, str]
    column_names: Mapping[str, str]
    column_comments: Mapping[str, str]
    comment: str | None
    is_enum: bool
    relationships: tuple[Relationship, ...]
    permissions: Mapping[str, tuple[Mapping[str, Any], ...]]
    computed_fields: tuple[ComputedField, ...] = ()


@dataclass(frozen=True)
class Function:
    """A tracked function. `exposed_as` is "query", "mutation" or None (decided by volatility).

    `roles` are those with an explicit permission; a query function is also for all who may select its table.
    """

    name: QualifiedName
    custom_name: str | None
    custom_root_fields: Mapping[str, str]
    exposed_as: str | None
    session_argument: str | None
    comment: str | None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Header:
    """A header that the configuration adds to an action's webhook call."""

    name: str
    value: str | None
    value_from_env: str | None


@dataclass(frozen=True)
class Action:
    """A declared action; its signature stands in the SDL of `Metadata.action_sdl`."""

    name: str
    handler: str
    kind: str
    forward_client_headers: bool
    headers: tuple[Header, ...]
    timeout: float
    roles: tuple[str, ...]
    comment: str | None


@dataclass(frozen=True)
class ActionRelationship:
    """A way from an action's output object to a table: `fields` maps the object's fields to remote columns."""

    type_name: str
    name: str
    is_array: bool
    remote_table: QualifiedName
    fields: Mapping[str, str]


@dataclass(frozen=True)
class InheritedRole:
    """A role that may what each role of `role_set` may."""

    name: str
    role_set: tuple[str, ...]


@dataclass(frozen=True)
class Metadata:
    """Everything one source serves. `action_sdl` is the parsed actions.graphql, or None if there is none."""

    tables: tuple[Table, ...]
    functions: tuple[Function, ...]
    actions: tuple[Action, ...]
    action_sdl: DocumentNode | None
    action_relationships: tuple[ActionRelationship, ...] = ()
    inherited_roles: tuple[InheritedRole, ...] = ()
