"""What the metadata says, unresolved.

Out of the parser, into the schema stage: table, relationship, function and action declarations as the document
gives them. Names are not yet checked against the database. Frozen and free of behaviour. A declaration's `place` is
where it stands in the document, `raw` is what stands there: reports about it quote both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import TypeNode

from lictor.engine.metadata.document import Place


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
    `after_parent`: a nested insert makes the remote row after the local one.
    """

    name: str
    is_array: bool
    remote_table: QualifiedName | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    fk_table: QualifiedName | None = None
    fk_columns: tuple[str, ...] = ()
    comment: str | None = None
    after_parent: bool = False
    place: Place = field(default=(), compare=False, repr=False)
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


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
    place: Place = field(default=(), compare=False, repr=False)
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Table:
    """A tracked table with its configuration.

    A comment that is given replaces the database's and all that would be generated, even if it is empty.

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
    root_comments: Mapping[str, str] = field(default_factory=dict)
    place: Place = field(default=(), compare=False, repr=False)


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
    root_comments: Mapping[str, str] = field(default_factory=dict)
    place: Place = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Header:
    """A header that the configuration adds to an action's webhook call."""

    name: str
    value: str | None
    value_from_env: str | None


@dataclass(frozen=True)
class TypedName:
    """An argument, or a field of a custom type.

    `default` is plain data, and means something only if `has_default`.
    """

    name: str
    type: TypeNode
    description: str | None = None
    default: Any = None
    has_default: bool = False


@dataclass(frozen=True)
class CustomType:
    """A type of the actions' own: an input object or an object with `fields`, an enum with `values`, or a scalar."""

    name: str
    description: str | None = None
    fields: tuple[TypedName, ...] = ()
    values: tuple[EnumValue, ...] = ()
    place: Place = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class EnumValue:
    name: str
    description: str | None = None


@dataclass(frozen=True)
class CustomTypes:
    """`custom_types` of the document."""

    input_objects: tuple[CustomType, ...] = ()
    objects: tuple[CustomType, ...] = ()
    enums: tuple[CustomType, ...] = ()
    scalars: tuple[CustomType, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Action:
    """A declared action. `root` is "query" or "mutation", `kind` "synchronous" or "asynchronous", `timeout` seconds."""

    name: str
    root: str
    arguments: tuple[TypedName, ...]
    output_type: TypeNode
    handler: str
    kind: str
    forward_client_headers: bool
    headers: tuple[Header, ...]
    timeout: float
    roles: tuple[str, ...]
    comment: str | None
    place: Place = field(default=(), compare=False, repr=False)
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class ActionRelationship:
    """A way from an action's output object to a table: `fields` maps the object's fields to remote columns."""

    type_name: str
    name: str
    is_array: bool
    remote_table: QualifiedName
    fields: Mapping[str, str]
    place: Place = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class InheritedRole:
    """A role that may what each role of `role_set` may."""

    name: str
    role_set: tuple[str, ...]
    place: Place = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Unsupported:
    """Something the document holds and the engine does not serve: `kind` and `name` as Hasura calls it."""

    kind: str
    name: str
    reason: str
    place: Place
    raw: Any


@dataclass(frozen=True)
class Metadata:
    """Everything one source serves. `source` is its name; the roles of `introspection_disabled` may not introspect."""

    tables: tuple[Table, ...] = ()
    functions: tuple[Function, ...] = ()
    actions: tuple[Action, ...] = ()
    custom_types: CustomTypes = CustomTypes()
    action_relationships: tuple[ActionRelationship, ...] = ()
    inherited_roles: tuple[InheritedRole, ...] = ()
    introspection_disabled: frozenset[str] = frozenset()
    source: str = "default"
    unsupported: tuple[Unsupported, ...] = ()
