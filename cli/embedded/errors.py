"""The error that embedded servers raise: always a text which a person can act upon."""


class EmbeddedServerError(RuntimeError):
    """An embedded server cannot be found, prepared, started or stopped; the text says what to do."""
