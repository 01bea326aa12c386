"""Lictor: the open backend for Prefect 1.x flows.

The rooms of the house stand at the top of the repository (`actions/`, `engine/`, …);
this package gives them their import names (`lictor.actions`, `lictor.engine`, …).
See docs/decisions/0001-import-names.md.
"""

from importlib.metadata import version

__version__ = version("lictor")
