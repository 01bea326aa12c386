"""What of the metadata does not fit the database or itself: Hasura's inconsistent objects.

In: a declaration and the reason. Out: `Inconsistency`, in the shape and with the names of Hasura's
`get_inconsistent_metadata`. `Report` collects them while the schema is built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lictor.engine.metadata.document import Place
from lictor.engine.metadata.model import (
    Action,
    ActionRelationship,
    ComputedField,
    CustomTypes,
    Function,
    InheritedRole,
    QualifiedName,
    Relationship,
    Table,
    Unsupported,
)

PREFIX = "Inconsistent object: "


@dataclass(frozen=True)
class Inconsistency:
    """An object of the metadata that is left out.

    `type` and `name` are Hasura's ("object_relation", "object_relation author in table article in source default").
    `definition` is what the document says of it, `place` where: deleting that leaves a document without it.
    `label` is what an error calls it that refuses to drop something it depends on.
    """

    type: str
    name: str
    definition: Any
    reason: str
    place: Place = ()
    label: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        """What tells it from others, before and after a change."""
        return self.type, self.name

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"

    @property
    def body(self) -> dict[str, Any]:
        """As `get_inconsistent_metadata` tells it."""
        return {
            "definition": self.definition,
            "name": self.name,
            "reason": PREFIX + self.reason,
            "type": self.type,
        }


def because(head: str, reasons: Sequence[str]) -> str:
    """`head` with its reason, or its reasons as a list, in Hasura's wording."""
    if len(reasons) == 1:
        return f"{head} because {reasons[0]}"
    return f"{head} for the following reasons:" + "".join(f"\n • {reason}" for reason in reasons)


class Report:
    """Collects inconsistencies of one source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.found: list[Inconsistency] = []

    def table(self, table: Table, reason: str) -> None:
        name = f"table {table.name} in source {self.source}"
        self._add("table", name, _named(table.name), reason, table.place, self._label(f"table {table.name}"))

    def relationship(
        self, table: Table, relationship: Relationship, reason: str, *, located: bool = True
    ) -> None:
        """`located`: the reason is told with table and relationship before it."""
        definition = {
            "comment": relationship.comment,
            "name": relationship.name,
            "source": self.source,
            "table": _named(table.name),
            "using": relationship.raw.get("using"),
        }
        kind = "array_relation" if relationship.is_array else "object_relation"
        if located:
            reason = f'in table "{table.name}": in relationship "{relationship.name}": {reason}'
        label = f"relationship {table.name}.{relationship.name}"
        self._of_table(table, kind, relationship.name, definition, reason, relationship.place, label)

    def computed_field(self, table: Table, computed: ComputedField, reason: str) -> None:
        definition = {
            "comment": computed.comment,
            "definition": computed.raw.get("definition"),
            "name": computed.name,
            "source": self.source,
            "table": _named(table.name),
        }
        reason = f'in table "{table.name}": in computed field "{computed.name}": {reason}'
        label = f"computed field {table.name}.{computed.name}"
        self._of_table(table, "computed_field", computed.name, definition, reason, computed.place, label)

    def permission(self, table: Table, kind: str, permission: Mapping[str, Any], reason: str) -> None:
        """`kind` is the key of `Table.permissions` ("select_permissions"), `permission` one of its elements."""
        role, verb = permission["role"], kind.removesuffix("_permissions")
        place = (*table.place, kind, _index(table.permissions[kind], permission))
        definition = {
            "comment": permission.get("comment"),
            "permission": permission.get("permission"),
            "role": role,
            "source": self.source,
            "table": _named(table.name),
        }
        reason = f'in table "{table.name}": in permission for role "{role}": {reason}'
        label = f"permission {table.name}.{role}.{verb}"
        self._of_table(table, f"{verb}_permission", role, definition, reason, place, label)

    def function(self, function: Function, reason: str) -> None:
        name = f"function {function.name} in source {self.source}"
        reason = f'in function "{function.name}": {reason}'
        label = self._label(f"function {function.name}")
        self._add("function", name, _named(function.name), reason, function.place, label)

    def action(self, action: Action, reason: str) -> None:
        name = f"action {action.name}"
        self._add("action", name, action.raw, f'in action "{action.name}"; {reason}', action.place, name)

    def custom_types(self, declared: CustomTypes, place: Place, reason: str) -> None:
        """`place` is that of the type at fault."""
        name = "custom_types custom_types"
        self._add("custom_types", name, declared.raw, reason, place or ("custom_types",), "custom types")

    def action_relationship(
        self, declared: CustomTypes, relationship: ActionRelationship, reason: str
    ) -> None:
        reason = f'in relationship "{relationship.name}" of type "{relationship.type_name}": {reason}'
        self.custom_types(declared, relationship.place, reason)

    def inherited_role(self, role: InheritedRole, reason: str) -> None:
        name = f"inherited_role {role.name}"
        definition = {"role_name": role.name, "role_set": list(role.role_set)}
        self._add("inherited_role", name, definition, reason, role.place, name)

    def unsupported(self, one: Unsupported) -> None:
        self._add(one.kind, one.name, one.raw, one.reason, one.place, one.name)

    def _of_table(
        self, table: Table, kind: str, name: str, definition: Any, reason: str, place: Place, label: str
    ) -> None:
        where = f"{kind} {name} in table {table.name} in source {self.source}"
        self._add(kind, where, definition, reason, place, self._label(label))

    def _label(self, label: str) -> str:
        return f'{label} in source "{self.source}"'

    def _add(self, kind: str, name: str, definition: Any, reason: str, place: Place, label: str) -> None:
        self.found.append(Inconsistency(kind, name, definition, reason, place, label))


def _named(name: QualifiedName) -> dict[str, str]:
    return {"name": name.name, "schema": name.schema}


def _index(permissions: tuple[Mapping[str, Any], ...], permission: Mapping[str, Any]) -> int:
    """Where `permission` itself stands; equality would confuse two that say the same."""
    return next(index for index, one in enumerate(permissions) if one is permission)
