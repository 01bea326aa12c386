"""`lictor key`, `lictor secret` and the key file of `lictor up`."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import psycopg
import pytest

from lictor.cli.accounts import ensure_key_file
from lictor.cli.prepare_database import prepare
from lictor.orchestration.sealing import Keyring
from tests.cli.lictor_process import run_lictor


def test_the_life_of_a_key(fresh_database: str) -> None:
    prepare(fresh_database)
    url = {"LICTOR_DATABASE_URL": fresh_database}
    made = run_lictor("key", "create", "laptop", **url)
    assert made.returncode == 0, made.stderr
    assert re.fullmatch(r"lictor_[0-9a-f]{12}_[\w-]{43}\n", made.stdout)
    other = json.loads(
        run_lictor(
            "key", "create", "agent", "--user", "agents", "--tenant", "default",
            "--expires", "2099-01-01T12:00:00", "--json", **url,
        ).stdout
    )  # fmt: skip
    listed = json.loads(run_lictor("key", "list", "--json", **url).stdout)
    assert [(key["name"], key["username"], key["expires_at"]) for key in listed] == [
        ("laptop", "admin", None),
        ("agent", "agents", "2099-01-01 12:00:00+00:00"),
    ]
    for text in (json.dumps(listed), run_lictor("key", "list", **url).stdout):
        assert listed[0]["prefix"] in text
        assert made.stdout.strip()[-43:] not in text
        assert other["key"][-43:] not in text
    assert run_lictor("key", "revoke", other["id"], **url).returncode == 0
    again = run_lictor("key", "revoke", other["id"], **url)
    assert (again.returncode, again.stderr) == (1, f"error: There is no API key {other['id']}.\n")
    assert [key["name"] for key in json.loads(run_lictor("key", "list", "--json", **url).stdout)] == [
        "laptop"
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (("key", "create", "k", "--tenant", "nowhere"), 1, "no tenant with the slug 'nowhere'"),
        (("key", "create", "k", "--expires", "2020-01-01"), 1, "expires_at is in the past"),
        (("key", "create", ""), 1, "name must have"),
        (("key", "create", "k", "--expires", "soon"), 2, "soon"),
        (("key", "revoke", "one"), 2, "one"),
    ],
)
def test_wrong_command_lines(fresh_database: str, arguments: tuple[str, ...], status: int, text: str) -> None:
    done = run_lictor(*arguments, LICTOR_DATABASE_URL=fresh_database)
    assert done.returncode == status
    assert text in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    with psycopg.connect(fresh_database) as db:
        assert db.execute("SELECT count(*) FROM auth_user").fetchone() == (0,)


def test_preparing_twice_makes_one_administrator(fresh_database: str) -> None:
    for _ in range(2):
        prepare(fresh_database)
    with psycopg.connect(fresh_database) as db:
        assert db.execute(
            "SELECT username, slug FROM auth_user JOIN membership ON user_id = auth_user.id "
            "JOIN tenant ON tenant.id = tenant_id"
        ).fetchall() == [("admin", "default")]


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    ensure_key_file(path)
    first = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keyring.parse(first)
    ensure_key_file(path)
    assert path.read_text() == first
    assert [each.name for each in tmp_path.iterdir()] == ["secret.key"]


def test_new_secret_keys_differ() -> None:
    keys = {run_lictor("secret", "new-key").stdout.strip() for _ in range(2)}
    assert len({Keyring.parse(key).key_id for key in keys}) == 2


def test_resealing_says_what_it_lacks(fresh_database: str, tmp_path: Path) -> None:
    done = run_lictor("secret", "reseal", LICTOR_DATABASE_URL=fresh_database, LICTOR_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert str(tmp_path / "secret.key") in done.stderr
    ensure_key_file(tmp_path / "secret.key")
    done = run_lictor("secret", "reseal", LICTOR_DATABASE_URL=fresh_database, LICTOR_DATA_DIR=str(tmp_path))
    assert re.fullmatch(r"0 secrets resealed with the key [0-9a-f]{16}\n", done.stdout)
