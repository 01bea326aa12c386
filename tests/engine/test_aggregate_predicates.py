"""Aggregate predicates: filters over related rows taken together."""

from __future__ import annotations

import pytest
from graphql import parse_value, print_type, value_from_ast_untyped

from tests.engine.own_database import document, may_select, serving, table, to_many, to_one

SQL = """
CREATE TABLE author (id int PRIMARY KEY);
CREATE TABLE article (id int PRIMARY KEY, author_id int REFERENCES author, kind text, good boolean, score float8,
                      weight float8);
CREATE TABLE remark (id int PRIMARY KEY, article_id int REFERENCES article, kind text);
INSERT INTO author VALUES (1), (2), (3);
INSERT INTO article VALUES
    (1, 1, 'a', true, 1, 1), (2, 1, 'a', true, 2, 2), (3, 1, 'b', false, 6, 3),
    (4, 2, 'a', true, 4, 1), (5, 2, NULL, NULL, 4, NULL);
INSERT INTO remark VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 4, 'x');
"""
METADATA = document(
    [
        table(
            "author",
            array_relationships=[to_many("articles", "article", "author_id")],
            select_permissions=[may_select("counter"), may_select("plain")],
        ),
        table(
            "article",
            object_relationships=[to_one("author", "author_id")],
            array_relationships=[to_many("remarks", "remark", "article_id")],
            select_permissions=[
                may_select("counter", ["id", "kind"], {"good": {"_eq": True}}, allow_aggregations=True),
                may_select("plain"),
            ],
        ),
        table("remark"),
    ]
)


@pytest.fixture(scope="module")
async def served(postgres):
    async with serving(postgres, "engine_aggregate_predicates", SQL, METADATA) as found:
        yield found


# predicate → the authors that fulfil it; author 3 has no article
CASES = {
    "count": ("{count: {predicate: {_gt: 2}}}", [1]),
    "count of none": ("{count: {predicate: {_eq: 0}}}", [3]),
    "count of a column leaves nulls out": ("{count: {arguments: [kind], predicate: {_eq: 1}}}", [2]),
    "count of one column": ("{count: {arguments: kind, predicate: {_eq: 3}}}", [1]),
    "count of different values": ("{count: {arguments: [kind], distinct: true, predicate: {_eq: 2}}}", [1]),
    "count of all rows, not distinct": ("{count: {arguments: [], distinct: false, predicate: {_eq: 2}}}", [2]),
    "count of several columns": ("{count: {arguments: [kind, good], distinct: true, predicate: {_eq: 2}}}", [1, 2]),
    "count of what a filter leaves": ('{count: {filter: {kind: {_eq: "a"}}, predicate: {_gte: 1}}}', [1, 2]),
    "several comparisons": ("{count: {predicate: {_gt: 0, _lt: 3}}}", [2]),
    "no comparison": ("{count: {predicate: {}}}", [1, 2, 3]),
    "is one of": ("{count: {predicate: {_in: [0, 3]}}}", [1, 3]),
    "all are": ("{bool_and: {arguments: good, predicate: {_eq: true}}}", [2]),
    "all are, null being no answer": ("{bool_and: {arguments: good, predicate: {_is_null: true}}}", [3]),
    "some are": ("{bool_or: {arguments: good, predicate: {_eq: true}}}", [1, 2]),
    "some are, of a filter": ('{bool_or: {arguments: good, filter: {kind: {_eq: "b"}}, predicate: {_eq: false}}}', [1]),
    "avg": ("{avg: {arguments: score, predicate: {_eq: 3}}}", [1]),
    "sum of different values": ("{sum: {arguments: score, distinct: true, predicate: {_eq: 4}}}", [2]),
    "max": ("{max: {arguments: score, predicate: {_gt: 5}}}", [1]),
    "min": ("{min: {arguments: score, predicate: {_gte: 4}}}", [2]),
    "stddev_samp": ("{stddev_samp: {arguments: score, predicate: {_eq: 0}}}", [2]),
    "var_samp": ("{var_samp: {arguments: score, predicate: {_gt: 0}}}", [1]),
    "corr": ("{corr: {arguments: {X: weight, Y: score}, predicate: {_gt: 0.9}}}", [1]),
    "covar_samp": ("{covar_samp: {arguments: {X: weight, Y: weight}, predicate: {_eq: 1}}}", [1]),
    "nested": ("{count: {filter: {remarks_aggregate: {count: {predicate: {_gte: 1}}}}, predicate: {_eq: 1}}}", [1, 2]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_answers(served, case):
    predicate, expected = CASES[case]
    query = f"{{ author(where: {{articles_aggregate: {predicate}}}, order_by: {{id: asc}}) {{ id }} }}"
    assert [row["id"] for row in (await served.ask(query))["author"]] == expected
    variables = "query ($w: author_bool_exp) { author(where: $w, order_by: {id: asc}) { id } }"
    assert [row["id"] for row in (await served.ask(variables, {"w": _json(predicate)}))["author"]] == expected


def _json(predicate: str):
    """The predicate as a variable has it."""
    return {"articles_aggregate": value_from_ast_untyped(parse_value(predicate))}


async def test_not_and_through_a_relationship(served):
    query = "{ author(where: {_not: {articles_aggregate: {bool_and: {arguments: good, predicate: {_eq: true}}}}}) { id } }"
    assert await served.ask(query) == {"author": [{"id": 1}, {"id": 3}]}
    query = "{ article(where: {author: {articles_aggregate: {count: {predicate: {_eq: 2}}}}}) { id } }"
    assert await served.ask(query) == {"article": [{"id": 4}, {"id": 5}]}


async def test_names_of_columns_in_variables_keep_plans_apart(served):
    query = (
        "query ($w: author_bool_exp!, $c: [article_select_column!], $p: Int_comparison_exp!) {"
        " author(where: {_and: [$w, {articles_aggregate: {count: {arguments: $c, predicate: $p}}}]}) { id } }"
    )

    def where(column: str):
        return {"articles_aggregate": {"count": {"arguments": [column], "predicate": {"_eq": 1}}}}

    assert await served.ask(query, {"w": where("kind"), "c": ["id"], "p": {"_eq": 2}}) == {
        "author": [{"id": 2}]
    }
    assert await served.ask(query, {"w": where("id"), "c": ["id"], "p": {"_eq": 2}}) == {"author": []}
    assert await served.ask(query, {"w": where("kind"), "c": ["kind"], "p": {"_lt": 2}}) == {
        "author": [{"id": 2}]
    }


async def test_every_part_may_be_a_variable(served):
    names = "article_select_column_article_aggregate_bool_exp_bool_and_arguments_columns"
    query = (
        f"query ($c: {names}!, $d: Boolean, $f: article_bool_exp, $p: Boolean_comparison_exp!) {{ author(where:"
        " {articles_aggregate: {bool_and: {arguments: $c, distinct: $d, filter: $f, predicate: $p}}}) { id } }"
    )
    variables = {"c": "good", "d": True, "f": {"kind": {"_eq": "a"}}, "p": {"_eq": True}}
    assert await served.ask(query, variables) == {"author": [{"id": 1}, {"id": 2}]}
    assert await served.ask(query, variables | {"f": None, "d": None}) == {"author": [{"id": 2}]}
    whole = "query ($c: article_aggregate_bool_exp_count!) { author(where: {articles_aggregate: {count: $c}}) { id } }"
    for at_least, expected in [(3, [1]), (2, [1, 2])]:
        answer = await served.ask(whole, {"c": {"predicate": {"_gte": at_least}}})
        assert [row["id"] for row in answer["author"]] == expected
    _, path, message = await served.refuse(whole, {"c": {}})
    assert path == "$.selectionSet.author.args.where.articles_aggregate.count"
    assert message == "missing required field 'predicate'"


A = "$.selectionSet.author.args.where.articles_aggregate"
REFUSALS = {
    "none": ("{}", "$.selectionSet.author.args.where.articles_aggregate", "exactly one predicate should be specified"),
    "two": ("{count: {predicate: {_gt: 1}}, bool_and: {arguments: good, predicate: {_eq: true}}}",
            "$.selectionSet.author.args.where.articles_aggregate", "exactly one predicate should be specified"),
    "no such function": ("{median: {}}", f"{A}.median", "field 'median' not found in type: 'article_aggregate_bool_exp'"),
    "no predicate": ("{count: {}}", f"{A}.count", "missing required field 'predicate'"),
    "no arguments": ("{bool_and: {predicate: {_eq: true}}}", f"{A}.bool_and", "missing required field 'arguments'"),
    "one argument of two": ("{corr: {arguments: {X: score}, predicate: {_eq: 1}}}", f"{A}.corr.arguments",
                            "missing required field 'Y'"),
    "unknown argument": ("{corr: {arguments: {X: score, Z: score}, predicate: {_eq: 1}}}", f"{A}.corr.arguments.Z",
                         "field 'Z' not found in type: 'article_aggregate_bool_exp_corr_arguments'"),
    "unknown part": ("{count: {limit: 1, predicate: {}}}", f"{A}.count.limit",
                     "field 'limit' not found in type: 'article_aggregate_bool_exp_count'"),
    "a column of another type": (
        "{bool_or: {arguments: kind, predicate: {_eq: true}}}", f"{A}.bool_or.arguments",
        "expected one of the values ['good'] for type 'article_select_column_article_aggregate_bool_exp_bool_or_arguments_columns',"
        " but found 'kind'"),
    "a comparison of another type": ("{count: {predicate: {_like: 1}}}", f"{A}.count.predicate._like",
                                     "field '_like' not found in type: 'Int_comparison_exp'"),
    "a wrong operand": ('{count: {predicate: {_eq: "1"}}}', f"{A}.count.predicate._eq",
                        "expected a 32-bit integer for type 'Int', but found a string"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
async def test_refusals(served, case):
    predicate, path, message = REFUSALS[case]
    query = f"{{ author(where: {{articles_aggregate: {predicate}}}) {{ id }} }}"
    assert await served.refuse(query) == ("validation-failed", path, message)


async def test_a_role_counts_the_rows_it_sees(served):
    query = "{ author(where: {articles_aggregate: {count: {predicate: {_eq: 2}}}}) { id } }"
    assert await served.ask(query) == {"author": [{"id": 2}]}
    assert await served.ask(query, role="counter") == {"author": [{"id": 1}]}


async def test_a_role_without_aggregations_has_no_predicates(served):
    query = "{ author(where: {articles_aggregate: {count: {predicate: {_eq: 2}}}}) { id } }"
    refused = await served.refuse(query, role="plain")
    assert refused == (
        "validation-failed",
        A,
        "field 'articles_aggregate' not found in type: 'author_bool_exp'",
    )
    hidden = "{ author(where: {articles_aggregate: {bool_and: {arguments: good, predicate: {}}}}) { id } }"
    assert (await served.refuse(hidden, role="counter"))[1] == f"{A}.bool_and"
    assert "article_aggregate_bool_exp_bool_and" not in served.engine.graphql_schema("counter").type_map


async def test_introspection(served):
    types = served.engine.graphql_schema().type_map
    assert list(types["article_aggregate_bool_exp"].fields) == [
        "avg", "bool_and", "bool_or", "corr", "count", "covar_samp", "max", "min", "stddev_samp", "sum", "var_samp",
    ]  # fmt: skip
    assert print_type(types["article_aggregate_bool_exp_count"]).splitlines()[1:] == [
        "  arguments: [article_select_column!]", "  distinct: Boolean", "  filter: article_bool_exp",
        "  predicate: Int_comparison_exp!", "}",
    ]  # fmt: skip
    columns = "article_select_column_article_aggregate_bool_exp_corr_arguments_columns"
    assert (
        str(types["article_aggregate_bool_exp_bool_and"].fields["predicate"].type)
        == "Boolean_comparison_exp!"
    )
    assert str(types["article_aggregate_bool_exp_corr"].fields["predicate"].type) == "float8_comparison_exp!"
    assert str(types["article_aggregate_bool_exp_corr_arguments"].fields["X"].type) == f"{columns}!"
    assert list(types[columns].values) == ["score", "weight"]
    assert types[columns].description == (
        'select "article_aggregate_bool_exp_corr_arguments_columns" columns of table "article"'
    )
