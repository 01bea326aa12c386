"""What can be wrong with a stored schedule. Each text names the field."""


class ScheduleError(ValueError):
    """A schedule from which no times can be computed."""


class InvalidSchedule(ScheduleError):
    """The document is malformed: a field is missing, of the wrong type or out of range."""


class UnsupportedSchedule(ScheduleError):
    """The document is well-formed, but names a filter or adjustment that is not Prefect's own."""
