"""`lictor audit`: the trail as people and as programs read it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from lictor.orchestration import accounts, audit
from lictor.orchestration.audit import Entry
from tests.cli.lictor_process import run_lictor

START = datetime(2026, 3, 1, tzinfo=UTC)
THING = uuid4()


def _fill(dsn: str, count: int) -> UUID:
    """Rows an hour apart, every other by jane; returns who she is."""

    async def fill() -> UUID:
        connection = await asyncpg.connect(dsn)
        jane = await accounts.ensure_user(connection, "jane")
        entries = [
            Entry(
                "delete_flow", "done", f" did number {number}.", timestamp=START + timedelta(hours=number),
                user_id=jane if number % 2 else None, object_id=THING if number == 4 else None,
                address="192.0.2.1", info={"arguments": {"name": "ü\\n"}},
            )
            for number in range(count)
        ]  # fmt: skip
        await audit.write(connection, entries)
        await connection.close()
        return jane

    return asyncio.run(fill())


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_what_is_exported_is_what_is_there(fresh_database: str) -> None:
    jane = _fill(fresh_database, 1200)
    url = {"LICTOR_DATABASE_URL": fresh_database}
    done = run_lictor("audit", "export", **url)
    assert (done.returncode, done.stderr) == (0, "")
    exported = _lines(done.stdout)
    assert len(exported) == 1200
    assert [row["timestamp"] for row in exported] == sorted(row["timestamp"] for row in exported)

    # Imported elsewhere, it is the same.
    async def stored() -> list[Any]:
        connection = await asyncpg.connect(fresh_database)
        question = (
            'SELECT count(*) FROM audit_log JOIN jsonb_to_recordset($1) AS file (id uuid, "timestamp" timestamptz,'
            " user_id uuid, message text, info jsonb, operation text, address inet)"
            ' USING (id, "timestamp", message, info, operation, address)'
            " WHERE audit_log.user_id IS NOT DISTINCT FROM file.user_id"
        )
        try:
            return await connection.fetchval(question, json.dumps(exported))
        finally:
            await connection.close()

    assert asyncio.run(stored()) == 1200
    part = ("--since", "2026-03-01T02:00:00", "--until", "2026-03-01T06:00:00+00:00")
    some = _lines(run_lictor("audit", "export", *part, **url).stdout)
    assert [row["message"] for row in some] == [
        "Somebody did number 2.", "jane did number 3.", "Somebody did number 4.", "jane did number 5.",
    ]  # fmt: skip
    for who in ("jane", str(jane)):
        assert len(_lines(run_lictor("audit", "export", "--user", who, **url).stdout)) == 600
    [one] = _lines(run_lictor("audit", "export", "--object", str(THING), **url).stdout)
    assert (one["object_id"], one["info"]) == (str(THING), {"arguments": {"name": "ü\\n"}})


def test_the_list_is_for_people(fresh_database: str) -> None:
    url = {"LICTOR_DATABASE_URL": fresh_database}
    assert run_lictor("audit", "list", **url).stdout == "Nothing was recorded.\n"
    _fill(fresh_database, 60)
    shown = run_lictor("audit", "list", **url).stdout.splitlines()
    assert len(shown) == 50
    assert shown[0] == "2026-03-03 11:00:00  done     192.0.2.1        jane did number 59."
    listed = json.loads(run_lictor("audit", "list", "--most", "2", "--json", **url).stdout)
    assert [row["message"] for row in listed] == ["jane did number 59.", "Somebody did number 58."]


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (("--user", "nobody"), 1, "There is no user named nobody."),
        (("--tenant", "nowhere"), 1, "There is no tenant named nowhere."),
        (("--since", "soon"), 2, "soon"),
        (("--object", "it"), 2, "it"),
    ],
)
def test_wrong_command_lines(fresh_database: str, arguments: tuple[str, ...], status: int, text: str) -> None:
    for command in ("list", "export"):
        done = run_lictor("audit", command, *arguments, LICTOR_DATABASE_URL=fresh_database)
        assert done.returncode == status, done.stderr
        assert text in done.stderr + done.stdout
        assert "Traceback" not in done.stderr


def test_help_teaches(fresh_database: str) -> None:
    text = run_lictor("audit", "export", "--help").stdout
    assert "lictor audit export --since 2026-10-01 --until 2026-11-01 | gzip" in text
    for option in ("--since", "--until", "--user", "--object", "--tenant"):
        assert option in text
