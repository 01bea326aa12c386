"""The cases of the suite.

In: cases/<group>/<topic>.yaml, each a list of cases or `{defaults, cases}`. Out: `Case`s with stable ids
"group/topic/name". Raises ValueError naming the file for a case that cannot be understood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from tests.engine.conformance.compare import Loader, Name

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """One request (`query`), several of any kind (`requests`) or a subscription with its `steps`.

    A filter can be written short: `from`, `where` and `ids` (the `field`s, id unless given, of the rows in the order of
    their id). It is asked twice: with `where` as a literal and as a variable.

    `data`, `error` and `body` are what is expected; exactly one is given. `error` has `code`, `path` and `message`;
    those that are left out are not compared. An error means that there is no data, as with Hasura.
    """

    id: str
    name: str
    query: str | None = None
    variables: dict[str, Any] | None = None
    operation: str | None = None
    role: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    secret: str | bool = True  # false: without one; a text: this one
    path: str = "/v1/graphql"
    method: str = "POST"
    send: Any = None  # a body that is not {query, variables, operationName}
    status: int | None = None  # 200 unless given
    data: Any = None
    error: dict[str, Any] | None = None
    body: Any = None
    ordered: bool = False  # mind the order of fields
    requests: tuple[Case, ...] = ()
    subscription: str | None = None
    steps: tuple[dict[str, Any], ...] = ()
    changes: str | None = None  # "data" or "metadata"; what is to be restored afterwards

    @property
    def dirties(self) -> str | None:
        """What the case may leave changed: "data", "metadata" or nothing."""
        if self.changes is not None:
            return self.changes
        if any(request.dirties for request in self.requests) or any("run" in step for step in self.steps):
            return "data"
        return "data" if MUTATION.search(f"{self.query} {self.send}") else None


MUTATION = re.compile(r"\bmutation\b")
FILTER = {"from", "where", "ids", "field"}
NAMES = {one.name for one in fields(Case)} - {"id"}
EXPECTATIONS = ("data", "error", "body")


def read_cases() -> Iterator[Case]:
    """Every case, file by file."""
    for file in sorted(CASES.glob("*/*.yaml")):
        with file.open(encoding="utf-8") as stream:  # its name is in the loader's errors
            document = yaml.load(stream, Loader=Loader)
        defaults = document.get("defaults", {}) if isinstance(document, dict) else {}
        entries = document["cases"] if isinstance(document, dict) else document
        prefix = f"{file.parent.name}/{file.stem}"
        for entry in entries:
            yield _case(f"{prefix}/{entry['name'].replace(' ', '-')}", {**defaults, **entry})


def _case(identity: str, entry: dict[str, Any]) -> Case:
    if "from" in entry:
        entry = _filter(entry)
    if unknown := set(entry) - NAMES:
        raise ValueError(f"{identity}: unknown {sorted(unknown)}")
    kinds = [key for key in ("query", "requests", "subscription") if entry.get(key)]
    given = [key for key in EXPECTATIONS if key in entry]
    if kinds in (["query"], []) and len(given) + ("status" in entry and not given) != 1:
        raise ValueError(f"{identity}: exactly one of {EXPECTATIONS} is expected")
    if len(kinds) > 1:
        raise ValueError(f"{identity}: only one of {kinds} can be given")
    requests = tuple(
        _case(f"{identity}[{index}]", {"name": str(index), **_inherited(entry), **request})
        for index, request in enumerate(entry.get("requests", ()))
    )
    values = {**entry, "requests": requests, "steps": tuple(entry.get("steps", ()))}
    values["headers"] = {name: str(value) for name, value in (entry.get("headers") or {}).items()}
    return Case(id=identity, **values)


def _filter(entry: dict[str, Any]) -> dict[str, Any]:
    """The two requests of a filter that is written short."""
    table, where, field_name = entry["from"], entry["where"], entry.get("field", "id")
    data = {table: [{field_name: value} for value in entry["ids"]]}
    rest = f"order_by: {{id: asc}}) {{ {field_name} }}"
    literal = {"query": f"{{ {table}(where: {_literal(where)}, {rest} }}", "data": data}
    query = f"query ($where: {table}_bool_exp!) {{ {table}(where: $where, {rest} }}"
    variable = {"query": query, "variables": {"where": where}, "data": data}
    return {**{key: entry[key] for key in entry if key not in FILTER}, "requests": [literal, variable]}


def _literal(value: Any) -> str:
    """The value in GraphQL's own notation."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {_literal(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(_literal(item) for item in value) + "]"
        case Name():
            return str(value)
    return json.dumps(value, ensure_ascii=False)


def _inherited(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in ("role", "headers", "secret") if key in entry}
