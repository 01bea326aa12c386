"""Faults at random for as long as you like, while clients work; then every promise is proved.

    python -m tests.chaos.soak [--minutes 10] [--seed N] [--history FILE]        (make soak ARGS="--minutes 60")

In: a time and a seed. Out: a line for each fault, the table of what was seen, exit status 1 if anything was broken. The
seed decides which faults come, for how long and what clients do; when exactly they meet is the machine's affair.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.checker import check
from tests.chaos.driver import Driver
from tests.chaos.experiment import DRAIN
from tests.chaos.faults import FAULTS
from tests.chaos.house import House

LONGEST_FAULT = 5.0
_CHECK_EVERY = 60.0
"""Seconds after which clients pause for a proof; what they have done so far need not be proved again."""


@dataclass
class Soak:
    """One soak: what was done and what was wrong."""

    seed: int
    minutes: float
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    silence: float = 0.0
    slowest_comeback: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    async def run(self, house: House, history: Path | None) -> None:
        """Rounds of faults and proofs until the time is over or something is wrong."""
        source = random.Random(self.seed)
        self.say(f"seed {self.seed}: {self.minutes:g} minutes of faults at {house.url}")
        end = time.monotonic() + 60 * self.minutes
        while time.monotonic() < end and not self.wrong:
            await self._round(house, source, min(end, time.monotonic() + _CHECK_EVERY), history)

    async def _round(self, house: House, source: random.Random, until: float, history: Path | None) -> None:
        driver = Driver(house.url, source.randrange(2**32), creators=2, agents=3)
        await driver.prepare()
        driver.start()
        try:
            while time.monotonic() < until:
                await asyncio.sleep(source.uniform(0.2, 2))
                fault = source.choice(list(FAULTS))
                hold = source.uniform(0.3, LONGEST_FAULT)
                happened = await FAULTS[fault](house, hold, source)
                over = time.monotonic()
                self.faults[fault] += 1
                # Every other time the next fault meets a house that has not come back yet.
                if source.random() < 0.5:
                    await house.recovered()
                    self.slowest_comeback = max(self.slowest_comeback, time.monotonic() - over)
                else:
                    await house.breathes()
                driver.check()
                self.say(f"{fault[0]}: {fault[1]} ({hold:.1f} s): {happened}")
            await house.recovered()
            await driver.drain(DRAIN)
            driver.check()
        except AssertionError as error:
            self.wrong.append(str(error))
        finally:
            await driver.stop()
        async with house.database() as database:
            self.wrong += await check(database, driver)
        self._count(driver)
        if history and self.wrong:
            driver.history.write(history)
        self.say(
            f"proved: {len(driver.runs)} runs, {driver.history.counts().total():,} calls; {len(self.wrong)} wrong"
        )

    def _count(self, driver: Driver) -> None:
        self.calls += driver.history.counts()
        self.runs += len(driver.runs | driver.finished)
        self.silence = max(self.silence, driver.history.longest_silence())

    def report(self) -> str:
        """Markdown: what was done, and what is wrong."""
        calls = ", ".join(f"{count:,} {outcome}" for outcome, count in self.calls.most_common())
        lines = [
            f"Soak of {self.minutes:g} minutes, seed {self.seed}: **{len(self.wrong)} wrong**.",
            "",
            f"{self.runs:,} runs carried out; calls: {calls}; longest silence {self.silence:.1f} s; "
            f"slowest comeback {self.slowest_comeback:.1f} s.",
            "",
            "| what | fault | times |",
            "|---|---|---|",
            *(f"| {what} | {fault} | {count} |" for (what, fault), count in sorted(self.faults.items())),
        ]
        lines += ["", *(f"- {sentence}" for sentence in self.wrong)] if self.wrong else []
        return "\n".join(lines) + "\n"


async def soak(minutes: float, seed: int, history: Path | None = None) -> Soak:
    """Soak a Lictor of its own."""
    done = Soak(seed, minutes)
    house = House()
    try:
        await asyncio.to_thread(house.start)
        await done.run(house, history)
    finally:
        await asyncio.to_thread(house.end)
    return done


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="make soak", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (10)")
    parser.add_argument(
        "--seed", type=int, default=random.SystemRandom().randrange(2**32), help="which faults (random)"
    )
    parser.add_argument(
        "--history",
        type=Path,
        default=Path("soak-history.jsonl"),
        help="the calls of a round that went wrong",
    )
    arguments = parser.parse_args()
    done = asyncio.run(soak(arguments.minutes, arguments.seed, arguments.history))
    print("\n" + done.report())
    return 1 if done.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
