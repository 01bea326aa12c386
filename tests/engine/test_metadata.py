"""The metadata directory: what is read, what is refused, what is left out."""

from __future__ import annotations

import shutil

import pytest

from lictor.engine import Engine
from lictor.engine.metadata import MetadataError, load, parse, read_directory
from lictor.engine.metadata.model import QualifiedName
from tests.engine.conftest import METADATA


def test_includes_of_both_spellings_are_followed():
    metadata = load(METADATA)
    assert [str(table.name) for table in metadata.tables] == [
        "author", "article", "tag", "article_tag", "stats.visit", "active_author", "lost_table",
    ]  # fmt: skip
    author = metadata.tables[0]
    assert author.column_names == {"created": "created_at"}
    assert author.relationships[0].fk_table == QualifiedName("public", "article")
    [publish] = [action for action in metadata.actions if action.name == "publish"]
    assert (publish.timeout, publish.forward_client_headers, len(publish.headers)) == (5.0, True, 2)


async def test_what_does_not_fit_the_database_is_named_and_left_out(strict_engine):
    assert [one.body for one in strict_engine.inconsistencies] == [
        {
            "type": "table",
            "name": "table lost_table in source default",
            "definition": {"schema": "public", "name": "lost_table"},
            "reason": 'Inconsistent object: no such table/view exists in source: "lost_table"',
        },
        {
            "type": "function",
            "name": "function nowhere in source default",
            "definition": {"schema": "public", "name": "nowhere"},
            "reason": 'Inconsistent object: in function "nowhere": no such function exists: "nowhere"',
        },
    ]


@pytest.fixture
def copied(tmp_path):
    target = tmp_path / "metadata"
    shutil.copytree(METADATA, target)
    return target


BROKEN = {
    "version.yaml": ("version: 2\n", "version 3 is expected"),
    "databases/databases.yaml": (
        "- name: one\n  tables: []\n- name: two\n  tables: []\n",
        r"\$\.sources: no source named 'default'",
    ),
    "databases/library/tables/public_author.yaml": ("table: [\n", "public_author.yaml"),
    "actions.graphql": ("type Query {", "actions.graphql"),
    "databases/library/tables/tables.yaml": ('- "!include gone.yaml"\n', "gone.yaml"),
}


@pytest.mark.parametrize("file", BROKEN)
def test_broken_files_are_named(copied, file):
    text, message = BROKEN[file]
    (copied / file).write_text(text)
    with pytest.raises(MetadataError, match=message):
        load(copied)


def test_a_directory_that_is_none(tmp_path):
    with pytest.raises(MetadataError, match=r"version\.yaml"):
        load(tmp_path)


def test_the_project_directory_serves_as_well(copied):
    assert load(copied.parent) == load(METADATA) or load(copied.parent).tables == load(METADATA).tables


async def test_bad_relationships_actions_and_clashes_leave_the_rest_serving(copied, library_pool):
    tables = copied / "databases/library/tables"
    with (tables / "public_author.yaml").open("a") as file:
        file.write(
            "object_relationships:\n"
            "  - name: lost\n    using:\n      foreign_key_constraint_on: born\n"
            "  - name: name\n    using:\n      foreign_key_constraint_on: id\n"
            "  - name: odd\n    using:\n      manual_configuration:\n        remote_table: tag\n"
            "        column_mapping:\n          id: no_such_column\n"
        )
    with (tables / "public_article.yaml").open("a") as file:
        file.write("  - name: untracked\n    using:\n      foreign_key_constraint_on:\n        column: article_id\n"
                   "        table: unknown_table\n")  # fmt: skip
    (copied / "actions.graphql").write_text(
        (copied / "actions.graphql").read_text() + "\nextend type Query { author: String }\n"
    )
    (copied / "actions.yaml").write_text(
        (copied / "actions.yaml")
        .read_text()
        .replace(
            "actions:\n",
            'actions:\n  - name: author\n    definition: {handler: "x"}\n',
        )
    )
    engine = await Engine.start(library_pool, copied)
    assert [(one.type, one.name, one.reason) for one in engine.inconsistencies] == [
        ("table", "table lost_table in source default", 'no such table/view exists in source: "lost_table"'),
        (
            "object_relation",
            "object_relation lost in table author in source default",
            'in table "author": in relationship "lost": no foreign constraint exists on the given column(s)',
        ),
        (
            "object_relation",
            "object_relation name in table author in source default",
            'in table "author": in relationship "name": field definition conflicts with the column "name"',
        ),
        (
            "object_relation",
            "object_relation odd in table author in source default",
            'in table "author": in relationship "odd": column "no_such_column" of table "tag" does not exist',
        ),
        (
            "array_relation",
            "array_relation untracked in table article in source default",
            'in table "article": in relationship "untracked": table "unknown_table" does not exist',
        ),
        (
            "function",
            "function nowhere in source default",
            'in function "nowhere": no such function exists: "nowhere"',
        ),
        (
            "action",
            "action author",
            "in action \"author\"; Encountered conflicting definitions in the selection set for 'query_root' for field "
            "'author' defined in [table author, action author]. Fields must not be defined more than once across all "
            "sources.",
        ),
    ]
    assert engine.prepare("{ author { name articles { title } } ping }").kind == "query"


async def test_a_type_nobody_defines_leaves_out_what_leans_on_it(copied, library_pool):
    text = (copied / "actions.graphql").read_text().replace("name: String\n", "name: Strin\n")
    (copied / "actions.graphql").write_text(text)
    engine = await Engine.start(library_pool, copied)
    told = [
        (one.type, one.reason) for one in engine.inconsistencies if one.type in ("custom_types", "action")
    ]
    assert told == [
        ("custom_types", "the type of the field 'name' of 'thing', 'Strin', is not defined"),
        (
            "action",
            'in action "find_things"; the type: "thing" is not an object or scalar type defined in custom types',
        ),
    ]
    assert engine.prepare("{ author { name } ping }").kind == "query"


def test_files_that_name_other_actions_than_the_sdl(copied):
    (copied / "actions.graphql").write_text(
        (copied / "actions.graphql").read_text() + "\nextend type Query { unsaid: String }\n"
    )
    with pytest.raises(MetadataError, match=r"do not name the same actions: unsaid"):
        load(copied)


def test_what_the_sdl_can_say_and_hasuras_document_cannot_is_kept(copied):
    document = read_directory(copied)
    [action] = [one for one in document["actions"] if one["name"] == "find_things"]
    assert action["definition"]["arguments"][1] == {"name": "limit", "type": "Int", "default_value": "10"}
    [argument] = [one for one in parse(document).actions[1].arguments if one.name == "limit"]
    assert (argument.default, argument.has_default) == (10, True)
    # a Hasura is not told
    [action] = [
        one for one in read_directory(copied, defaults=False)["actions"] if one["name"] == "find_things"
    ]
    assert action["definition"]["arguments"][1] == {"name": "limit", "type": "Int"}


def test_the_document_is_json(copied):
    file = copied / "databases/library/tables/public_author.yaml"
    with file.open("a") as stream:
        stream.write(
            "delete_permissions:\n  - role: a\n    permission: {filter: {born: {_gt: 2020-01-01}, 7: {_eq: 1}}}\n"
        )
    [author] = [
        one for one in read_directory(copied)["sources"][0]["tables"] if one["table"]["name"] == "author"
    ]
    assert author["delete_permissions"] == [
        {"role": "a", "permission": {"filter": {"born": {"_gt": "2020-01-01"}, "7": {"_eq": 1}}}}
    ]


def test_a_file_that_includes_itself(copied):
    (copied / "databases/library/tables/tables.yaml").write_text('- "!include tables.yaml"\n')
    with pytest.raises(MetadataError, match=r"tables\.yaml: the file includes itself"):
        load(copied)


def test_extensions_join_the_type_they_extend(copied):
    with (copied / "actions.graphql").open("a") as stream:
        stream.write("extend type thing { more: Int }\nextend input publish_input { extra: Int = 1 }\n")
    types = load(copied).custom_types
    [thing] = [one for one in types.objects if one.name == "thing"]
    assert [field.name for field in thing.fields] == ["id", "name", "parent", "tags", "more"]
    [given] = [one for one in types.input_objects if one.name == "publish_input"]
    assert (given.fields[-1].name, given.fields[-1].default) == ("extra", 1)


@pytest.mark.parametrize(
    ("sources", "name"),
    [
        ([{"name": "only", "tables": [{"table": "author"}]}], "only"),
        ([{"name": "default"}, {"name": "other"}], "default"),
        ([{"name": "a", "kind": "mssql"}, {"name": "b", "kind": "citus"}], "b"),
        ([], "default"),
    ],
    ids=["the only one", "the one asked for", "the only one of Postgres", "none"],
)
def test_the_source_that_is_served(sources, name):
    assert parse({"version": 3, "sources": sources}).source == name


def test_malformed_metadata_of_a_directory_name_the_place(copied):
    (copied / "databases/library/tables/public_author.yaml").write_text("tabel: author\n")
    with pytest.raises(MetadataError) as caught:
        load(copied)
    assert str(copied) in str(caught.value)
    assert "$.sources[0].tables[0]: the key 'table' is missing" in str(caught.value)
