"""GraphQL type references.

In: a type node of a parsed document, or a name. Out: `GType`, hashable, printed as GraphQL prints types.
Never: looks a name up; that is the schema's business.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphql import ListTypeNode, NamedTypeNode, NonNullTypeNode, TypeNode


@dataclass(frozen=True, slots=True)
class GType:
    """`uuid!`, `[state_input!]!`: a name or a list of `inner`, each nullable or not."""

    name: str
    inner: GType | None = None
    non_null: bool = False

    def __str__(self) -> str:
        text = self.name if self.inner is None else f"[{self.inner}]"
        return text + "!" if self.non_null else text

    @property
    def base(self) -> str:
        """The innermost name."""
        return self.name if self.inner is None else self.inner.base

    @property
    def required(self) -> GType:
        """The same type, not nullable."""
        return GType(self.name, self.inner, True)

    def accepts(self, declared: GType, has_default: bool = False) -> bool:
        """May a variable declared so stand here? (GraphQL: all variable usages are allowed; as Hasura does.)"""
        if self.non_null and not declared.non_null and not has_default:
            return False
        if self.inner is None or declared.inner is None:
            return self.inner is None and declared.inner is None and self.name == declared.name
        # Hasura compares the nullability of the outermost type only; a null inside the list is refused as a value
        return self.inner.accepts(declared.inner, True)


def named(name: str, non_null: bool = False) -> GType:
    return GType(name, None, non_null)


def list_of(inner: GType, non_null: bool = False) -> GType:
    return GType("", inner, non_null)


def from_node(node: TypeNode) -> GType:
    """The type a variable or an argument is declared with."""
    if isinstance(node, NonNullTypeNode):
        return from_node(node.type).required
    if isinstance(node, ListTypeNode):
        return list_of(from_node(node.type))
    assert isinstance(node, NamedTypeNode)
    return named(node.name.value)
