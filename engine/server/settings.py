"""Settings of the standalone server: Hasura's own environment variables.

In: the environment. Out: `ServerSettings`. Variables that Hasura has and this server has no use for are ignored, and
named in `unused`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from lictor.engine.types import EngineOptions

PREFIX = "HASURA_GRAPHQL_"
DEFAULT_PORT = 8080
TRUE = frozenset({"true", "t", "yes", "y", "1"})
FALSE = frozenset({"false", "f", "no", "n", "0", ""})
LOG_LEVELS = ("debug", "info", "warn", "error")


@dataclass(frozen=True)
class ServerSettings:
    """How the server runs.

    `metadata_dir`: a CLI directory that is served whatever is stored; None serves what is stored in the metadata
    database (`metadata_database_url`, the database itself if None). `admin_secret` None leaves the server open, as
    Hasura is without HASURA_GRAPHQL_ADMIN_SECRET. `cors_domains` empty allows no other origin, None sends no CORS
    headers at all. `schema_sync_poll_interval`: seconds between looks at what other servers have stored, 0 for never.
    `unused` names the variables that were given for nothing.
    """

    database_url: str
    metadata_dir: Path | None = None
    metadata_database_url: str | None = None
    admin_secret: str | None = field(default=None, repr=False)
    unauthorized_role: str | None = None
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    pool_size: int = 20
    cors_domains: tuple[str, ...] | None = ("*",)
    schema_sync_poll_interval: float = 1.0
    log_level: str = "info"
    unused: tuple[str, ...] = ()
    options: EngineOptions = field(default_factory=EngineOptions)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> ServerSettings:
        """Reads HASURA_GRAPHQL_*. Raises ValueError naming the variable that is missing or malformed."""
        read = _Reader(environment)
        directory = read.text("METADATA_DIR")
        level = (read.text("LOG_LEVEL") or "info").lower()
        if level not in LOG_LEVELS:
            raise ValueError(f"{PREFIX}LOG_LEVEL: {', '.join(LOG_LEVELS)} is expected, found {level!r}")
        disabled, domains = read.switch("DISABLE_CORS"), read.text("CORS_DOMAIN", empty=True)
        domains = "*" if domains is None else domains
        cors = tuple(one.strip() for one in domains.split(",") if one.strip())
        settings = cls(
            database_url=read.required("DATABASE_URL"),
            metadata_dir=None if directory is None else Path(directory),
            metadata_database_url=read.text("METADATA_DATABASE_URL"),
            admin_secret=read.text("ADMIN_SECRET") or read.text("ACCESS_KEY"),
            unauthorized_role=read.text("UNAUTHORIZED_ROLE"),
            host=read.text("SERVER_HOST") or "127.0.0.1",
            port=read.number("SERVER_PORT", DEFAULT_PORT, most=65_535),
            pool_size=read.number("PG_CONNECTIONS", 20, least=1),
            cors_domains=None if disabled else cors,
            schema_sync_poll_interval=read.number("SCHEMA_SYNC_POLL_INTERVAL", 1000) / 1000,
            log_level=level,
            options=_options(read),
        )
        return replace(settings, unused=tuple(read.unused()))


def _options(read: _Reader) -> EngineOptions:
    return EngineOptions(
        v1_boolean_null_collapse=read.switch("V1_BOOLEAN_NULL_COLLAPSE"),
        stringify_numeric_types=read.switch("STRINGIFY_NUMERIC_TYPES"),
        infer_function_permissions=read.switch("INFER_FUNCTION_PERMISSIONS", default=True),
        live_queries_refetch_interval=read.number("LIVE_QUERIES_MULTIPLEXED_REFETCH_INTERVAL", 1000) / 1000,
        live_queries_batch_size=read.number("LIVE_QUERIES_MULTIPLEXED_BATCH_SIZE", 100, least=1),
        streaming_refetch_interval=read.number("STREAMING_QUERIES_MULTIPLEXED_REFETCH_INTERVAL", 1000) / 1000,
        streaming_batch_size=read.number("STREAMING_QUERIES_MULTIPLEXED_BATCH_SIZE", 100, least=1),
        websocket_keepalive=float(read.number("WEBSOCKET_KEEPALIVE", 5, least=1)),
        websocket_connection_init_timeout=float(read.number("WEBSOCKET_CONNECTION_INIT_TIMEOUT", 3, least=1)),
    )


class _Reader:
    """The variables, and which of them were asked for."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.asked: set[str] = set()

    def unused(self) -> list[str]:
        """Variables of Hasura's that are set and that nobody asked for."""
        return sorted(
            name
            for name, value in self.environment.items()
            if name.startswith(PREFIX) and value and name not in self.asked
        )

    def text(self, name: str, *, empty: bool = False) -> str | None:
        """The variable's value; None if it is not set, or empty unless that is meant to mean something."""
        self.asked.add(PREFIX + name)
        value = self.environment.get(PREFIX + name)
        return value if empty else value or None

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise ValueError(f"{PREFIX}{name} is not set")
        return value

    def number(self, name: str, default: int, *, least: int = 0, most: int = 2**31 - 1) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit()) or len(value) > 10 or not least <= int(value) <= most:
            raise ValueError(f"{PREFIX}{name}: a number from {least} to {most} is expected, found {value!r}")
        return int(value)

    def switch(self, name: str, *, default: bool = False) -> bool:
        value = self.text(name)
        if value is None:
            return default
        if value.lower() not in TRUE | FALSE:
            raise ValueError(f"{PREFIX}{name}: true or false is expected, found {value!r}")
        return value.lower() in TRUE
