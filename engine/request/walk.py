"""One walk over an operation before any schema is looked at, as Hasura inlines fragments and resolves variables.

In: the operation's selections and the document's fragments. Out: `Walked`: its depth, the variables it uses.
Raises GraphQLFailure (kind "validation") for undefined fragments, cycles, unbound variables, and what is beyond the
limits. A fragment is walked once however often it is spread: time is linear in the document, and the size with
fragments expanded is known without expanding them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from graphql import (
    ArgumentNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

from lictor.engine.errors import at_key, invalid
from lictor.engine.request.lexer import PLACEHOLDER
from lictor.engine.request.limits import RequestLimits, passed

Fragments = Mapping[str, FragmentDefinitionNode]


@dataclass(slots=True)
class Walked:
    """`literals_may_merge`: two fields of one response key have lifted literals, so they may be one field."""

    depth: int = 0
    used: set[str] = field(default_factory=set)
    literals_may_merge: bool = False


def walk(
    node: OperationDefinitionNode,
    fragments: Fragments,
    declared: Collection[str],
    limits: RequestLimits,
    lifted: bool,
) -> Walked:
    """Walks one operation."""
    walker = _Walker(fragments, limits, lifted)
    walker.directives(node.directives)
    walker.walked.depth, size = walker.selections(node.selection_set, 0)
    if size > limits.max_fields:
        raise too_many_fields(limits.max_fields)
    used = walker.walked.used
    if lifted:
        used -= {name for name in used if PLACEHOLDER.fullmatch(name)}
    for name in sorted(used):
        if name not in declared:
            raise invalid(f'unbound variable "{name}"', "$")
    return walker.walked


def too_many_fields(limit: int) -> Exception:
    """The error for an operation that selects more than `limit` fields, fragments expanded."""
    return passed("the operation selects more than {} fields", "max_fields", limit)


class _Walker:
    def __init__(self, fragments: Fragments, limits: RequestLimits, lifted: bool) -> None:
        self.fragments = fragments
        self.limits = limits
        self.lifted = lifted
        self.walked = Walked()
        self.path: list[str] = []
        self.known: dict[str, tuple[int, int]] = {}
        self.open: list[str] = []
        # response keys whose arguments have lifted literals
        self.keys_with_literals: set[str] = set()
        self.spread: set[str] = set()

    def selections(self, selections: SelectionSetNode, level: int) -> tuple[int, int]:
        """How deep and how many: the fields of the set, fragments expanded. `level` counts sets and spreads."""
        if level > self.limits.max_depth:
            raise self._too_deep()
        deepest = size = 0
        for node in selections.selections:
            if node.directives:
                self.directives(node.directives)
            below = fields = 0
            if isinstance(node, FieldNode):
                below, fields = self._field(node, level)
            elif isinstance(node, InlineFragmentNode):
                below, fields = self.selections(node.selection_set, level + 1)
            elif isinstance(node, FragmentSpreadNode):
                below, fields = self._spread(node.name.value, level + 1)
            deepest = max(deepest, below)
            size += 1 + fields
        return deepest, size

    def _field(self, node: FieldNode, level: int) -> tuple[int, int]:
        name = node.name.value
        if node.arguments and self._arguments(node.arguments):
            key = node.alias.value if node.alias else name
            if key in self.keys_with_literals or self.open:
                self.walked.literals_may_merge = True
            self.keys_with_literals.add(key)
        if node.selection_set is None:
            return 0, 0
        self.path.append(name)
        below, size = self.selections(node.selection_set, level + 1)
        self.path.pop()
        return (0 if name.startswith("__") else 1 + below), size

    def _spread(self, name: str, level: int) -> tuple[int, int]:
        known = self.known.get(name)
        if known is not None:
            if level + known[0] > self.limits.max_depth:
                raise self._too_deep()
            return known
        if name in self.open:
            names = [f'"{each}"' for each in self.open[self.open.index(name) :]]
            raise invalid(f"the fragment definition(s) {_english(names)} form a cycle", self._here())
        fragment = self.fragments.get(name)
        if fragment is None:
            raise invalid(f'reference to undefined fragment "{name}"', self._here())
        self.open.append(name)
        self.path.append(name)
        found = self.selections(fragment.selection_set, level)
        self.path.pop()
        self.open.pop()
        self.known[name] = found
        return found

    def directives(self, directives: Iterable[DirectiveNode]) -> None:
        for directive in directives:
            if directive.arguments:
                self._arguments(directive.arguments)

    def _arguments(self, arguments: Iterable[ArgumentNode]) -> bool:
        """Notes the variables; says whether any is a lifted literal."""
        literal = False
        for argument in arguments:
            for name in variables_in(argument.value):
                self.walked.used.add(name)
                literal = literal or (self.lifted and name.startswith("__"))
        return literal

    def _here(self) -> str:
        path = "$"
        for name in self.path:
            path = at_key(f"{path}.selectionSet", name)
        return f"{path}.selectionSet"

    def _too_deep(self) -> Exception:
        return passed("the operation is nested deeper than {} levels", "max_depth", self.limits.max_depth)


def variables_in(value: ValueNode) -> list[str]:
    """The variables that stand in a value."""
    if isinstance(value, VariableNode):
        return [value.name.value]
    found: list[str] = []
    if isinstance(value, ObjectValueNode):
        for entry in value.fields:
            found += variables_in(entry.value)
    elif isinstance(value, ListValueNode):
        for item in value.values:
            found += variables_in(item)
    return found


def merges_literals(selections: SelectionSetNode, fragments: Fragments) -> bool:
    """Is a field with lifted literals selected twice in one place? Expands fragments; type conditions apart."""
    return _merges([selections], fragments)


def _merges(sets: list[SelectionSetNode], fragments: Fragments) -> bool:
    by_key: dict[str, list[FieldNode]] = {}
    pending = list(sets)
    while pending:
        for node in pending.pop().selections:
            if isinstance(node, FieldNode):
                by_key.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                pending.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                pending.append(fragments[node.name.value].selection_set)
    for nodes in by_key.values():
        if len(nodes) > 1 and any(
            PLACEHOLDER.fullmatch(name)
            for node in nodes
            for argument in node.arguments
            for name in variables_in(argument.value)
        ):
            return True
        if _merges([node.selection_set for node in nodes if node.selection_set is not None], fragments):
            return True
    return False


def _english(names: list[str]) -> str:
    if len(names) < 3:
        return " and ".join(names)
    return ", ".join(names[:-1]) + ", and " + names[-1]
