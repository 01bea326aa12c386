"""A parser of executable documents: the same nodes as graphql-core's, an order of magnitude sooner.

In: a text. Out: `Parsed`: graphql-core AST nodes without locations. One regular expression cuts the text into
tokens, in linear time; the parser descends over the list of them. Raises TokenLimit, NestingLimit, and
`Unreadable` for every text it does not take: graphql-core words the error then (`document.py`), and reads what
is legal but never sent (descriptions, escapes such as `\\u{1F600}`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DefinitionNode,
    DirectiveNode,
    EnumValueNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NameNode,
    Node,
    NonNullTypeNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    TypeNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
)

from lictor.engine.request.lexer import BLOCK, STRING, string_value

# Names, punctuators, numbers, strings, comments; the last alternatives catch what is none of these, so that
# nothing is passed over. Possessive throughout: no text makes it go back.
_TOKEN = re.compile(
    rf"[_A-Za-z][_0-9A-Za-z]*+|\.\.\.|[!$&():=@\[\]{{|}}]|{BLOCK}|{STRING}|#[^\n\r]*+"
    r'|"""[\s\S]*+|"[^\n\r]*+'
    r"|[-.0-9][-+.\w]*+|[^\t\n\r ,\ufeff]"
)
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*+")
_INT = re.compile(r"-?(?:0|[1-9]\d*+)", re.ASCII)
_FLOAT = re.compile(r"-?(?:0|[1-9]\d*+)(?:\.\d++)?+(?:[eE][+-]?\d++)?+", re.ASCII)
_OPERATIONS = {kind.value: kind for kind in OperationType}
_END = ""  # no token is empty

N = TypeVar("N", bound=Node)


class Unreadable(Exception):
    """The text is no executable document, or one that this parser does not read. `index`: of the token."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class TokenLimit(Exception):
    """More tokens than allowed."""


class NestingLimit(Exception):
    """Selections or values are nested deeper than allowed."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """`shorthand`: an operation is written `{ … }`, without even its kind."""

    definitions: tuple[DefinitionNode, ...]
    shorthand: bool


def parse_document(text: str, max_tokens: int, max_nesting: int) -> Parsed:
    """The document's definitions. Raises Unreadable, TokenLimit, NestingLimit."""
    tokens = _TOKEN.findall(text)
    if len(tokens) > max_tokens:
        raise TokenLimit
    if "#" in text:
        tokens = [token for token in tokens if token[0] != "#"]
    tokens.append(_END)
    return _Parser(tokens, max_nesting).document()


def position(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of the token `index` (comments not counted), for errors."""
    found = -1
    start = len(text)
    for match in _TOKEN.finditer(text):
        if match[0][0] != "#":
            found += 1
        if found == index:
            start = match.start()
            break
    before = text[:start]
    return before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1


def _maker(cls: type[N], *names: str) -> Callable[..., N]:
    """Makes nodes of a class. Node.__init__ and its __setattr__ would take most of the parser's time."""
    new = cls.__new__
    given = [getattr(cls, name).__set__ for name in names]
    unset = [getattr(cls, name).__set__ for name in cls.keys if name not in names]

    def make(*values: Any) -> N:
        node = new(cls)
        for assign, value in zip(given, values, strict=True):
            assign(node, value)
        for assign in unset:
            assign(node, None)
        return node

    return make


_name = _maker(NameNode, "value")
_argument = _maker(ArgumentNode, "name", "value")
_directive = _maker(DirectiveNode, "name", "arguments")
_field = _maker(FieldNode, "alias", "name", "arguments", "directives", "selection_set")
_selection_set = _maker(SelectionSetNode, "selections")
_spread = _maker(FragmentSpreadNode, "name", "directives")
_inline = _maker(InlineFragmentNode, "type_condition", "directives", "selection_set")
_fragment = _maker(FragmentDefinitionNode, "name", "type_condition", "directives", "selection_set")
_operation = _maker(
    OperationDefinitionNode, "operation", "name", "variable_definitions", "directives", "selection_set"
)
_definition = _maker(VariableDefinitionNode, "variable", "type", "default_value", "directives")
_variable = _maker(VariableNode, "name")
_int = _maker(IntValueNode, "value")
_float = _maker(FloatValueNode, "value")
_string = _maker(StringValueNode, "value", "block")
_boolean = _maker(BooleanValueNode, "value")
_enum = _maker(EnumValueNode, "value")
_null = _maker(NullValueNode)
_list = _maker(ListValueNode, "values")
_object = _maker(ObjectValueNode, "fields")
_object_field = _maker(ObjectFieldNode, "name", "value")
_named_type = _maker(NamedTypeNode, "name")
_list_type = _maker(ListTypeNode, "type")
_non_null = _maker(NonNullTypeNode, "type")


class _Parser:
    """Recursive descent; `at` is the next token."""

    def __init__(self, tokens: list[str], max_nesting: int) -> None:
        self.tokens = tokens
        self.at = 0
        self.left = max_nesting

    def _fail(self) -> Unreadable:
        return Unreadable(self.at)

    def _expect(self, token: str) -> None:
        if self.tokens[self.at] != token:
            raise self._fail()
        self.at += 1

    def _enter(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise NestingLimit

    def name(self) -> NameNode:
        token = self.tokens[self.at]
        if _NAME.match(token) is None:
            raise self._fail()
        self.at += 1
        return _name(token)

    # --- definitions ------------------------------------------------------------------------------------

    def document(self) -> Parsed:
        found: list[DefinitionNode] = []
        shorthand = False
        while (token := self.tokens[self.at]) != _END:
            if token == "{":
                shorthand = True
                found.append(_operation(OperationType.QUERY, None, (), (), self.selections()))
            elif token in _OPERATIONS:
                found.append(self._operation(_OPERATIONS[token]))
            elif token == "fragment":
                found.append(self._fragment())
            else:
                raise self._fail()
        if not found:
            raise self._fail()
        return Parsed(tuple(found), shorthand)

    def _operation(self, kind: OperationType) -> OperationDefinitionNode:
        self.at += 1
        name = None if self.tokens[self.at] in ("(", "@", "{") else self.name()
        definitions = []
        if self.tokens[self.at] == "(":
            self.at += 1
            while True:
                definitions.append(self._variable_definition())
                if self.tokens[self.at] == ")":
                    self.at += 1
                    break
        return _operation(kind, name, tuple(definitions), self.directives(), self.selections())

    def _variable_definition(self) -> VariableDefinitionNode:
        self._expect("$")
        variable = _variable(self.name())
        self._expect(":")
        declared = self.type()
        default = None
        if self.tokens[self.at] == "=":
            self.at += 1
            default = self.value(constant=True)
        return _definition(variable, declared, default, self.directives(constant=True))

    def _fragment(self) -> FragmentDefinitionNode:
        self.at += 1
        if self.tokens[self.at] == "on":
            raise self._fail()
        name = self.name()
        self._expect("on")
        return _fragment(name, _named_type(self.name()), self.directives(), self.selections())

    def type(self) -> TypeNode:
        found: TypeNode
        if self.tokens[self.at] == "[":
            self.at += 1
            self._enter()
            found = _list_type(self.type())
            self.left += 1
            self._expect("]")
        else:
            found = _named_type(self.name())
        if self.tokens[self.at] == "!":
            self.at += 1
            found = _non_null(found)
        return found

    # --- selections -------------------------------------------------------------------------------------

    def selections(self) -> SelectionSetNode:
        self._expect("{")
        self._enter()
        found = [self._selection()]
        tokens = self.tokens
        while tokens[self.at] != "}":
            found.append(self._selection())
        self.at += 1
        self.left += 1
        return _selection_set(tuple(found))

    def _selection(self) -> SelectionNode:
        tokens = self.tokens
        if tokens[self.at] == "...":
            self.at += 1
            return self._spread()
        alias, name = None, self.name()
        following = tokens[self.at]
        if following == ":":
            self.at += 1
            alias, name = name, self.name()
            following = tokens[self.at]
        arguments: tuple[ArgumentNode, ...] = ()
        if following == "(":
            arguments = self.arguments(False)
            following = tokens[self.at]
        directives: tuple[DirectiveNode, ...] = ()
        if following == "@":
            directives = self.directives()
            following = tokens[self.at]
        return _field(alias, name, arguments, directives, self.selections() if following == "{" else None)

    def _spread(self) -> SelectionNode:
        token = self.tokens[self.at]
        if token not in ("on", "@", "{"):
            return _spread(self.name(), self.directives())
        condition = None
        if token == "on":
            self.at += 1
            condition = _named_type(self.name())
        return _inline(condition, self.directives(), self.selections())

    def arguments(self, constant: bool) -> tuple[ArgumentNode, ...]:
        self.at += 1
        found = []
        while True:
            name = self.name()
            self._expect(":")
            found.append(_argument(name, self.value(constant)))
            if self.tokens[self.at] == ")":
                self.at += 1
                return tuple(found)

    def directives(self, constant: bool = False) -> tuple[DirectiveNode, ...]:
        found = []
        while self.tokens[self.at] == "@":
            self.at += 1
            name = self.name()
            found.append(_directive(name, self.arguments(constant) if self.tokens[self.at] == "(" else ()))
        return tuple(found)

    # --- values -----------------------------------------------------------------------------------------

    def value(self, constant: bool) -> ValueNode:
        token = self.tokens[self.at]
        first = token[:1]
        if first == "$":
            if constant:
                raise self._fail()
            self.at += 1
            return _variable(self.name())
        if first == "{":
            return self._object(constant)
        if first == "[":
            return self._list(constant)
        if first == '"':
            return self._text(token)
        if first == "-" or first.isdigit():
            return self._number(token)
        name = self.name().value
        if name in ("true", "false"):
            return _boolean(name == "true")
        return _null() if name == "null" else _enum(name)

    def _text(self, token: str) -> ValueNode:
        try:
            value = string_value(token)
        except ValueError:
            raise self._fail() from None
        self.at += 1
        return _string(value, token.startswith('"""'))

    def _number(self, token: str) -> ValueNode:
        if _INT.fullmatch(token):
            self.at += 1
            return _int(token)
        if _FLOAT.fullmatch(token):
            self.at += 1
            return _float(token)
        raise self._fail()

    def _list(self, constant: bool) -> ValueNode:
        self.at += 1
        self._enter()
        found = []
        while self.tokens[self.at] != "]":
            found.append(self.value(constant))
        self.at += 1
        self.left += 1
        return _list(tuple(found))

    def _object(self, constant: bool) -> ValueNode:
        self.at += 1
        self._enter()
        found = []
        while self.tokens[self.at] != "}":
            name = self.name()
            self._expect(":")
            found.append(_object_field(name, self.value(constant)))
        self.at += 1
        self.left += 1
        return _object(tuple(found))
