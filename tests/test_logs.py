"""The service log: one JSON object a line from every process, with the request and the runs it is about."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from lictor import logs

RUN = "0192f0c1-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (b"abc-1.2:3/4+5=@", True),
        (b"x" * 128, True),
        (b"x" * 129, False),
        (b"", False),
        (b"two words", False),
        (b'"quoted"', False),
        (b"line\nbreak", False),
        (b"\xff", False),
        (None, False),
    ],
)
def test_request_ids(given: bytes | None, kept: bool) -> None:
    made = logs.request_id_of(given)
    assert (made.encode() == given) is kept
    assert kept or len(made) == 16
    assert kept or made != logs.request_id_of(given)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (None, {}),
        ({"input": {"flow_run_id": RUN}}, {"flow_run_id": [RUN]}),
        ({"input": {"states": [{"task_run_id": "a"}, {"task_run_id": "b"}]}}, {"task_run_id": ["a", "b"]}),
        ({"input": {"states": [{"task_run_id": "a"}] * 5}}, {"task_run_id": ["a"]}),
        ({"input": {"logs": [{"flow_run_id": str(n)} for n in range(50)]}}, {"flow_run_id": [str(n) for n in range(10)]}),
        # What a user put into a state or into parameters is not ours to read.
        ({"input": {"states": [{"state": {"context": {"flow_run_id": "x"}}}]}}, {}),
        ({"flow_run_id": 7}, {}),
    ],
)  # fmt: skip
def test_ids_of_arguments(arguments: Any, found: dict[str, list[str]]) -> None:
    assert logs.ids_in(arguments) == found


PROGRAM = f"""
import logging, structlog
from lictor import logs
from lictor.settings import Settings
logs.configure(Settings())
log = structlog.get_logger("lictor.gateway")
log.debug("not shown")
log.info("plain")
logs.request_id.set("req-1")
logs.call.set(("set_flow_run_states", {{"input": {{"states": [{{"flow_run_id": "{RUN}"}}]}}}}))
structlog.contextvars.bind_contextvars(duty="sweep")
log.warning("ours", number=1)
logging.getLogger("uvicorn.error").warning("theirs %d", 2)
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("dramatiq.worker").exception("broken")
"""


def output(program: str = PROGRAM, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == ""
    return done.stderr


def test_json_lines_of_ours_and_of_libraries() -> None:
    plain, ours, theirs, broken = map(
        json.loads, output(LICTOR_LOG_FORMAT="json", PYTHONPATH=":".join(sys.path)).splitlines()
    )
    assert (plain["event"], plain["level"]) == ("plain", "info")
    assert "request_id" not in plain
    context = {"request_id": "req-1", "operation": "set_flow_run_states", "flow_run_id": RUN, "duty": "sweep"}
    assert ours.items() >= {**context, "event": "ours", "level": "warning", "number": 1}.items()
    assert theirs.items() >= {**context, "event": "theirs 2", "logger": "uvicorn.error"}.items()
    assert "ZeroDivisionError" in broken["exception"]
    assert all(line["timestamp"].endswith("Z") for line in (plain, ours, theirs, broken))


def test_lines_for_people() -> None:
    text = output(PYTHONPATH=":".join(sys.path), LICTOR_LOG_LEVEL="WARNING")
    assert "plain" not in text
    assert "[warning  ] ours" in text
    assert "flow_run_id=" in text
    assert "theirs 2" in text
    assert "ZeroDivisionError" in text


MANY_THREADS = '''
import logging, os, sys, threading, structlog
from lictor import logs
from lictor.settings import Settings
class Pipe:
    """As Dramatiq puts one in the place of a worker's standard error: nothing is held back."""
    encoding, isatty, flush = "utf-8", lambda self: False, lambda self: None
    def write(self, text): os.write(2, text.encode())
sys.stderr = Pipe()
logs.configure(Settings())
def log(logger):
    for number in range(500):
        logger.info("event")
ours, library = structlog.get_logger("ours"), logging.getLogger("library")
threads = [threading.Thread(target=log, args=(logger,)) for logger in (ours, library) * 3]
for thread in threads: thread.start()
for thread in threads: thread.join()
'''


def test_lines_of_several_threads_stay_apart() -> None:
    lines = output(MANY_THREADS, LICTOR_LOG_FORMAT="json", PYTHONPATH=":".join(sys.path)).splitlines()
    assert len(lines) == 6 * 500
    assert {json.loads(line)["event"] for line in lines} == {"event"}


def test_this_process_is_left_alone() -> None:
    """Nothing of the above has set up the log of the tests themselves."""
    assert not any(
        "ProcessorFormatter" in type(handler.formatter).__name__ for handler in logging.getLogger().handlers
    )


FORGED = "a\r\n2026-01-01 [error] forged\x1b[2J\x1b]0;title\x07\x9bm\x00"


@pytest.mark.parametrize("form", ["console", "json"])
def test_texts_of_callers_make_no_lines_and_steer_no_terminal(form: str) -> None:
    program = (
        "import structlog\nfrom lictor import logs\nfrom lictor.settings import Settings\n"
        "logs.configure(Settings())\n"
        f"structlog.get_logger('x').info('request', path={FORGED!r}, bare={'/' + chr(27) + '[2J'!r})\n"
    )
    written = output(program, LICTOR_LOG_FORMAT=form, PYTHONPATH=":".join(sys.path))
    assert "forged" in written
    assert len(written.strip().splitlines()) == 1, written
    assert not [letter for letter in written.rstrip("\n") if ord(letter) < 32 or 127 <= ord(letter) < 160], (
        ascii(written)
    )
