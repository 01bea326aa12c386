"""Hostile documents: refused within limits, in bounded time and memory, while other requests are answered."""

from __future__ import annotations

import asyncio
import contextlib
import time
import tracemalloc
from collections.abc import Callable

import orjson
import pytest

from lictor.engine import Engine, EngineOptions, GraphQLFailure, Session
from lictor.engine.request.lexer import lift
from lictor.engine.request.parser import NestingLimit, TokenLimit, Unreadable, parse_document
from tests.engine.conftest import METADATA, asker

SECONDS = 3.0  # of CPU, generous: the usual is a tenth
MEMORY = 200_000_000  # bytes, generous as well


def doubled(prefix: str, count: int) -> str:
    spreads = " ".join(
        f"fragment F{i} on author {{ {prefix} ...F{i + 1} ...F{i + 1} }}" for i in range(count)
    )
    return f"{{ author {{ ...F0 }} }} {spreads} fragment F{count} on author {{ id }}"


DOCUMENTS: dict[str, tuple[Callable[[], str], str]] = {
    "depth 10,000": (
        lambda: "{ author " + "{ articles { author " * 5_000 + "{ id }" + " } }" * 5_000 + " }", "max_depth"),
    "depth 10,000 in inline fragments": (
        lambda: "{ author { " + "... { " * 10_000 + "id" + " }" * 10_000 + " } }", "max_depth"),
    "depth 10,000 through fragments": (
        lambda: "{ author { ...F0 } } "
        + " ".join(f"fragment F{i} on author {{ ...F{i + 1} }}" for i in range(10_000))
        + " fragment F10000 on author { id }", "max_depth"),
    "brackets": (
        lambda: "{ author(where: {id: {_in: " + "[" * 49_000 + "]" * 49_000 + "}}) { id } }", "max_depth"),
    "objects": (
        lambda: "{ author(where: " + "{_not: " * 20_000 + "{}" + "}" * 20_000 + ") { id } }", "max_depth"),
    "a type of lists": (lambda: "query ($x: " + "[" * 40_000 + "Int" + "]" * 40_000 + ") { author { id } }", "max_depth"),
    "brackets without end": (lambda: "{ author(where: " + "[" * 99_000, "max_depth"),
    "100,000 aliases": (lambda: "{ author { " + " ".join(f"a{i}: id" for i in range(100_000)) + " } }", "max_"),
    "30,000 aliases": (lambda: "{ author { " + " ".join(f"a{i}: id" for i in range(30_000)) + " } }", "max_fields"),
    "20,000 root aliases": (lambda: "{ " + " ".join(f"a{i}: author{{id}}" for i in range(20_000)) + " }", "max_"),
    "doubling fragments": (lambda: doubled("", 60), "max_fields"),
    "doubling fragments with arguments": (lambda: doubled("articles(limit: 1) { id }", 60), "max_fields"),
    "5 MB of fields": (lambda: "{ author { " + "id " * 1_700_000 + "} }", "max_document_size"),
    "5 MB of a name": (lambda: "{ " + "a" * 5_000_000 + " }", "max_document_size"),
    "5 MB of a string": (lambda: '{ author(where: {name: {_eq: "' + "a" * 5_000_000 + '"}}) { id } }', "max_document_size"),
    "5 MB of a comment": (lambda: "{ author { id } } #" + "a" * 5_000_000, "max_document_size"),
    "1 MB of punctuation": (lambda: "{" * 999_000, "max_tokens"),
    "a name of 900 kB": (lambda: "{ " + "a" * 900_000 + " }", "not found in type"),
    "20,000 directives": (lambda: "{ author " + "@skip(if: false) " * 14_000 + "{ id } }", "more than once"),
    "unknown directives": (lambda: "{ author " + "@x " * 40_000 + "{ id } }", "not defined in the schema"),
    "20,000 variables": (
        lambda: "query (" + " ".join(f"$v{i}: Int" for i in range(20_000)) + ") { author(limit: $w) { id } }", "unbound"),
    "a list of numbers": (
        lambda: "{ author(where: {id: {_in: [" + "1," * 40_000 + '"x"]}}) { id } }', "but found a string"),
    "a string without end": (lambda: '{ author(where: {name: {_eq: "' + "a" * 900_000, "not a valid graphql query"),
    "a block string without end": (lambda: '{ a(b: """' + "x " * 400_000, "not a valid graphql query"),
    "quotes": (lambda: '{ a(b: ' + '"' * 90_001 + ") }", "not a valid graphql query"),
    "escapes": (lambda: '{ a(b: "' + '\\"' * 400_000, "not a valid graphql query"),
    "comments": (lambda: "#\n" * 90_000, "not a valid graphql query"),
    "NUL": (lambda: "{ author { id\0 } }", "not a valid graphql query"),
    "NUL in a long text": (lambda: "{ author { " + "id " * 9_000 + "\0 } }", "line 1, column 27012"),
    "half a surrogate pair": (lambda: "{ author { id \ud800 } }", "not a valid graphql query"),
    "only a BOM": (lambda: "\ufeff" * 1000, "not a valid graphql query"),
    "numbers": (lambda: "{ author(limit: " + "9" * 500_000 + ") { id } }", "lies outside the bounds"),
    "a default of many digits": (
        lambda: "query ($n: Int = " + "9" * 5_000 + ") { author(limit: $n) { id } }", "but found a number"),
    "a float of many digits": (
        lambda: "{ articles(where: {ratio: {_gt: " + "9" * 5_000 + ".5}}) { id } }", "The value inf"),
    "a cycle": (
        lambda: "{ author { ...F0 } } "
        + " ".join(f"fragment F{i} on author {{ ...F{(i + 1) % 50} }}" for i in range(50)), "form a cycle"),
    "one large argument and many repeats": (
        lambda: "{ author(where: {_or: [" + "{}" * 20_000 + "]}) { id } " + "author { id } " * 9_000 + "}", "max_fields"),
    "introspection that multiplies": (
        lambda: "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
        "times the whole schema"),
    "introspection again and again": (
        lambda: "{ " + " ".join(f"a{i}: __schema {{ types {{ fields {{ args {{ name }} }} }} }}" for i in range(500)) + " }",
        "times the whole schema"),
}  # fmt: skip


@pytest.mark.parametrize("case", DOCUMENTS)
async def test_hostile_documents(strict_engine, case):
    make, expected = DOCUMENTS[case]
    document = make()
    start = time.process_time()
    with pytest.raises(GraphQLFailure, match=expected) as caught:
        await strict_engine.execute(document, None, None, Session())
    assert time.process_time() - start < SECONDS
    assert len(caught.value.errors[0]["message"]) < 1_000_000


@pytest.mark.parametrize("case", ["100,000 aliases", "doubling fragments", "1 MB of punctuation", "objects"])
async def test_memory_while_refusing(strict_engine, case):
    document = DOCUMENTS[case][0]()
    tracemalloc.start()
    try:
        with pytest.raises(GraphQLFailure):
            await strict_engine.execute(document, None, None, Session())
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("document", "option"),
    [
        ("{ author { id } }" + " " * 100, "max_document_size"),
        ("{ author { id name id name id name id name id name id } }", "max_tokens"),
        ("{ author { articles { author { articles { id } } } } }", "max_depth"),
        ("{ author { id name nickname id name } }", "max_fields"),
    ],
)
async def test_errors_name_the_limit_and_limits_can_be_raised(library_pool, document, option):
    small = {"max_document_size": 60, "max_tokens": 14, "max_depth": 3, "max_fields": 5}
    engine = await Engine.start(library_pool, METADATA, options=EngineOptions(**{option: small[option]}))
    with pytest.raises(
        GraphQLFailure, match=rf"{small[option]} .*\({option}\); .*, or raise the limit"
    ) as caught:
        await engine.execute(document, None, None, Session())
    assert caught.value.errors[0]["extensions"] == {"path": "$.query", "code": "validation-failed"}
    larger = await Engine.start(library_pool, METADATA, options=EngineOptions(**{option: 1000}))
    assert "author" in await asker(larger)(document)


VARIABLES = {
    "deep": (lambda: deep("_not", 900), "nested too deeply"),
    "wide": (lambda: {"_or": [{"id": {"_eq": i}} for i in range(50_000)]}, "max_conditions"),
    "long keys": (lambda: {"a" * 1_000_000: {}}, "not found in type"),
    "many keys": (lambda: {f"k{i}": {} for i in range(50_000)}, "max_conditions"),
    "half a surrogate pair": (lambda: {"name": {"_eq": "\ud800"}}, "not valid UTF-8"),
    "NUL": (lambda: {"name": {"_eq": "\0"}}, "0x00"),
    "a large integer": (lambda: {"id": {"_eq": 10**400}}, "lies outside"),
}


def deep(key: str, levels: int) -> dict:
    value: dict = {}
    for _ in range(levels):
        value = {key: value}
    return value


@pytest.mark.parametrize("case", VARIABLES)
async def test_hostile_variables(strict_engine, case):
    make, expected = VARIABLES[case]
    start = time.process_time()
    with pytest.raises(GraphQLFailure, match=expected):
        await strict_engine.execute(
            "query ($w: author_bool_exp) { author(where: $w) { id } }", {"w": make()}, None, Session()
        )
    assert time.process_time() - start < SECONDS


async def test_long_lists_of_values_are_no_matter(ask):
    """A list of scalars is one parameter, whatever its length."""
    query = "query ($n: [Int!]) { author(where: {id: {_in: $n}}) { id } }"
    assert await ask(query, {"n": [1] * 200_000}) == {"author": [{"id": 1}]}
    many = ", ".join(["1"] * 20_000)
    assert await ask(f"{{ author(where: {{id: {{_in: [{many}]}}}}) {{ id }} }}") == {"author": [{"id": 1}]}


async def test_other_requests_are_answered_meanwhile(strict_engine):
    """The event loop is never held for long, however much there is to read."""
    documents = [
        "{ author { " + " ".join(f"b{i}: id" for i in range(33_000)) + " } }",
        "{ author { " + " ".join(f"c{i}: id" for i in range(9_000)) + " } }",
        doubled("articles { id }", 3_000),
    ]
    hostile = [asyncio.create_task(strict_engine.execute(d, None, None, Session())) for d in documents]
    waits = []
    while not all(task.done() for task in hostile):
        start = time.perf_counter()
        body = await strict_engine.execute("{ author_by_pk(id: 1) { id } }", None, None, Session())
        waits.append(time.perf_counter() - start)
        assert orjson.loads(body) == {"data": {"author_by_pk": {"id": 1}}}
    assert len(waits) > 3
    assert sorted(waits)[len(waits) // 2] < 0.5
    failures = await asyncio.gather(*hostile, return_exceptions=True)
    assert isinstance(failures[0], GraphQLFailure)
    assert isinstance(failures[2], GraphQLFailure)


GROWING = {
    "fields": "aaaa ", "quotes": '"', "strings": '"a" ', "escaped quotes": '\\"', "open strings": '"\\', "brackets": "[",
    "block quotes": '"""', "numbers": "-1.5e3 ", "minuses": "-", "dots": ".", "hashes": "#", "lines of comments": "#\n",
    "half lists": '["a", ', "digits": "7", "exponents": "1e", "names": "a", "commas": ",", "BOMs": "\ufeff", "others": "é",
}  # fmt: skip


@pytest.mark.parametrize("kind", GROWING)
def test_reading_takes_linear_time(kind):
    """Eight times the text takes about eight times as long; a quadratic reader would take 64 times."""

    def seconds(count: int) -> float:
        text = "{ " + GROWING[kind] * count
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            lift(text)
            with contextlib.suppress(Unreadable, NestingLimit, TokenLimit):
                parse_document(text, 10**7, 100)
            best = min(best, time.process_time() - start)
        return best

    small, large = seconds(12_500), seconds(100_000)
    assert large < 30 * max(small, 0.001)
