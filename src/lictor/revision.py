"""The revisions of the schema that this release brings, without Alembic, which servers need not load.

The files of the revisions begin with their numbers, which grow along the chain. Those that end the chain and are named
`NNNN_post_…` take away what only older releases use: they run when no process of an older release does any more
(docs/decisions/0021-upgrades.md).
"""

from collections.abc import Iterable
from functools import cache
from itertools import dropwhile
from pathlib import Path

import lictor


@cache
def newest_revision() -> str:
    """The revision `head`."""
    return max(_stems()).partition("_")[0]


@cache
def needed_revision() -> str:
    """The oldest revision that this release's processes can work on: `head` without the `post` ones that end the chain."""
    return needed_of(_stems())


def needed_of(stems: Iterable[str]) -> str:
    """The needed one of revisions whose files have these names, without their suffix."""
    newest_first = sorted(stems, reverse=True)
    kept = dropwhile(lambda stem: stem.split("_")[1] == "post", newest_first)
    return next(kept).partition("_")[0]


def _stems() -> list[str]:
    versions = Path(lictor.__file__).parent / "migrations" / "versions"
    return [path.stem for path in versions.glob("[0-9]*.py")]
