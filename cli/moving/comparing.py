"""Whether what was taken over is what the source has: counts and checksums of each table, then the rows that differ.

In: a source and a target. Out: a `Comparison` for each table. Both databases count at the same time. Only where a bucket
differs are rows looked at one by one, in the order of their ids, so that memory stays flat.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from lictor.cli.moving import fingerprints
from lictor.cli.moving.fingerprints import Fingerprint
from lictor.cli.moving.prefect_tables import Table
from lictor.cli.moving.source import Source
from lictor.cli.moving.target import Target

_NAMED = 5
"""How many rows an error names."""


@dataclass
class Comparison:
    """One table on both sides. `missing` and `different` must be empty; the others are Lictor's own life since."""

    source: Fingerprint
    target: Fingerprint
    missing: list[UUID] = field(default_factory=list)
    different: list[UUID] = field(default_factory=list)
    faults: int = 0
    newer_here: int = 0
    only_here: int = 0


def compare(source: Source, target: Target, table: Table) -> Comparison:
    """Compare a table's rows on both sides."""
    with ThreadPoolExecutor(2) as both:
        theirs, ours = (
            {bucket: Fingerprint(rows, int(total)) for bucket, rows, total in asked.result()}
            for asked in (
                both.submit(source.fetch, table, fingerprints.in_buckets),
                both.submit(target.fetch, table, fingerprints.in_buckets),
            )
        )
    found = Comparison(sum(theirs.values(), Fingerprint()), sum(ours.values(), Fingerprint()))
    differing = [bucket for bucket in {*theirs, *ours} if theirs.get(bucket) != ours.get(bucket)]
    if differing:
        _look(
            source.stream(table, fingerprints.one_by_one, buckets=differing),
            target.stream(table, fingerprints.one_by_one, buckets=differing),
            found,
        )
    return found


def _look(theirs: Iterator[Any], ours: Iterator[Any], found: Comparison) -> None:
    """Go through both, each a row (id, checksum, updated) in the order of ids, and note what differs."""
    their, our = next(theirs, None), next(ours, None)
    while their or our:
        if their and (our is None or their[0] < our[0]):
            found.faults += 1
            if len(found.missing) < _NAMED:
                found.missing.append(their[0])
            their = next(theirs, None)
        elif our and (their is None or our[0] < their[0]):
            found.only_here += 1
            our = next(ours, None)
        elif their and our:
            if their[1] != our[1] and our[2] > their[2]:
                found.newer_here += 1
            elif their[1] != our[1]:
                found.faults += 1
                if len(found.different) < _NAMED:
                    found.different.append(their[0])
            their, our = next(theirs, None), next(ours, None)
