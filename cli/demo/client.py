"""An unmodified Prefect 1.4.1 in a virtual environment of its own, and the environment variables it runs with.

In: the lock file beside this module. Out: a directory of programs (`python`, `prefect`), made once per lock and Python
version in the user's cache. Never touches the user's ~/.prefect and takes over no PREFECT__ variable.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

LOCK = Path(__file__).with_name("prefect-client.lock")
FLOWS = Path(__file__).with_name("flows")
_DROPPED = ("PREFECT__", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LICTOR_")
_installing: set["subprocess.Popen[str]"] = set()


class ClientError(RuntimeError):
    """The Prefect client could not be installed or run; the text ends with what it said."""


@dataclass(frozen=True)
class PinnedClient:
    """What one lock file names, on one Python, in a directory of its own."""

    lock: Path
    python: str
    directory: Path

    @property
    def is_installed(self) -> bool:
        """Whether `install` has nothing to do."""
        try:
            return (self.directory / ".complete").read_text() == self._fingerprint()
        except OSError:
            return False

    def install(self) -> Path:
        """The programs' directory of the client, installed first if it is not there. Raises ClientError."""
        with _exclusively(self.directory):
            if not self.is_installed:
                shutil.rmtree(self.directory, ignore_errors=True)
                self._install()
                (self.directory / ".complete").write_text(self._fingerprint())
        return self.directory / "bin"

    def _fingerprint(self) -> str:
        return hashlib.sha256(self.lock.read_bytes()).hexdigest()

    def _install(self) -> None:
        python = str(self.directory / "bin" / "python")
        # Compiled now: otherwise every flow run would compile Prefect anew where bytecode may not be written later.
        locked = ["--require-hashes", "-r", str(self.lock)]
        if uv := shutil.which(
            "uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        ):
            # Faster than pip, but knows nothing of pip's configuration, which may name another index.
            with contextlib.suppress(ClientError):
                _run([uv, "venv", "--quiet", "--clear", "--python", self.python, str(self.directory)])
                _run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *locked])
                return
        _run([self.python, "-m", "venv", "--clear", str(self.directory)])
        _run([python, "-m", "pip", "install", "--quiet", "--compile", "--disable-pip-version-check", *locked])


def pinned(lock: Path, python: str) -> PinnedClient:
    """The client of `lock` on the interpreter `python`, in a directory of the user's cache that is theirs alone."""
    version = sys.version if python == sys.executable else _version(python)
    key = hashlib.sha256(lock.read_bytes() + version.encode()).hexdigest()[:12]
    return PinnedClient(
        lock, python, platformdirs.user_cache_path("lictor", appauthor=False) / f"prefect-client-{key}"
    )


def _version(python: str) -> str:
    return subprocess.run(
        [python, "-c", "import sys; print(sys.version, end='')"], capture_output=True, text=True, check=True
    ).stdout


def _client() -> PinnedClient:
    if given := os.environ.get("LICTOR_CLIENT_VENV"):
        return PinnedClient(LOCK, sys.executable, Path(given))
    return pinned(LOCK, sys.executable)


def environment_dir() -> Path:
    """Where the virtual environment is: LICTOR_CLIENT_VENV, or a directory of the user's cache."""
    return _client().directory


def is_installed() -> bool:
    """Whether `install` has nothing to do."""
    return _client().is_installed


def install() -> Path:
    """The programs' directory of the client; the client is installed first if it is not there. Raises ClientError."""
    return _client().install()


@contextlib.contextmanager
def _exclusively(directory: Path) -> Iterator[None]:
    """Two demos at once: the second waits until the first has installed."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with directory.with_name(directory.name + ".lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _run(command: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        _installing.add(process)
        output, _ = process.communicate()
        _installing.discard(process)
    if process.returncode:
        raise ClientError(f"{' '.join(command)}\n{output.strip()[-3000:]}")


def cancel() -> None:
    """End an `install` that runs in another thread, which then raises ClientError."""
    for process in list(_installing):
        process.terminate()


def client_environment(home: Path, url: str) -> dict[str, str]:
    """The environment of every client process: Prefect at `url`, its files in `home`, nothing of the user's own."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    here = "127.0.0.1,localhost"
    return {
        **kept,
        "HOME": str(home),
        "PREFECT__HOME_DIR": str(home / ".prefect"),
        "PREFECT__USER_CONFIG_PATH": str(home / ".prefect" / "config.toml"),
        "PREFECT__BACKEND": "server",
        "PREFECT__SERVER__ENDPOINT": url,
        "NO_PROXY": ",".join(filter(None, [kept.get("NO_PROXY"), here])),
        "no_proxy": ",".join(filter(None, [kept.get("no_proxy"), here])),
        # Deprecations that a release of 2022 cannot have known of.
        "PYTHONWARNINGS": "ignore",
    }
