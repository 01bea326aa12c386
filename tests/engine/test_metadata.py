"""The metadata directory: what is read, what is refused, what is left out."""

from __future__ import annotations

import shutil

import pytest

from lictor.engine import Engine
from lictor.engine.metadata import MetadataError, load
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
    assert strict_engine.inconsistencies == (
        "no such table/view exists in source: lost_table",
        "function nowhere does not exist",
    )


@pytest.fixture
def copied(tmp_path):
    target = tmp_path / "metadata"
    shutil.copytree(METADATA, target)
    return target


BROKEN = {
    "version.yaml": ("version: 2\n", "version 3 is expected"),
    "databases/databases.yaml": ("- name: other\n  tables: []\n", "no source named 'default'"),
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
            'actions:\n  - name: author\n    definition: {handler: "x"}\n  - name: unsigned\n    definition: {handler: "x"}\n',
        )
    )
    engine = await Engine.start(library_pool, copied)
    assert engine.inconsistencies == (
        "no such table/view exists in source: lost_table",
        "relationship lost of author: no foreign key on born",
        "relationship name of author: a column has this name already",
        "relationship odd of author: no column id here or no column no_such_column there",
        "relationship untracked of article: no foreign key of unknown_table on article_id",
        "function nowhere does not exist",
        "query field author is defined twice",
        "action unsigned has no signature in actions.graphql",
    )
    assert engine.prepare("{ author { name articles { title } } ping }").kind == "query"


async def test_a_type_nobody_defines_leaves_out_the_actions(copied, library_pool):
    text = (copied / "actions.graphql").read_text().replace("name: String\n", "name: Strin\n")
    (copied / "actions.graphql").write_text(text)
    engine = await Engine.start(library_pool, copied)
    assert "actions: thing.name: no output type named 'Strin'" in engine.inconsistencies
    assert engine.prepare("{ author { name } }").kind == "query"
