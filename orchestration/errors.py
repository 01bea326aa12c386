"""What the rules say no with."""


class OrchestrationError(Exception):
    """A request that the rules refuse; `str(error)` is written for the person who made it."""
