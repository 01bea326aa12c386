"""The newest revision of the schema that this release brings, without Alembic, which servers need not load."""

from functools import cache
from pathlib import Path

import lictor


@cache
def newest_revision() -> str:
    """The revision `head`: the files of the revisions begin with their numbers, which grow along the chain."""
    versions = Path(lictor.__file__).parent / "migrations" / "versions"
    return max(path.name.partition("_")[0] for path in versions.glob("[0-9]*.py"))
