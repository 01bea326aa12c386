"""Edits of actions, custom types and inherited roles, which belong to no source."""

from __future__ import annotations

from collections.abc import Iterator

from lictor.engine.metadata import Document
from lictor.engine.metadata.document import Node
from lictor.engine.server.edits.common import (
    Command,
    Edit,
    entries_of,
    given,
    remove,
)
from lictor.engine.server.failure import ApiFailure


def _action(document: Document, args: Node, key: str = "name") -> Document:
    name = args.text(key)
    for action in document.get("actions") or ():
        if action.get("name") == name:
            return action
    raise ApiFailure(f'action with name "{name}" does not exist', "not-exists")


def _create_action(document: Document, args: Node) -> Edit:
    name = args.text("name")
    actions = entries_of(document, "actions")
    if any(action.get("name") == name for action in actions):
        raise ApiFailure(f'action with name "{name}" already exists', "already-exists")
    _ = args["definition"].object
    actions.append({"name": name, **given(args, "definition", "comment")})
    return Edit(f"action {name}")


def _update_action(document: Document, args: Node) -> Edit:
    action = _action(document, args)
    _ = args["definition"].object
    action.pop("comment", None)
    action.update(given(args, "definition", "comment"))
    return Edit(f"action {action['name']}")


def _drop_action(document: Document, args: Node) -> Edit:
    action = _action(document, args)
    document["actions"].remove(action)
    return Edit(f"action {action['name']}", drops=True)


def _create_action_permission(document: Document, args: Node) -> Edit:
    action, role = _action(document, args, "action"), args.text("role")
    permissions = entries_of(action, "permissions")
    if any(one.get("role") == role for one in permissions):
        raise ApiFailure(
            f'permission for role "{role}" is already defined on "{action["name"]}"', "already-exists"
        )
    permissions.append({"role": role, **given(args, "comment")})
    return Edit(f"action {action['name']}")


def _drop_action_permission(document: Document, args: Node) -> Edit:
    action, role = _action(document, args, "action"), args.text("role")
    if not remove(entries_of(action, "permissions"), "role", role):
        raise ApiFailure(f'permission for role: "{role}" is not defined on "{action["name"]}"', "not-exists")
    return Edit(f"action {action['name']}", drops=True)


def _set_custom_types(document: Document, args: Node) -> Edit:
    document["custom_types"] = given(args, "input_objects", "objects", "scalars", "enums")
    return Edit("custom_types custom_types")


def _add_inherited_role(document: Document, args: Node) -> Edit:
    role, members = (
        args.text("role_name"),
        [one.expect(str, what="a role") for one in args["role_set"].elements()],
    )
    if role in members:
        raise ApiFailure("an inherited role name cannot be in the role combination", "invalid-params")
    roles = entries_of(document, "inherited_roles")
    remove(roles, "role_name", role)
    roles.append({"role_name": role, "role_set": members})
    return Edit(f"inherited_role {role}")


def _drop_inherited_role(document: Document, args: Node) -> Edit:
    role = args.text("role_name")
    if not remove(entries_of(document, "inherited_roles"), "role_name", role):
        raise ApiFailure(f'"{role}" inherited role doesn\'t exist', "not-exists")
    return Edit(f"inherited_role {role}", drops=True)


def action_commands() -> Iterator[tuple[str, Command]]:
    """Names without Hasura's prefix of the backend."""
    for command in (
        _create_action, _update_action, _drop_action, _create_action_permission, _drop_action_permission,
        _set_custom_types, _add_inherited_role, _drop_inherited_role,
    ):  # fmt: skip
        yield command.__name__.removeprefix("_"), command
