"""What can go wrong with moving data, told without a traceback."""

import psycopg


class MoveError(RuntimeError):
    """Data could not be moved; the text names the table, the row if it is known, and the way out."""


_ONCE_MORE = "What is done stays done: run the same command again, it goes on from there."


def explained(table: str, error: psycopg.Error) -> MoveError:
    """`error`, which came up at `table`, as a sentence with a way out."""
    told = (error.diag.message_primary or str(error)).strip().rstrip(".")
    detail = f" {error.diag.message_detail}" if error.diag.message_detail else ""
    match error:
        case psycopg.errors.UniqueViolation():
            remedy = (
                "This Lictor has another row in that place. Delete or rename it here, or import into an empty database "
                "(LICTOR_DATABASE_URL)."
            )
        case psycopg.errors.NotNullViolation():
            remedy = "The original allows this, Lictor does not: give the row a value or delete it there."
        case psycopg.errors.LockNotAvailable():
            remedy = f"Somebody holds the table: stop `lictor up` and its workers for the time. {_ONCE_MORE}"
        case psycopg.errors.InsufficientPrivilege():
            remedy = (
                "The role of the DSN must be able to read every table of the original, and must own Lictor's."
            )
        case _:
            remedy = _ONCE_MORE
    return MoveError(f"{table}: {told}.{detail} {remedy}")
