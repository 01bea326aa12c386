"""Which account an embedded server runs as, and where it may keep its files.

Postgres refuses to run as root. In: a directory. Out: the account to run as (None: our own) and, when that account
cannot reach the directory (under /root, say), another place for it. Never creates system users and never changes
the mode of a directory it did not make.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lictor.cli.embedded.errors import EmbeddedServerError

SYSTEM_DIR = Path("/var/lib/lictor")
"""Where root's servers keep what an unprivileged account must reach."""

_CANDIDATES = ("lictor", "postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """An unprivileged account, as numbers."""

    name: str
    uid: int
    gid: int

    def popen_kwargs(self) -> dict[str, Any]:
        """Arguments for `subprocess.Popen` that make the child this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": [self.gid], "umask": 0o077}


def unprivileged_account(data_dir: Path) -> Account | None:
    """The account a server in `data_dir` must run as, or None when our own will do.

    Raises EmbeddedServerError when we are not root and the directory belongs to somebody else.
    """
    owner = data_dir.stat().st_uid if data_dir.exists() else os.geteuid()
    if os.geteuid() != 0:
        if owner != os.geteuid():
            raise EmbeddedServerError(
                f"{data_dir} belongs to user id {owner}, you are user id {os.geteuid()}. "
                "Run as its owner or set LICTOR_DATA_DIR to another directory."
            )
        return None
    if owner != 0:
        return _account(pwd.getpwuid(owner)) if _known(owner) else Account(str(owner), owner, owner)
    for name in _CANDIDATES:
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            continue
    return Account("nobody", 65534, 65534)


def _known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_reach(account: Account | None, directory: Path) -> bool:
    """Whether `account` can enter `directory`, or the nearest parent of it that exists."""
    if account is None:
        return True
    while not directory.exists():
        directory = directory.parent
    return _runs(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(directory)], account)


def can_run(account: Account | None, program: Path) -> bool:
    """Whether `account` can run `program --version`."""
    return account is None or _runs([str(program), "--version"], account)


def _runs(command: list[str], account: Account) -> bool:
    try:
        done = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, **account.popen_kwargs()
        )
    except PermissionError:
        return False
    return done.returncode == 0


def system_dir() -> Path:
    """Make and return SYSTEM_DIR. Raises EmbeddedServerError when even root may not."""
    try:
        SYSTEM_DIR.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedServerError(
            f"Postgres cannot run as root, and {SYSTEM_DIR} cannot be made for it: {error}. Run as another user, or "
            "set LICTOR_DATA_DIR to a directory that every user can enter."
        ) from error
    return SYSTEM_DIR
