"""The supervisor: starts services in the order of their dependencies, restarts what dies, stops in reverse.

In: Service declarations and a listener. Out: `start` returns when all are ready; from then on dead services come back
with a growing delay while the others keep running (they reconnect by themselves); `stop` leaves no process.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence

from lictor.cli.supervisor.service import Service, StartError, State, Unit, describe

log = logging.getLogger("lictor.up")

_FIRST_DELAY, _LONGEST_DELAY = 0.1, 10.0
_STEADY_SECONDS = 30.0
"""A service that ran this long starts again at the first delay."""
_START_ATTEMPTS = 3


class Supervisor:
    """Runs services until told to stop. `on_change` is called with a Unit whenever its state changes."""

    def __init__(
        self,
        services: Sequence[Service],
        on_line: Callable[[str, str], None],
        on_change: Callable[[Unit], None] = lambda unit: None,
    ) -> None:
        self.units: dict[str, Unit] = {}
        self._on_line = on_line
        self._on_change = on_change
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = False
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for service in services:
            self._declare(service)

    def _declare(self, service: Service) -> Unit:
        if unknown := [name for name in service.after if name not in self.units]:
            raise ValueError(f"{service.name} is declared before {', '.join(unknown)}, which it depends on")
        unit = self.units[service.name] = Unit(service, self._on_line)
        return unit

    async def start(self) -> None:
        """Start all services. Raises StartError as soon as one cannot be started."""
        await self._until_ready(list(self.units.values()))

    async def add(self, service: Service) -> Unit:
        """Start one more service and wait until it is ready. Raises StartError."""
        unit = self._declare(service)
        await self._until_ready([unit])
        return unit

    async def _until_ready(self, units: list[Unit]) -> None:
        for unit in units:
            self._tasks[unit.service.name] = asyncio.create_task(self._run(unit))
        for unit in units:
            ready = asyncio.ensure_future(unit.ready.wait())
            try:
                await asyncio.wait([ready, self._failure], return_when=asyncio.FIRST_COMPLETED)
            finally:
                ready.cancel()
            if self._failure.done():
                self._failure.result()

    async def wait_failed(self) -> None:
        """Wait, without end as long as all goes well. Raises what broke the supervisor itself."""
        await asyncio.shield(self._failure)

    async def _run(self, unit: Unit) -> None:
        """The life of one service; any error that is not a service's own goes to the caller of `start`."""
        try:
            for name in unit.service.after:
                await self.units[name].ready.wait()
            await self._keep_running(unit)
        except Exception as error:
            self._set(unit, State.FAILED)
            if not self._failure.done():
                self._failure.set_exception(error)

    async def _keep_running(self, unit: Unit) -> None:
        name, delay, attempts, ever_ready = unit.service.name, _FIRST_DELAY, 0, False
        while not self._stopping:
            began = time.monotonic()
            attempts += 1
            self._set(unit, State.RESTARTING if unit.restarts else State.STARTING)
            try:
                await unit.launch()
            except Exception as error:
                unit.kill()
                if unit.process:
                    await unit.wait()
                if self._stopping:
                    return
                # What ran once will run again, say when the disk is no longer full; what never ran is told.
                again = (
                    isinstance(error, StartError) and attempts < _START_ATTEMPTS and not unit.service.oneshot
                )
                if not (ever_ready or again):
                    raise
                reason = str(error)
            else:
                ever_ready = True
                self._set(unit, State.DONE if unit.service.oneshot else State.RUNNING)
                unit.ready.set()
                status = await unit.wait()
                if unit.service.oneshot or self._stopping:
                    return
                reason = f"{name} ended with {describe(status)}"
            delay = _FIRST_DELAY if time.monotonic() - began > _STEADY_SECONDS else delay
            log.warning("%s; starting it again in %.1f s", reason, delay)
            unit.restarts += 1
            self._set(unit, State.RESTARTING)
            await asyncio.sleep(delay * random.uniform(0.8, 1.2))
            delay = min(delay * 2, _LONGEST_DELAY)

    def _set(self, unit: Unit, state: State) -> None:
        if unit.state != state:
            unit.state = state
            self._on_change(unit)

    async def stop(self) -> None:
        """Stop every service once all that depend on it have ended. Never raises for a service."""
        self._stopping = True
        await asyncio.gather(*(self._stop(unit) for unit in self.units.values()))
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        # Retrieved, so that an error which stop() follows upon is not reported a second time by asyncio.
        if self._failure.done():
            self._failure.exception()

    async def _stop(self, unit: Unit) -> None:
        name = unit.service.name
        for other in self.units.values():
            if name in other.service.after:
                await other.ended.wait()
        try:
            if not await unit.stop():
                log.warning("%s did not end within %g s and was killed", name, unit.service.stop_timeout)
            if task := self._tasks.get(name):
                # It may wait for a dependency, for a delay or in a thread; the process is dealt with.
                task.cancel()
                await asyncio.wait([task])
                await unit.stop()
            if unit.state not in {State.DONE, State.FAILED}:
                self._set(unit, State.STOPPED)
        finally:
            unit.ended.set()

    def kill(self) -> None:
        """SIGKILL to all services, for those who press Ctrl-C twice."""
        for unit in self.units.values():
            unit.kill()
