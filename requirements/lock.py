"""Resolve the dependencies of pyproject.toml into the lock files, with hashes and without addresses.

`runtime.lock` is what Lictor runs with, `dev.lock` what it is built and tested with on top of the same
versions, `node.lock` the Node that builds the web UI where there is none, `uv.lock` the installer itself.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMON = (
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-annotate",
    "--no-header",
    "--quiet",
)


def compile_lock(output: str, *arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", *COMMON, *arguments, "-o", output]
    subprocess.run(command, cwd=ROOT, check=True)


compile_lock("requirements/runtime.lock", "pyproject.toml", "--extra", "embedded", *sys.argv[1:])
compile_lock(
    "requirements/dev.lock",
    "pyproject.toml", "--extra", "embedded", "--extra", "otel", "--group", "dev", "-c", "requirements/runtime.lock", *sys.argv[1:],
)  # fmt: skip
compile_lock("requirements/node.lock", "requirements/node.in", "-c", "requirements/dev.lock", *sys.argv[1:])
compile_lock("requirements/uv.lock", "requirements/uv.in", *sys.argv[1:])
for extra in sorted((ROOT / "requirements").glob("prefect-client*.in")):
    compile_lock(f"requirements/{extra.stem}.lock", f"requirements/{extra.name}", *sys.argv[1:])
