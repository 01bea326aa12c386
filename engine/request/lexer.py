"""Lifts literals out of a document.

In: the text of a document. Out: `Lifted`: the text with every string and number replaced by a placeholder
variable (`$__s0` string, `$__i1` integer, `$__f2` float, `$__l3` list of strings) and the values in order. Two documents that
differ only in such literals have the same text and share one plan. Booleans, null and enum values stay: they
may change the shape of the SQL. Never: parses; a text it cannot read comes back unlifted and fails in the parser.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from graphql.language.block_string import dedent_block_string_lines

# One alternative per kind of token that can hold a digit or a quote; comments are matched to be dropped.
# Linear time for hostile texts: possessive quantifiers, and a string without an end is consumed too.
STRING = r'"(?!"")[^"\\\n\r]*+(?:\\.[^"\\\n\r]*+)*+"'
BLOCK = r'"""(?:[^"\\]++|\\"""|\\|"(?!""))*+"""'
_LITERAL = re.compile(
    # a list of plain strings is one literal: `_in: [...]` of any length has one plan
    rf"(\[[\s,]*+(?:{STRING})(?:[\s,]*+(?:{STRING}))*+[\s,]*+\]"
    rf"|{BLOCK}"
    rf"|{STRING}"
    r'|"""[\s\S]*+|"[^\n\r]*+'
    r"|#[^\n\r]*+"
    r"|(?<![\w.$])-?(?:0|[1-9]\d*+)(?:\.\d++)?+(?:[eE][+-]?\d++)?+(?![\w.]))"
)
_STRINGS = re.compile(STRING)
_WHOLE_BLOCK = re.compile(BLOCK)
# Found anywhere in a text, not only behind a `$`: blanks, commas and comments may stand between the two.
PLACEHOLDER = re.compile(r"__([sifl])(\d+)")


@dataclass(frozen=True, slots=True)
class Lifted:
    """`text` is the key; `literals` are the values of its placeholders, in order."""

    text: str
    literals: tuple[Any, ...]


def lift(text: str) -> Lifted:
    """The literal-free form of `text`."""
    if PLACEHOLDER.search(text):  # the document uses our placeholder names itself
        return Lifted(text, ())
    parts = _LITERAL.split(text)
    if len(parts) == 1:
        return Lifted(text, ())
    literals: list[Any] = []
    try:
        for i in range(1, len(parts), 2):
            token = parts[i]
            first = token[0]
            if first == '"':
                parts[i] = f"$__s{len(literals)}"
                literals.append(string_value(token))
            elif first == "[":
                parts[i] = f"$__l{len(literals)}"
                literals.append([string_value(item) for item in _STRINGS.findall(token)])
            elif first == "#":
                parts[i] = " "
            elif "." in token or "e" in token or "E" in token:
                parts[i] = f"$__f{len(literals)}"
                literals.append(float(token))
            else:
                parts[i] = f"$__i{len(literals)}"
                literals.append(int(token))
    except ValueError:  # a bad escape, or an integer of more digits than int() takes
        return Lifted(text, ())
    return Lifted("".join(parts), tuple(literals))


def string_value(token: str) -> str:
    """The value of a string token. Raises ValueError if it has no end or a bad escape."""
    if token.startswith('"""'):
        if _WHOLE_BLOCK.fullmatch(token) is None:
            raise ValueError("a block string without an end")
        raw = token[3:-3].replace('\\"""', '"""')
        return "\n".join(dedent_block_string_lines(raw.replace("\r\n", "\n").replace("\r", "\n").split("\n")))
    if "\\" in token:
        # GraphQL's escapes are JSON's; strict=False because GraphQL allows a raw tab.
        return json.loads(token, strict=False)
    if len(token) < 2 or token[-1] != '"':
        raise ValueError("a string without an end")
    return token[1:-1]
