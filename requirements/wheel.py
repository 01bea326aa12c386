"""Hatch asks this when it builds a wheel: the web UI goes into it where it has been built (`make ui`)."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebUi(BuildHookInterface):
    """Adds ui/dist, which git does not keep, as lictor/web."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        built = Path(self.root, "ui", "dist")
        if version == "standard" and (built / "index.html").is_file():
            build_data["force_include"][str(built)] = "lictor/web"
