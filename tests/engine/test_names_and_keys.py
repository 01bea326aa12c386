"""Views, composite and manual keys, names and comments of one's own, JSON paths, and every kind of order."""

from __future__ import annotations

import pytest

from tests.engine.own_database import document, may_select, serving, table, to_many, to_one

SQL = """
CREATE SCHEMA s;
CREATE TABLE country (code text PRIMARY KEY, size bigint);
CREATE TABLE region (country text REFERENCES country, name text, rank smallint, PRIMARY KEY (country, name));
CREATE TABLE town (id int PRIMARY KEY, country text, region text, people int, height numeric, facts jsonb,
                   FOREIGN KEY (country, region) REFERENCES region);
CREATE TABLE mayor (id int PRIMARY KEY, town_id int UNIQUE REFERENCES town, full_name text);
CREATE VIEW big_town AS SELECT id AS town_id, people FROM town WHERE people > 10;
CREATE MATERIALIZED VIEW sums AS SELECT country, sum(people) AS people FROM town GROUP BY country;
CREATE TABLE s.town (id int PRIMARY KEY);
COMMENT ON TABLE mayor IS 'from the database';
COMMENT ON COLUMN mayor.full_name IS 'a column of the database';
COMMENT ON COLUMN mayor.town_id IS 'which town';
INSERT INTO country VALUES ('A', 9223372036854775807), ('B', 9223372036854775807);
INSERT INTO region VALUES ('A', 'x', 1), ('A', 'y', 2), ('B', 'x', 3);
INSERT INTO town VALUES
    (1, 'A', 'x', 5, 1.5, '{"a b": {"c.d": [1, {"é": "u"}]}, "0": "zero", "q''\\"": 1, "": "empty"}'),
    (2, 'A', 'x', 20, 2.5, NULL), (3, 'A', 'y', 30, NULL, '[[1, 2], [3]]'), (4, 'B', 'x', 7, 4, '"text"'),
    (5, NULL, NULL, 99, 9, NULL);
INSERT INTO mayor VALUES (1, 2, 'Two'), (2, 4, 'Four');
INSERT INTO s.town VALUES (1);
REFRESH MATERIALIZED VIEW sums;
"""


def manual(name: str, remote: str, **columns: str):
    mapping = {"remote_table": {"name": remote, "schema": "public"}, "column_mapping": columns}
    return {"name": name, "using": {"manual_configuration": mapping}}


def by_key(name: str, columns: list[str], remote: str | None = None):
    key = {"columns": columns, "table": {"name": remote, "schema": "public"}} if remote else columns
    return {"name": name, "using": {"foreign_key_constraint_on": key}}


METADATA = document(
    [
        table("country", array_relationships=[
            to_many("regions", "region", "country"), manual("towns", "town", code="country")]),
        table("region", object_relationships=[to_one("of", "country")],
              array_relationships=[by_key("towns", ["country", "region"], "town")]),
        table("town",
              object_relationships=[by_key("in_region", ["country", "region"]), to_many("mayor", "mayor", "town_id"),
                                    manual("big", "big_town", id="town_id"), manual("sum", "sums", country="country")]),
        table("mayor", object_relationships=[to_one("town", "town_id")], configuration={
            "custom_name": "Chief", "comment": "from the metadata",
            "column_config": {"full_name": {"custom_name": "fullName", "comment": ""}},
            "custom_root_fields": {
                "select": "chiefs", "select_by_pk": {"name": "chief", "comment": "the one"},
                "select_aggregate": {"name": "chiefsTotal", "comment": ""}, "insert_one": {"comment": "adds one"},
                "delete": "removeChiefs",
            },
        }, select_permissions=[may_select("reader", ["id", "full_name"], {"full_name": {"_neq": "Two"}})]),
        table("big_town", object_relationships=[manual("town", "town", town_id="id")], configuration={"comment": ""}),
        table("sums", array_relationships=[manual("towns", "town", country="country")]),
        table("town", "s"),
        table("gone", "s"),
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
async def served(postgres):
    async with serving(postgres, "engine_names_and_keys", SQL, METADATA) as found:
        yield found


def ids(*numbers: int):
    return [{"id": number} for number in numbers]


CASES = {
    "a key of two columns": ("{ town(order_by: {id: asc}, where: {id: {_in: [3, 5]}}) { in_region { rank of { code } } } }",
                             {"town": [{"in_region": {"rank": 2, "of": {"code": "A"}}}, {"in_region": None}]}),
    "a key of two columns from the other side": (
        '{ region_by_pk(country: "A", name: "x") { towns(order_by: {id: asc}) { id } towns_aggregate { aggregate'
        " { sum { people } } } } }",
        {"region_by_pk": {"towns": ids(1, 2), "towns_aggregate": {"aggregate": {"sum": {"people": 25}}}}}),
    "one row by a key of the other table": ("{ town(order_by: {id: asc}) { mayor { fullName } } }", {
        "town": [{"mayor": None}, {"mayor": {"fullName": "Two"}}, {"mayor": None}, {"mayor": {"fullName": "Four"}},
                 {"mayor": None}]}),
    "a view and back": ("{ big_town(order_by: {town_id: asc}) { town { id big { people } } } }", {
        "big_town": [{"town": {"id": 2, "big": {"people": 20}}}, {"town": {"id": 3, "big": {"people": 30}}},
                     {"town": {"id": 5, "big": {"people": 99}}}]}),
    "a materialized view": ('{ sums(where: {country: {_eq: "A"}}) { people towns(order_by: {id: desc}, limit: 1) { id } } }',
                            {"sums": [{"people": 55, "towns": ids(3)}]}),
    "where over a view": ("{ town(where: {big: {people: {_lt: 25}}}) { id } }", {"town": ids(2)}),
    "another schema": ("{ s_town { id __typename } }", {"s_town": [{"id": 1, "__typename": "s_town"}]}),
    "custom names": ("{ chief(id: 1) { fullName __typename } chiefs(order_by: {fullName: asc}, where: {fullName: {_like:"
                     ' "%o%"}}) { id } chiefsTotal { __typename aggregate { max { fullName } } } }',
                     {"chief": {"fullName": "Two", "__typename": "Chief"}, "chiefs": ids(2, 1),
                      "chiefsTotal": {"__typename": "Chief_aggregate", "aggregate": {"max": {"fullName": "Two"}}}}),
    "order through two relationships": (
        "{ town(order_by: [{in_region: {of: {code: desc}}}, {in_region: {rank: desc}}, {id: asc}]) { id } }",
        {"town": ids(5, 4, 3, 1, 2)}),
    "order, nulls last": ("{ town(order_by: [{in_region: {rank: desc_nulls_last}}, {id: desc}]) { id } }",
                          {"town": ids(4, 3, 2, 1, 5)}),
    "order by one object of two keys": ("{ town(order_by: {country: asc_nulls_first, id: desc}) { id } }",
                                        {"town": ids(5, 3, 2, 1, 4)}),
    "order by a count": ("{ region(order_by: [{towns_aggregate: {count: desc}}, {country: asc}]) { rank } }",
                         {"region": [{"rank": 1}, {"rank": 2}, {"rank": 3}]}),
    "order by an aggregate through a relationship": (
        "{ town(order_by: [{in_region: {towns_aggregate: {max: {height: desc_nulls_last}}}}, {id: desc}]) { id } }",
        {"town": ids(4, 2, 1, 5, 3)}),
    "order through null": ("{ town(order_by: {in_region: null, id: desc}, limit: 1) { id } }", {"town": ids(5)}),
    "distinct": ("{ town(distinct_on: [country], order_by: [{country: asc}, {people: desc}]) { id } }",
                 {"town": ids(3, 4, 5)}),
    "distinct on two, in another order": (
        "{ town(distinct_on: [region, country], order_by: [{country: asc}, {region: desc}, {id: asc}]) { id } }",
        {"town": ids(3, 1, 4, 5)}),
    "limit null": ("{ town(limit: null, offset: null, order_by: null, where: null, distinct_on: null) { __typename } }",
                   {"town": [{"__typename": "town"}] * 5}),
    "limit nought": ("{ town(limit: 0) { id } }", {"town": []}),
    "an offset beyond 32 bits": ('{ town(offset: "9000000000") { id } }', {"town": []}),
    "counts": ("{ town_aggregate { aggregate { count a: count(columns: country) b: count(columns: [country, region],"
               " distinct: true) c: count(columns: [country], distinct: true) d: count(columns: null) } } }",
               {"town_aggregate": {"aggregate": {"count": 5, "a": 4, "b": 4, "c": 2, "d": 5}}}),
    "a sum beyond 64 bits": ("{ country_aggregate { aggregate { sum { size } } } }",
                             {"country_aggregate": {"aggregate": {"sum": {"size": 18446744073709551614}}}}),
    "every aggregate": (
        "{ town_aggregate(where: {id: {_lte: 2}}) { aggregate { avg { people } max { height } min { height } stddev { people }"
        " stddev_pop { people } stddev_samp { people } sum { height people } var_pop { people } var_samp { people }"
        " variance { people } } } }",
        {"town_aggregate": {"aggregate": {
            "avg": {"people": 12.5}, "max": {"height": 2.5}, "min": {"height": 1.5},
            "stddev": {"people": 10.606601717798213}, "stddev_pop": {"people": 7.5},
            "stddev_samp": {"people": 10.606601717798213}, "sum": {"height": 4.0, "people": 25},
            "var_pop": {"people": 56.25}, "var_samp": {"people": 112.5}, "variance": {"people": 112.5}}}}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_answers(served, case):
    query, expected = CASES[case]
    assert await served.ask(query) == expected


PATHS = {
    "a b": ({"c.d": [1, {"é": "u"}]}, 1), '["a b"]': ({"c.d": [1, {"é": "u"}]}, 1), "$": ("text", 4),
    "['a b']['c.d'][1].é": ("u", 1), '$["a b"]["c.d"][0]': (1, 1), "[0]": ([1, 2], 3), "$[0][1]": (2, 3),
    "[-1]": ([3], 3), "0": ("zero", 1), '["0"]': ("zero", 1), "nothing.here": (None, 1), "a": (None, 4),
}  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
async def test_json_paths(served, path):
    expected, town = PATHS[path]
    query = "query ($id: Int!, $path: String) { town_by_pk(id: $id) { facts(path: $path) } }"
    answer = await served.ask(query, {"id": town, "path": path})
    assert answer == {"town_by_pk": {"facts": expected}}


@pytest.mark.parametrize("path", ["a..b", "[x]", "['a", "a]", '["a" b'])
async def test_what_is_no_json_path(served, path):
    _, where, message = await served.refuse(
        "query ($path: String) { town { facts(path: $path) } }", {"path": path}
    )
    assert where == "$.selectionSet.town.selectionSet.facts.args.path"
    assert message.startswith("parse json path error")


async def test_a_role_under_custom_names(served):
    assert await served.ask("{ chiefs { fullName } }", role="reader") == {"chiefs": [{"fullName": "Four"}]}
    _, path, message = await served.refuse("{ chiefsTotal { aggregate { count } } }", role="reader")
    assert (path, message) == (
        "$.selectionSet.chiefsTotal",
        "field 'chiefsTotal' not found in type: 'query_root'",
    )


async def test_views_can_be_changed_where_postgres_can(served):
    fields = served.engine.graphql_schema().mutation_type.fields
    assert {"insert_big_town", "update_big_town", "delete_big_town"} <= set(fields)
    assert not {"insert_sums", "update_sums", "delete_sums", "big_town_by_pk"} & set(fields)


async def test_comments(served):
    schema = served.engine.graphql_schema()
    chief = schema.type_map["Chief"]
    assert chief.description == "from the metadata"
    assert chief.fields["fullName"].description is None
    assert chief.fields["town_id"].description == "which town"
    assert schema.type_map["big_town"].description is None
    assert schema.type_map["town"].description == 'columns and relationships of "town"'
    assert schema.type_map["s_town"].description == 'columns and relationships of "s.town"'
    query, mutation = schema.query_type.fields, schema.mutation_type.fields
    assert query["chief"].description == "the one"
    assert query["chiefsTotal"].description is None
    assert query["chiefs"].description == 'fetch data from the table: "mayor"'
    assert query["town_aggregate"].description == 'fetch aggregated fields from the table: "town"'
    assert query["town_by_pk"].description == 'fetch data from the table: "town" using primary key columns'
    assert mutation["insert_Chief_one"].description == "adds one"
    assert "removeChiefs" in mutation
    avg = schema.type_map["town_avg_order_by"]
    assert avg.description == 'order by avg() on columns of table "town"'


async def test_what_is_left_out(served):
    assert served.reasons == {
        "table s.gone in source default": 'no such table/view exists in source: "s.gone"'
    }
