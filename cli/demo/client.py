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
import venv
from collections.abc import Iterator
from pathlib import Path

import platformdirs

LOCK = Path(__file__).with_name("prefect-client.lock")
FLOWS = Path(__file__).with_name("flows")
_DROPPED = ("PREFECT__", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LICTOR_")
_installing: set["subprocess.Popen[str]"] = set()


class ClientError(RuntimeError):
    """The Prefect client could not be installed or run; the text ends with what it said."""


def environment_dir() -> Path:
    """Where the virtual environment is: LICTOR_CLIENT_VENV, or a directory of the user's cache."""
    if given := os.environ.get("LICTOR_CLIENT_VENV"):
        return Path(given)
    key = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
    return platformdirs.user_cache_path("lictor", appauthor=False) / f"prefect-client-{key}"


def is_installed() -> bool:
    """Whether `install` has nothing to do."""
    return _complete(environment_dir())


def _complete(directory: Path) -> bool:
    try:
        return (directory / ".complete").read_text() == _fingerprint()
    except OSError:
        return False


def _fingerprint() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def install() -> Path:
    """The programs' directory of the client; the client is installed first if it is not there. Raises ClientError."""
    directory = environment_dir()
    with _exclusively(directory):
        if not _complete(directory):
            shutil.rmtree(directory, ignore_errors=True)
            _install(directory)
            (directory / ".complete").write_text(_fingerprint())
    return directory / "bin"


@contextlib.contextmanager
def _exclusively(directory: Path) -> Iterator[None]:
    """Two demos at once: the second waits until the first has installed."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with directory.with_name(directory.name + ".lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _install(directory: Path) -> None:
    python = str(directory / "bin" / "python")
    # Compiled now: otherwise every flow run would compile Prefect anew where bytecode may not be written later.
    locked = ["--require-hashes", "-r", str(LOCK)]
    if uv := shutil.which(
        "uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    ):
        # Faster than pip, but knows nothing of pip's configuration, which may name another index.
        with contextlib.suppress(ClientError):
            _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(directory)])
            _run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *locked])
            return
    venv.create(directory, clear=True, with_pip=True)
    _run([python, "-m", "pip", "install", "--quiet", "--compile", "--disable-pip-version-check", *locked])


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
