"""The supervisor with small real processes: order, gates, restarts, stops, death."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from lictor.cli.embedded import processes
from lictor.cli.supervisor import Service, StartError, Supervisor
from lictor.cli.supervisor.service import State, Unit
from lictor.cli.up import stop_all
from tests.cli.lictor_process import until

FOREVER = "import signal; print('here', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + FOREVER


def python(code: str) -> Callable[[], list[str]]:
    return lambda: [sys.executable, "-c", textwrap.dedent(code)]


class Recorder:
    """Makes supervisors, stops them after the test, remembers what they told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.states: list[tuple[str, State]] = []
        self._supervisors: list[Supervisor] = []

    def supervisor(self, *services: Service) -> Supervisor:
        made = Supervisor(services, lambda name, line: self.lines.append((name, line)), self._changed)
        self._supervisors.append(made)
        return made

    def _changed(self, unit: Unit) -> None:
        self.states.append((unit.service.name, unit.state))

    def order(self, state: State) -> list[str]:
        return [name for name, reached in self.states if reached == state]

    async def close(self) -> None:
        for supervisor in self._supervisors:
            await supervisor.stop()


@pytest.fixture
async def recorder() -> AsyncIterator[Recorder]:
    recorder = Recorder()
    yield recorder
    await recorder.close()


async def eventually(ask: Callable[[], Any]) -> None:
    await asyncio.to_thread(until, ask, 10, "what the test waits for")


async def test_starts_after_dependencies_and_stops_before_them(recorder: Recorder, directory: Path) -> None:
    made = directory / "made"
    supervisor = recorder.supervisor(
        Service("base", python(FOREVER), ready_line="^here$"),
        Service("once", python(f"open({str(made)!r}, 'w')"), after=["base"], oneshot=True),
        Service("top", python(FOREVER), after=["once"], healthy=made.exists),
    )
    await supervisor.start()
    assert [unit.state for unit in supervisor.units.values()] == [State.RUNNING, State.DONE, State.RUNNING]
    assert recorder.order(State.STARTING) == ["base", "once", "top"]
    pids = [unit.pid for unit in supervisor.units.values() if unit.pid]
    await supervisor.stop()
    assert recorder.order(State.STOPPED) == ["top", "base"]
    assert not any(map(processes.is_alive, pids))


async def test_killed_service_comes_back_alone_and_slower_each_time(recorder: Recorder) -> None:
    supervisor = recorder.supervisor(
        Service("base", python(FOREVER)), Service("top", python(FOREVER), after=["base"])
    )
    await supervisor.start()
    base, top = supervisor.units["base"], supervisor.units["top"]
    top_pid, loop = top.pid, asyncio.get_running_loop()
    gaps = []
    for _ in range(3):
        killed = base.pid
        assert killed
        os.kill(killed, signal.SIGKILL)
        began = loop.time()
        await eventually(lambda killed=killed: base.pid not in {None, killed} and base.state == State.RUNNING)
        gaps.append(loop.time() - began)
    assert base.restarts == 3
    assert (top.pid, top.restarts) == (top_pid, 0)
    # 0.1, 0.2, 0.4 s, give or take a fifth.
    assert gaps[0] >= 0.08
    assert gaps[2] >= 0.32


async def test_what_a_killed_service_leaves_of_its_group_goes_with_it(recorder: Recorder) -> None:
    parent = """
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
        print(child.pid, flush=True)
        child.wait()
    """
    supervisor = recorder.supervisor(Service("parent", python(parent), ready_line=r"^\d+$"))
    await supervisor.start()
    child = int(recorder.lines[0][1])
    assert processes.is_alive(child)
    unit = supervisor.units["parent"]
    assert unit.pid
    os.kill(unit.pid, signal.SIGKILL)
    await eventually(lambda: not processes.is_alive(child))
    await eventually(lambda: unit.restarts == 1 and unit.state == State.RUNNING)


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        (Service("x", python("raise SystemExit('no luck')"), oneshot=True), "x ended with status 1"),
        (Service("x", python("raise SystemExit(3)"), ready_line="never"), "x ended with status 3"),
        (Service("x", lambda: ["/nonexistent/program"], healthy=lambda: False), "x ended with status 1"),
        (Service("x", python(FOREVER), healthy=lambda: False, start_timeout=0.3), r"not ready within 0\.3 s"),
    ],
)
async def test_service_that_cannot_start_is_told(recorder: Recorder, service: Service, reason: str) -> None:
    supervisor = recorder.supervisor(service)
    with pytest.raises(StartError, match=reason):
        await supervisor.start()
    assert supervisor.units["x"].state == State.FAILED
    assert supervisor.units["x"].pid is None


async def test_error_of_preparation_is_told_and_dependents_never_start(recorder: Recorder) -> None:
    def fail() -> None:
        raise OSError("disk full")

    supervisor = recorder.supervisor(
        Service("base", python(FOREVER), prepare=fail), Service("top", python(FOREVER), after=["base"])
    )
    with pytest.raises(OSError, match="disk full"):
        await supervisor.start()
    assert recorder.order(State.STARTING) == ["base"]


async def test_preparation_that_fails_later_is_tried_again(recorder: Recorder, directory: Path) -> None:
    full = directory / "full"

    def prepare() -> None:
        if full.exists():
            raise OSError("disk full")

    supervisor = recorder.supervisor(Service("x", python(FOREVER), prepare=prepare))
    await supervisor.start()
    unit = supervisor.units["x"]
    assert unit.pid
    full.touch()
    os.kill(unit.pid, signal.SIGKILL)
    await eventually(lambda: unit.restarts == 2)
    full.unlink()
    await eventually(lambda: unit.state == State.RUNNING)


async def test_undeclared_dependency_is_refused(recorder: Recorder) -> None:
    with pytest.raises(ValueError, match="top is declared before base"):
        recorder.supervisor(Service("top", python(FOREVER), after=["base"]), Service("base", python(FOREVER)))


async def test_stubborn_service_is_killed_after_its_deadline(recorder: Recorder) -> None:
    supervisor = recorder.supervisor(Service("x", python(STUBBORN), ready_line="here", stop_timeout=0.3))
    await supervisor.start()
    pid = supervisor.units["x"].pid
    assert pid
    await asyncio.wait_for(supervisor.stop(), 5)
    assert not processes.is_alive(pid)


async def test_second_interrupt_kills_what_does_not_end(recorder: Recorder) -> None:
    supervisor = recorder.supervisor(Service("x", python(STUBBORN), ready_line="here", stop_timeout=60))
    await supervisor.start()
    pid = supervisor.units["x"].pid
    assert pid
    stopping = asyncio.create_task(stop_all(supervisor))
    done, _ = await asyncio.wait([stopping], timeout=0.3)
    assert not done
    assert processes.is_alive(pid)
    stopping.cancel()
    await asyncio.wait_for(stopping, 5)
    assert not processes.is_alive(pid)


async def test_stop_during_start(recorder: Recorder) -> None:
    supervisor = recorder.supervisor(Service("x", python(FOREVER), healthy=lambda: False))
    starting = asyncio.create_task(supervisor.start())
    await eventually(lambda: recorder.lines)
    starting.cancel()
    await asyncio.wait_for(supervisor.stop(), 5)
    assert supervisor.units["x"].pid is None


async def test_output_is_taken_line_by_line_whatever_it_is(recorder: Recorder) -> None:
    code = r"""
        import os
        os.write(1, b"first\n\nsec")
        os.write(2, b"ond\n\xff\xfe\n" + b"x" * 300_000 + b"\nlast without end")
    """
    await recorder.supervisor(Service("x", python(code), oneshot=True)).start()
    await eventually(lambda: recorder.lines[-1] == ("x", "last without end"))
    lines = [line for _, line in recorder.lines]
    assert lines[:3] == ["first", "second", "\ufffd\ufffd"]
    assert "".join(lines[3:-1]) == "x" * 300_000


async def test_descriptor_is_passed_on(recorder: Recorder) -> None:
    reader, writer = os.pipe()
    try:
        code = f"import os; os.write({writer}, b'through')"
        await recorder.supervisor(Service("x", python(code), pass_fds=[writer], oneshot=True)).start()
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux'")
def test_services_die_with_a_killed_supervisor() -> None:
    code = f"""
        import asyncio, sys
        from lictor.cli.supervisor import Service, Supervisor

        async def main():
            services = [Service("x", lambda: [sys.executable, "-c", {FOREVER!r}], ready_line="here")]
            supervisor = Supervisor(services, lambda name, line: None)
            await supervisor.start()
            print(supervisor.units["x"].pid, flush=True)
            await supervisor.wait_failed()

        asyncio.run(main())
    """
    with subprocess.Popen(python(code)(), stdout=subprocess.PIPE) as process:
        assert process.stdout
        service = int(process.stdout.readline())
        assert processes.is_alive(service)
        process.kill()
    assert processes.wait_gone([service], 5) == []
