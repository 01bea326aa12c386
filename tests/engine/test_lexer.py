"""Lifting of literals: what is lifted, what stays, and that lifting never changes the meaning of a document."""

from __future__ import annotations

import time

import pytest
from graphql import GraphQLSyntaxError, Lexer, Source, TokenKind, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from lictor.engine.request.lexer import lift

CASES = {
    '{ a(x: "b") }': ("{ a(x: $__s0) }", ("b",)),
    "{ a(x: 1, y: -2, z: 0) }": ("{ a(x: $__i0, y: $__i1, z: $__i2) }", (1, -2, 0)),
    "{ a(x: 1.5, y: -2e3, z: 1E-2) }": ("{ a(x: $__f0, y: $__f1, z: $__f2) }", (1.5, -2000.0, 0.01)),
    '{ a1(x: ["b" "c", "d"]) }': ("{ a1(x: $__l0) }", (["b", "c", "d"],)),
    '{ a(x: ["b", 1]) }': ("{ a(x: [$__s0, $__i1]) }", ("b", 1)),
    '{ a(x: [["b"], []]) }': ("{ a(x: [$__l0, []]) }", (["b"],)),
    "{ a(x: true, y: null, z: asc) }": ("{ a(x: true, y: null, z: asc) }", ()),
    '{ a(x: "") b(y: """""") }': ("{ a(x: $__s0) b(y: $__s1) }", ("", "")),
    '{ a(x: "q\\"\\\\\\n\\u00e9") }': ("{ a(x: $__s0) }", ('q"\\\n\u00e9',)),
    '{ a(x: """b "" \\""" c""") }': ("{ a(x: $__s0) }", ('b "" """ c',)),
    '{ a(x: """\n    one\n      two\n  """) }': ("{ a(x: $__s0) }", ("one\n  two",)),
    '{ a # "no" 1\n b }': ("{ a  \n b }", ()),
    '{ a(x: "# no comment") }': ("{ a(x: $__s0) }", ("# no comment",)),
    "{ a(x: $v1, y: k2) }": ("{ a(x: $v1, y: k2) }", ()),
    "{ a(x: 1.) }": ("{ a(x: 1.) }", ()),
    '{ a(x: "open) }': ('{ a(x: "open) }', ()),
    '{ a(x: "\\q") }': ('{ a(x: "\\q") }', ()),
    '{ a(x: $__s0, y: "b") }': ('{ a(x: $__s0, y: "b") }', ()),
    '{ a(x: $ ,#\n__s0, y: "b") }': ('{ a(x: $ ,#\n__s0, y: "b") }', ()),
}


@pytest.mark.parametrize("text", CASES)
def test_cases(text):
    lifted = lift(text)
    assert (lifted.text, lifted.literals) == CASES[text]


def _values(text: str) -> list[object]:
    """The literals of a document as graphql-core's own lexer reads them."""
    lexer, found = Lexer(Source(text)), []
    while (token := lexer.advance()).kind != TokenKind.EOF:
        if token.kind in (TokenKind.STRING, TokenKind.BLOCK_STRING):
            found.append(token.value)
        elif token.kind == TokenKind.INT:
            found.append(int(token.value))
        elif token.kind == TokenKind.FLOAT:
            found.append(float(token.value))
    return found


_TOKENS = st.sampled_from([
    '"a"', '"é \\" \\\\ #"', '""', '"""b\n  c"""', '"""x "y" \\""" """', "1", "-7", "2.5", "1e3", "[", "]", "true",
    "null", "asc", "n1", ",", " ", "\n", "# c \"d\" 1\n", "{k:", "}",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_TOKENS, max_size=12))
def test_the_same_literals_as_graphqls_own_lexer(tokens):
    text = "{ a(x: [" + " ".join(tokens) + "]) }"
    try:
        parse(text)
    except GraphQLSyntaxError:
        return
    lifted = lift(text)
    flat: list[object] = []
    for item in lifted.literals:
        flat += item if isinstance(item, list) else [item]
    assert flat == _values(text)
    parse(lifted.text)


@pytest.mark.parametrize("piece", ['"', '\\"', '"""', "[", '["', "#", "1", "-", '"\\', "1e", '[""'])
def test_hostile_texts_take_linear_time(piece):
    text = piece * 200_000
    start = time.process_time()
    lift(text)
    assert time.process_time() - start < 2
