"""`python -m bench [SECTION …]`: measures Lictor on this machine and prints every number of one run.

In: names of sections and how long to measure. Out: tables on standard output, all numbers as JSON with --json. Every
section starts and ends the servers it needs, on loopback and in temporary directories; nothing else is touched.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import mapped, operations, pages, report, scheduler, transitions, ui, work_queue
from bench.report import Options


def _transitions(console: Console, options: Options) -> Any:
    return transitions.run(console, 1.0 if options.quick else options.seconds, options.processes)


def _module(name: str, *arguments: str) -> list[str]:
    """A section that is a program of its own; its lines are its numbers."""
    lines: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-m", name, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip())
    if process.returncode:
        raise RuntimeError(f"{name} ended with status {process.returncode}")
    return lines


def _hooks(console: Console, options: Options) -> Any:
    return _module("bench.hooks", *(["200"] if options.quick else ["10000"]))


def _engine(console: Console, options: Options) -> Any:
    return _module("bench.engine", "0.2" if options.quick else str(min(options.seconds, 2.0)))


def _hasura(console: Console, options: Options) -> Any:
    return _module("bench.hasura", "0.3" if options.quick else str(min(options.seconds, 3.0)))


def _live(console: Console, options: Options) -> Any:
    return _module("bench.engine_live")


def _compile(console: Console, options: Options) -> Any:
    return _module("bench.engine_compile")


def _memory(console: Console, options: Options) -> Any:
    return _module("bench.engine_memory", *(["5000"] if options.quick else []))


SECTIONS: dict[str, tuple[str, Callable[[Console, Options], Any]]] = {
    "transitions": (
        "state transitions/s at 1, 16, 64 clients, 1 and 50 per call, beside pgbench",
        _transitions,
    ),
    "mapped": ("a real client maps over 10 to 100 tasks at once, beside an instant server", mapped.run),
    "operations": (
        "each operation of contract server.md 5.1: SQL statements, calls/s at 1 and 16 clients; registration",
        operations.run,
    ),
    "queue": ("an agent's poll with up to 100,000 waiting runs, reads of the dashboard", work_queue.run),
    "ui": ("each page of the original UI: one batch, its SQL statements, on 100,000 runs", ui.run),
    "pages": (
        "each page of the web UI in Chromium, on 200,000 runs; what 20 open dashboards cost",
        pages.run,
    ),
    "scheduler": (
        "10,000 schedules topped up by 1 and 2 workers; 100,000 runs come due at once; schedulers killed at random",
        scheduler.run,
    ),
    "hooks": ("10,000 deliveries to a listener that fails 30 % of the time; what the outbox costs", _hooks),
    "engine": ("CPU per GraphQL operation in process, beside raw asyncpg", _engine),
    "hasura": ("GraphQL answered in the gateway's process, and by a server of its own", _hasura),
    "live": ("1,000 live subscribers: statements and CPU per poll, from a change to its push", _live),
    "compile": ("a document never seen before, on a schema of some 2,400 types", _compile),
    "memory": ("resident memory over 100,000 distinct queries", _memory),
}
DEFAULT = ("transitions", "mapped", "operations", "queue")


def parser() -> argparse.ArgumentParser:
    """The command line; --help teaches."""
    made = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures Lictor on this machine. Each section starts servers of its own and removes them.",
        epilog="sections:\n"
        + "\n".join(f"  {name:<12}{text}" for name, (text, _) in SECTIONS.items())
        + f"\n\nWithout SECTION: {', '.join(DEFAULT)} (about ten minutes).\n\n"
        "examples:\n"
        "  python -m bench                            what `make bench` does\n"
        "  python -m bench queue --explain            with the plan of the work queue's statement\n"
        "  python -m bench transitions --processes 2 --seconds 10\n"
        "  python -m bench --quick --json bench.json  small sizes; numbers for a machine to read\n\n"
        "Leave the machine alone meanwhile. What each number means: bench/README.md.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "sections", nargs="*", metavar="SECTION", help="what to measure, in this order (see below)"
    )
    made.add_argument(
        "--seconds", type=_positive, default=5.0, help="per line of a table, at most (default: 5)"
    )
    made.add_argument("--processes", type=int, default=1, help="gateway processes (default: 1)")
    made.add_argument("--json", type=Path, metavar="FILE", help="write all numbers of this run there")
    made.add_argument("--quick", action="store_true", help="small sizes: does it work, not how fast is it")
    made.add_argument(
        "--finished", type=int, default=1_000_000, metavar="RUNS", help="finished runs of the section queue (default: 1,000,000)"
    )  # fmt: skip
    made.add_argument(
        "--restarts", type=_positive, default=300.0, metavar="SECONDS", help="for how long the section scheduler kills schedulers (default: 300)"
    )  # fmt: skip
    made.add_argument(
        "--kept", type=Path, metavar="DIRECTORY", help="where the section pages keeps its database, which takes minutes to fill (default: nowhere)"
    )  # fmt: skip
    made.add_argument("--explain", action="store_true", help="print the plan of the work queue's statement")
    return made


def _positive(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return value


def main(arguments: list[str] | None = None) -> None:
    """Run the sections that are asked for, one after the other."""
    line = parser()
    given = line.parse_args(arguments)
    if unknown := set(given.sections) - set(SECTIONS):
        line.error(f"no such section: {', '.join(sorted(unknown))} (there are: {', '.join(SECTIONS)})")
    if given.finished < 100:
        line.error("--finished must be at least 100")
    if given.processes < 1:
        line.error("--processes must be at least 1")
    if given.json and not given.json.absolute().parent.is_dir():
        line.error(f"--json: there is no directory {given.json.absolute().parent}")
    # pgbench counts in whole seconds.
    seconds = max(given.seconds, 1.0)
    options = Options(
        1.0 if given.quick else seconds,
        given.processes,
        given.quick,
        given.explain,
        given.finished,
        given.restarts,
        given.kept,
    )
    console = report.console()
    numbers: dict[str, Any] = {"machine": report.machine(), "options": {"seconds": options.seconds, "processes": options.processes, "quick": options.quick}}  # fmt: skip
    report.show_machine(console, numbers["machine"])
    for name in given.sections or DEFAULT:
        console.print()
        began = time.perf_counter()
        numbers[name] = SECTIONS[name][1](console, options)
        numbers.setdefault("took_seconds", {})[name] = time.perf_counter() - began
        if given.json:  # after each section: what has been measured is not lost when a later one fails
            given.json.write_text(json.dumps(numbers, indent=2, default=str) + "\n")
    taken = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in numbers["took_seconds"].items())
    console.print(f"\nTook {sum(numbers['took_seconds'].values()):.0f} s: {taken}.")


if __name__ == "__main__":
    main()
