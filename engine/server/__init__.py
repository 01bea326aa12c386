"""The engine as a service of its own: Hasura's HTTP endpoints over one database (`lictor engine serve`)."""

from lictor.engine.server.app import create_app
from lictor.engine.server.settings import ServerSettings

__all__ = ["ServerSettings", "create_app"]
