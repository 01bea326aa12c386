"""The commands of Hasura's metadata API that change one object: edits of the metadata document.

In: the document (changed in place) and a command's arguments. Out: an `Edit`, which says what was touched, so that
whoever builds the schema of the new document knows whom to blame. Raises ApiFailure or MetadataError; the document is
then not to be used. Whether the object fits the database is not looked at here.
"""

from lictor.engine.server.edits.actions import action_commands
from lictor.engine.server.edits.common import Command, Edit
from lictor.engine.server.edits.functions import function_commands
from lictor.engine.server.edits.tables import table_commands

__all__ = ["Command", "Edit", "find"]

_OF_A_SOURCE = dict((*table_commands(), *function_commands()))
_OF_NONE = dict(action_commands())


def find(kind: str) -> Command | None:
    """The edit of the command named `kind`; None if there is none.

    The older API has no prefix for Postgres (`track_table`), what belongs to no source never has one.
    """
    return _OF_A_SOURCE.get(kind.removeprefix("pg_")) or _OF_NONE.get(kind)
